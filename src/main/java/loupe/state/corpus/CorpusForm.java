package loupe.state.corpus;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.property.SimpleStringProperty;
import javafx.beans.property.StringProperty;
import javafx.beans.value.ObservableValue;
import loupe.base.Cancellation;
import loupe.base.Problem;
import loupe.index.DocumentPacking;
import loupe.index.IndexEstimate;
import loupe.state.window.CorpusFiles;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * The form of a corpus: a text and how it is counted, as they are typed, and what that would take. Nothing is counted
 * before {@link #apply}. JavaFX thread only.
 */
public final class CorpusForm {
    private final Workbench workbench;
    private final CorpusStatistics statistics;
    private final ObjectProperty<CorpusFiles> text = new SimpleObjectProperty<>(this, "text");
    private final StringProperty maxTokens = new SimpleStringProperty(this, "maxTokens", "");
    private final StringProperty contextLength = new SimpleStringProperty(this, "contextLength", "");
    private final BooleanProperty beginning = new SimpleBooleanProperty(this, "beginning");
    private final ObjectProperty<DocumentPacking> documents = new SimpleObjectProperty<>(this, "documents");
    private final StringProperty column = new SimpleStringProperty(this, "column", "");
    private final BooleanProperty maskBeginning = new SimpleBooleanProperty(this, "maskBeginning");
    private final StringProperty maskFirst = new SimpleStringProperty(this, "maskFirst", "");
    private final StringProperty maskNorm = new SimpleStringProperty(this, "maskNorm", "");
    private final StringProperty ignored = new SimpleStringProperty(this, "ignored", "");
    private final ReadOnlyStringWrapper problem = new ReadOnlyStringWrapper(this, "problem", "");
    private final ReadOnlyBooleanWrapper changed = new ReadOnlyBooleanWrapper(this, "changed");
    private final ReadOnlyObjectWrapper<IndexEstimate> estimate = new ReadOnlyObjectWrapper<>(this, "estimate");
    private final ReadOnlyStringWrapper estimateProblem = new ReadOnlyStringWrapper(this, "estimateProblem", "");
    private final ReadOnlyBooleanWrapper estimating = new ReadOnlyBooleanWrapper(this, "estimating");
    private Cancellation trying = new Cancellation();
    private @Nullable Asked asked;
    private boolean filling;

    private record Asked(CorpusFiles text, CorpusSettings settings) {}

    public CorpusForm(Workbench workbench, CorpusStatistics statistics) {
        this.workbench = workbench;
        this.statistics = statistics;
        for (ObservableValue<?> field : List.of(
                text,
                maxTokens,
                contextLength,
                beginning,
                documents,
                column,
                maskBeginning,
                maskFirst,
                maskNorm,
                ignored)) {
            field.addListener(typed -> look());
        }
        reset();
    }

    /** Fills the form with what is counted now. */
    public void reset() {
        CorpusSettings now = statistics.settings().get();
        filling = true;
        text.set(statistics.corpus().get());
        maxTokens.set(Long.toString(now.maxTokens()));
        contextLength.set(Integer.toString(now.contextLength()));
        beginning.set(now.beginning());
        documents.set(now.documents());
        column.set(now.column());
        maskBeginning.set(now.maskBeginning());
        maskFirst.set(now.maskFirst() == 0 ? "" : Integer.toString(now.maskFirst()));
        maskNorm.set(now.maskNorm() == 0 ? "" : Double.toString(now.maskNorm()));
        ignored.set(now.ignored().stream().map(String::valueOf).collect(Collectors.joining(", ")));
        filling = false;
        look();
    }

    /** Counts over the text as the form says; does nothing while something in it is wrong. */
    public void apply() {
        Optional<CorpusSettings> settings = settings();
        CorpusFiles chosen = text.get();
        if (settings.isPresent() && chosen != null) {
            boolean same = chosen.equals(statistics.corpus().get());
            statistics.settings().set(settings.get());
            if (!same) {
                statistics.choose(chosen);
            }
            look();
        }
    }

    private void look() {
        if (filling) {
            return;
        }
        problem.set("");
        Optional<CorpusSettings> settings = settings();
        CorpusFiles chosen = text.get();
        changed.set(settings.isPresent()
                && chosen != null
                && !(settings.get().equals(statistics.settings().get())
                        && chosen.equals(statistics.corpus().get())));
        if (settings.isEmpty() || chosen == null) {
            trying.cancel();
            asked = null;
            estimate.set(null);
            estimateProblem.set("");
            estimating.set(false);
        } else {
            estimate(new Asked(chosen, settings.get()));
        }
    }

    /** Asks once more what the corpus takes, such as after another checkpoint was opened. */
    public void estimateAgain() {
        asked = null;
        look();
    }

    private void estimate(Asked now) {
        if (now.equals(asked)) {
            return;
        }
        asked = now;
        trying.cancel();
        Cancellation mine = new Cancellation();
        trying = mine;
        estimating.set(true);
        statistics
                .estimate(now.text(), now.settings(), mine)
                .whenComplete((found, failure) -> workbench.fx().execute(() -> {
                    if (trying != mine) {
                        return;
                    }
                    estimating.set(false);
                    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
                    estimate.set(found);
                    estimateProblem.set(
                            cause == null || cause instanceof CancellationException
                                    ? ""
                                    : Problem.of(cause).message());
                }));
    }

    /** Ends the trial, when the form is closed. */
    public void close() {
        trying.cancel();
    }

    /** What the fields say; empty, with a {@link #problem}, if they say nothing that can be. */
    private Optional<CorpusSettings> settings() {
        try {
            return Optional.of(new CorpusSettings(
                    number("Most tokens", maxTokens.get(), 1, Integer.MAX_VALUE),
                    (int) number("Tokens in a context", contextLength.get(), 2, Integer.MAX_VALUE),
                    beginning.get(),
                    documents.get(),
                    column.get().isBlank()
                            ? CorpusSettings.DEFAULT.column()
                            : column.get().strip(),
                    maskBeginning.get(),
                    maskFirst.get().isBlank()
                            ? 0
                            : (int) number("First positions", maskFirst.get(), 0, Integer.MAX_VALUE),
                    maskNorm.get().isBlank() ? 0 : multiple(maskNorm.get()),
                    ids(ignored.get())));
        } catch (IllegalArgumentException wrong) {
            problem.set(String.valueOf(wrong.getMessage()));
            return Optional.empty();
        }
    }

    private static long number(String what, String typed, long least, long most) {
        String plain = typed.replaceAll("[,_\\s]", "");
        if (plain.matches("\\d{1,18}") && Long.parseLong(plain) >= least && Long.parseLong(plain) <= most) {
            return Long.parseLong(plain);
        }
        throw new IllegalArgumentException(what + ": a whole number from " + least + " is wanted");
    }

    private static double multiple(String typed) {
        try {
            double value = Double.parseDouble(typed.strip());
            if (value > 0 && Double.isFinite(value)) {
                return value;
            }
        } catch (NumberFormatException none) {
            // said below
        }
        throw new IllegalArgumentException("Norms: a number above 0 is wanted, such as 10");
    }

    private static List<Integer> ids(String typed) {
        try {
            List<Integer> ids = CorpusSettings.ids(typed);
            if (ids.stream().allMatch(id -> id >= 0)) {
                return ids;
            }
        } catch (NumberFormatException none) {
            // said below
        }
        throw new IllegalArgumentException("Ignored tokens: numbers of tokens are wanted, such as 13, 198");
    }

    /** The text or folder of texts; null for none yet. */
    public ObjectProperty<CorpusFiles> text() {
        return text;
    }

    public StringProperty maxTokens() {
        return maxTokens;
    }

    public StringProperty contextLength() {
        return contextLength;
    }

    /** Whether the token for the beginning of text comes before each document. */
    public BooleanProperty beginning() {
        return beginning;
    }

    public ObjectProperty<DocumentPacking> documents() {
        return documents;
    }

    /** Field or column that has the text. */
    public StringProperty column() {
        return column;
    }

    /** Whether tokens for the beginning of text are left out. */
    public BooleanProperty maskBeginning() {
        return maskBeginning;
    }

    /** So many first positions are left out; blank for none. */
    public StringProperty maskFirst() {
        return maskFirst;
    }

    /** Longer vectors than this multiple of the median are left out; blank for none. */
    public StringProperty maskNorm() {
        return maskNorm;
    }

    /** Ids of tokens that are left out. */
    public StringProperty ignored() {
        return ignored;
    }

    /** What is wrong in a field; empty if nothing is. */
    public ReadOnlyStringProperty problem() {
        return problem.getReadOnlyProperty();
    }

    /** Whether the form says, rightly, something else than what is counted now. */
    public ReadOnlyBooleanProperty changed() {
        return changed.getReadOnlyProperty();
    }

    /** What counting as the form says takes, for all open checkpoints together; null while that is not known. */
    public ReadOnlyObjectProperty<IndexEstimate> estimate() {
        return estimate.getReadOnlyProperty();
    }

    /** Why it is not known; empty if it is, or is being tried. */
    public ReadOnlyStringProperty estimateProblem() {
        return estimateProblem.getReadOnlyProperty();
    }

    /** Whether it is being tried. */
    public ReadOnlyBooleanProperty estimating() {
        return estimating.getReadOnlyProperty();
    }
}
