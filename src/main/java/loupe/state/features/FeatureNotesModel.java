package loupe.state.features;

import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javafx.beans.property.ReadOnlyIntegerProperty;
import javafx.beans.property.ReadOnlyIntegerWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import loupe.base.Problem;
import loupe.inference.OpenSae;
import loupe.labels.Edit;
import loupe.labels.FeatureList;
import loupe.labels.FeatureNotes;
import loupe.labels.LabelBook;
import loupe.labels.LabelFile;
import loupe.state.window.CheckpointSide;
import loupe.state.window.UndoOrder;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * What is written down about features: shown at once, and written to the file in the background, which other windows
 * and commands write too. What they have added is read with each edit and when asked. JavaFX thread only.
 */
public final class FeatureNotesModel implements UndoOrder.Source {
    private static final int KEPT = 500;
    private static final long WAIT_SECONDS = 5;

    private final Workbench workbench;
    private final Optional<LabelFile> file;
    private final UndoOrder undoOrder;
    private final ReadOnlyIntegerWrapper version = new ReadOnlyIntegerWrapper(this, "version");
    private final ReadOnlyObjectWrapper<Problem> problem = new ReadOnlyObjectWrapper<>(this, "problem");
    private final Deque<List<Edit>> past = new ArrayDeque<>();
    private final Deque<List<Edit>> future = new ArrayDeque<>();
    private final List<Read> settling = new ArrayList<>();
    /** Edits that the file does not have, because it could not be written. */
    private final List<Edit> unsaved = new ArrayList<>();

    private LabelBook book = new LabelBook();
    private CompletableFuture<Void> work = CompletableFuture.completedFuture(null);
    private int underWay;

    /** @param file empty to keep nothing */
    public FeatureNotesModel(Workbench workbench, Optional<LabelFile> file, UndoOrder undoOrder) {
        this.workbench = workbench;
        this.file = file;
        this.undoOrder = undoOrder;
        file.ifPresent(this::load);
    }

    /**
     * News of the file.
     *
     * @param book all that is in it, if the news are of another file than before; else null
     * @param aside where lines that cannot be read were put
     */
    private record Read(
            LabelFile.News news,
            @Nullable LabelBook book,
            @Nullable Path aside) {
        static Read of(LabelFile.News news) {
            return new Read(news, news.anew() ? news.applyTo(new LabelBook()) : null, null);
        }
    }

    /** Rises with every change of what is written down, here or elsewhere. */
    public ReadOnlyIntegerProperty version() {
        return version.getReadOnlyProperty();
    }

    /** Why the last edits are not in the file; null if they are or will be. */
    public ReadOnlyObjectProperty<Problem> problem() {
        return problem.getReadOnlyProperty();
    }

    /** How many edits are not in the file, because it could not be written. */
    public int unsaved() {
        return unsaved.size();
    }

    /** What is written down about a feature of a side's checkpoint. */
    public FeatureNotes of(CheckpointSide side, int feature) {
        OpenSae sae = side.sae().get();
        return sae == null ? FeatureNotes.NONE : book.of(sae.weights(), feature);
    }

    /** All that is written down about features of a side's checkpoint; follows edits until the book is read anew. */
    public Map<Integer, FeatureNotes> features(CheckpointSide side) {
        OpenSae sae = side.sae().get();
        return sae == null ? Map.of() : book.features(sae.weights());
    }

    /** The lists of a side's checkpoint, by name. */
    public List<FeatureList> lists(CheckpointSide side) {
        OpenSae sae = side.sae().get();
        return sae == null ? List.of() : book.lists(sae.weights());
    }

    /** A list; null if there is none of this name. */
    public @Nullable FeatureList list(CheckpointSide side, String name) {
        OpenSae sae = side.sae().get();
        return sae == null ? null : book.list(sae.weights(), name);
    }

    /**
     * Sets the user's own label of a feature.
     *
     * @throws IllegalArgumentException if it is too long, as all of these
     */
    public void label(CheckpointSide side, int feature, String text) {
        edit(side, weights -> List.of(Edit.Label.own(weights, feature, text)));
    }

    public void note(CheckpointSide side, int feature, String text) {
        edit(side, weights -> List.of(new Edit.Note(weights, feature, text)));
    }

    /** Adds a tag to a feature or takes it away. */
    public void tag(CheckpointSide side, int feature, String tag, boolean on) {
        if (!tag.isBlank()) {
            edit(side, weights -> List.of(new Edit.Tag(weights, feature, tag, on)));
        }
    }

    public void star(CheckpointSide side, int feature, boolean on) {
        edit(side, weights -> List.of(new Edit.Star(weights, feature, on)));
    }

    /** Makes an empty list, unless there is one of this name. */
    public void addList(CheckpointSide side, String name) {
        if (!name.isBlank() && list(side, name.strip()) == null) {
            edit(side, weights -> List.of(new Edit.NamedList(weights, name, "", true)));
        }
    }

    public void removeList(CheckpointSide side, String name) {
        edit(side, weights -> List.of(new Edit.NamedList(weights, name, "", false)));
    }

    /** Sets the text that a list's members are tried on. */
    public void listText(CheckpointSide side, String name, String text) {
        edit(side, weights -> List.of(new Edit.NamedList(weights, name, text, true)));
    }

    /** Puts a feature at a place of a list; -1 takes it out. */
    public void member(CheckpointSide side, String list, int feature, int place) {
        edit(side, weights -> List.of(new Edit.Member(weights, list, feature, place)));
    }

    private interface Change {
        List<Edit> of(String weights);
    }

    private void edit(CheckpointSide side, Change change) {
        OpenSae sae = side.sae().get();
        if (sae == null) {
            return;
        }
        List<Edit> edits = new ArrayList<>(change.of(sae.weights()));
        edits.removeIf(edit -> edit.changesNothing(book));
        if (edits.isEmpty()) {
            return;
        }
        if (!book.name(sae.weights()).equals(sae.id().name())) {
            write(List.of(new Edit.Name(sae.weights(), sae.id().name())));
        }
        past.push(write(edits));
        if (past.size() > KEPT) {
            past.removeLast();
        }
        future.clear();
        undoOrder.did(this, words(edits.get(0)));
    }

    /** Changes something that follows from an edit, and so is not to be taken back on its own. */
    void quietly(Runnable change) {
        undoOrder.quietly(change);
    }

    /** What an edit is called after "Undo". */
    private static String words(Edit edit) {
        if (edit instanceof Edit.Label label) {
            return "label of feature " + label.feature();
        } else if (edit instanceof Edit.Note note) {
            return "note on feature " + note.feature();
        } else if (edit instanceof Edit.Tag tag) {
            return "tag " + tag.tag() + " of feature " + tag.feature();
        } else if (edit instanceof Edit.Star star) {
            return "star of feature " + star.feature();
        } else if (edit instanceof Edit.Member member) {
            return "feature " + member.feature() + " in the list " + member.list();
        } else if (edit instanceof Edit.NamedList list) {
            return "list " + list.list();
        }
        return "change of what is written down";
    }

    @Override
    public boolean undo() {
        return move(past, future);
    }

    @Override
    public boolean redo() {
        return move(future, past);
    }

    private boolean move(Deque<List<Edit>> from, Deque<List<Edit>> to) {
        if (from.isEmpty()) {
            return false;
        }
        to.push(write(from.pop()));
        return true;
    }

    /** @return the edits that undo these */
    private List<Edit> write(List<Edit> edits) {
        List<Edit> undoing = new ArrayList<>();
        String now = Clock.systemUTC().instant().toString();
        for (Edit edit : edits) {
            undoing.addAll(0, edit.undoing(book));
            book.apply(edit, now);
        }
        version.set(version.get() + 1);
        file.ifPresent(to -> {
            List<Edit> all = new ArrayList<>(unsaved);
            all.addAll(edits);
            unsaved.clear();
            inTurn(() -> Read.of(to.append(all)), all);
        });
        return undoing;
    }

    private void load(LabelFile from) {
        inTurn(
                () -> {
                    LabelFile.News first = from.read();
                    Read read = Read.of(first);
                    Path aside = from.compact(
                            first.applyTo(new LabelBook()), !first.damaged().isEmpty());
                    return new Read(read.news(), read.book(), aside);
                },
                List.of());
    }

    /** Reads what other windows and commands have added. */
    public void readOn() {
        file.ifPresent(from -> inTurn(() -> Read.of(from.read()), List.of()));
    }

    private interface Work {
        Read run();
    }

    /** @param writes the edits that are lost if it fails, and so are tried again with the next */
    private void inTurn(Work next, List<Edit> writes) {
        underWay++;
        work = work.thenApplyAsync(nothing -> next.run(), workbench.service().files())
                .handle((read, failure) -> {
                    workbench.fx().execute(() -> ended(read, failure, writes));
                    return null;
                });
    }

    private void ended(@Nullable Read read, @Nullable Throwable failure, List<Edit> writes) {
        underWay--;
        if (failure != null) {
            unsaved.addAll(0, writes);
            problem.set(Problem.of(failure));
            workbench.notices().add("What you wrote down is not in its file", problem.get());
        } else if (read != null) {
            if (!writes.isEmpty()) {
                problem.set(null);
            }
            settling.add(read);
        }
        if (underWay == 0) {
            settle();
        }
    }

    /** Takes over what the file says, in its order; not while edits made here are on their way to it. */
    private void settle() {
        boolean changed = false;
        for (Read read : settling) {
            if (read.book() != null) {
                book = read.book();
                changed = true;
            } else {
                read.news().applyTo(book);
                changed |= !read.news().edits().isEmpty();
            }
            if (!read.news().damaged().isEmpty()) {
                LabelFile.Damage first = read.news().damaged().get(0);
                workbench
                        .notices()
                        .add(read.news().damaged().size() + " lines of the labels cannot be read (line "
                                + first.number() + ": " + first.why() + ")"
                                + (read.aside() == null ? "" : " and are kept in " + read.aside()));
            }
        }
        settling.clear();
        String now = Clock.systemUTC().instant().toString();
        unsaved.forEach(edit -> book.apply(edit, now));
        if (changed) {
            version.set(version.get() + 1);
        }
    }

    /** Waits a few seconds until what was written down is in the file. */
    public void close() {
        try {
            work.get(WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException notWritten) {
            // it has been said, or the disk does not answer
        }
    }
}
