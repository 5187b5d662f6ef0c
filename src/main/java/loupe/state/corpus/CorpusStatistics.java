package loupe.state.corpus;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.value.ObservableValue;
import loupe.base.Cancellation;
import loupe.base.Problem;
import loupe.base.Refusal;
import loupe.base.Remedy;
import loupe.index.ActivationIndex;
import loupe.index.CountedActivations;
import loupe.index.FeatureStatistics;
import loupe.index.IndexBuild;
import loupe.index.IndexCache;
import loupe.index.IndexEstimate;
import loupe.index.IndexInfo;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.state.window.CheckpointSide;
import loupe.state.window.CorpusFiles;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * Statistics of a corpus for the features of each open checkpoint. The pass over the corpus runs in the background, one
 * checkpoint at a time, and is kept on disk, so that the next time it loads at once; or they come from an index that
 * was opened. JavaFX thread only.
 */
public final class CorpusStatistics {
    /** An index that needs more than this is not begun before somebody has said so. */
    private static final long MUCH = 1_000_000_000;

    private final Workbench workbench;
    private final PassFiles files;
    private final PassQueue passes = new PassQueue();
    private final ObjectProperty<CorpusFiles> corpus = new SimpleObjectProperty<>(this, "corpus");
    private final ReadOnlyObjectWrapper<Path> opened = new ReadOnlyObjectWrapper<>(this, "openedIndex");
    private final ReadOnlyObjectWrapper<IndexInfo> openedInfo = new ReadOnlyObjectWrapper<>(this, "openedInfo");
    private final ObjectProperty<CorpusSettings> settings =
            new SimpleObjectProperty<>(this, "settings", CorpusSettings.DEFAULT);
    private final SideCounting a;
    private final SideCounting b;
    /** Kept passes that were said to have no checksums, which is said once. */
    private final Set<Path> toldOf = new HashSet<>();

    /** @param cache folder where finished passes are kept */
    public CorpusStatistics(Workbench workbench, Path cache) {
        this(workbench, cache, MUCH);
    }

    /** @param much bytes; more than this is not begun before somebody has said so */
    CorpusStatistics(Workbench workbench, Path cache, long much) {
        this.workbench = workbench;
        files = new PassFiles(workbench, cache, much);
        Supplier<Counting.Chosen> chosen = () -> new Counting.Chosen(corpus.get(), opened.get(), settings.get());
        a = new SideCounting(workbench, workbench.a(), files, passes, chosen, this::tellOfDoubt);
        b = new SideCounting(workbench, workbench.b(), files, passes, chosen, this::tellOfDoubt);
        corpus.addListener((property, was, is) -> {
            if (is != null) {
                leaveIndex();
            }
            restart();
        });
        settings.addListener(changed -> restart());
        workbench.model().addListener((property, was, is) -> {
            if (was == null && opened.get() != null) {
                restart(); // the index was opened before its model
                return;
            }
            leaveIndex();
            corpus.set(besides(is));
        });
    }

    /** Says of an index that is shown for the first time why its files may not be what was written, if they may not. */
    private void tellOfDoubt(ActivationIndex shown) {
        shown.doubt().filter(doubt -> toldOf.add(shown.folder())).ifPresent(workbench.notices()::add);
    }

    private void leaveIndex() {
        opened.set(null);
        openedInfo.set(null);
    }

    private void restart() {
        a.restart();
        b.restart();
    }

    /** The text that lies beside a model, as it does in the sample; null if none does. */
    private static @Nullable CorpusFiles besides(@Nullable OpenModel model) {
        if (model == null) {
            return null;
        }
        Path beside = model.folder().toAbsolutePath().normalize().resolveSibling("corpus.txt");
        return Files.isRegularFile(beside) ? CorpusFiles.of(beside) : null;
    }

    /** The texts that are counted over; null for none. */
    public ObjectProperty<CorpusFiles> corpus() {
        return corpus;
    }

    /** How the corpus is counted; other settings count anew. */
    public ObjectProperty<CorpusSettings> settings() {
        return settings;
    }

    /** Counts over texts, or folders of texts, that the user has chosen, and remembers them as a recent corpus. */
    public void choose(CorpusFiles texts) {
        workbench.recent().addCorpus(texts);
        corpus.set(texts);
    }

    /**
     * Shows a finished index instead of counting: any that {@code index build} or {@code index merge} has made. Which
     * of its checkpoints belongs to which side is found by what their weights are.
     */
    @SuppressWarnings("FutureReturnValueIgnored") // the window gets what fails
    public void openIndex(Path folder) {
        workbench.recent().addCorpus(CorpusFiles.of(folder));
        leaveIndex();
        opened.set(folder);
        if (corpus.get() != null) {
            corpus.set(null); // which starts anew
        } else {
            restart();
        }
        CompletableFuture.supplyAsync(
                        () -> ActivationIndex.describe(folder),
                        workbench.service().files())
                .whenComplete((info, failure) -> workbench.fx().execute(() -> {
                    if (!folder.equals(opened.get())) {
                        return;
                    }
                    if (failure != null) {
                        workbench.notices().add("Opening " + folder.getFileName(), Problem.of(failure));
                    } else {
                        openedInfo.set(info);
                        if (workbench.model().get() == null) {
                            workbench
                                    .notices()
                                    .add(folder + " is an index " + CountedIndex.ofWhat(info)
                                            + ". Open them to see it");
                        }
                    }
                }));
    }

    /** The index that was opened instead of a text; null if none was. */
    public ReadOnlyObjectProperty<Path> openedIndex() {
        return opened.getReadOnlyProperty();
    }

    /** What {@link #openedIndex} was made from; null until that has been read. */
    public ReadOnlyObjectProperty<IndexInfo> openedInfo() {
        return openedInfo.getReadOnlyProperty();
    }

    /** Whether there is a text to count over, or an index. */
    public boolean isChosen() {
        return corpus.get() != null || opened.get() != null;
    }

    /** The folder in which finished passes are kept. */
    public IndexCache kept() {
        return files.cache();
    }

    /** Whether what is counted for a side is kept in a folder. */
    boolean isKeptIn(CheckpointSide side, Path folder) {
        return side.sae().get() != null && folder.equals(of(side).keptIn);
    }

    /** The settings that a session remembers, by name. */
    public Map<String, String> remembered() {
        Map<String, String> kept = new HashMap<>(settings.get().remembered());
        if (corpus.get() != null) {
            kept.putAll(corpus.get().remembered());
        }
        if (opened.get() != null) {
            kept.put("index", opened.get().toString());
        }
        return kept;
    }

    /** Restores remembered settings; ignores missing and invalid ones. */
    public void recall(Map<String, String> kept) {
        settings.set(CorpusSettings.recalled(kept));
    }

    /** Density, largest activation and so on of all features; fills in while the pass runs; null without a corpus. */
    public ReadOnlyObjectProperty<FeatureStatistics> features(CheckpointSide side) {
        return of(side).features.getReadOnlyProperty();
    }

    /** The finished pass, from which histograms and examples are read; null until then. */
    public ReadOnlyObjectProperty<ActivationIndex> index(CheckpointSide side) {
        return of(side).index.getReadOnlyProperty();
    }

    /**
     * What has been counted for a side, from which histograms and examples are made: {@link #index}, or what the pass
     * has counted so far, anew about once a second; null before that.
     */
    public ReadOnlyObjectProperty<CountedActivations> activations(CheckpointSide side) {
        return of(side).activations.getReadOnlyProperty();
    }

    /** The place of a side's checkpoint among those of {@link #index}; set before that. */
    public int placeInIndex(CheckpointSide side) {
        return of(side).place;
    }

    /** How much of the corpus {@link #features} refer to; set before them. */
    public ReadOnlyObjectProperty<CountedShare> counted(CheckpointSide side) {
        return of(side).counted.getReadOnlyProperty();
    }

    public ReadOnlyBooleanProperty counting(CheckpointSide side) {
        return of(side).counting.getReadOnlyProperty();
    }

    /** Why there are no statistics though there is a corpus; null if there are, or will be. */
    public ReadOnlyObjectProperty<Problem> problem(CheckpointSide side) {
        return of(side).problem.getReadOnlyProperty();
    }

    /** How far the counting for a side has come. */
    public ReadOnlyObjectProperty<Phase> phase(CheckpointSide side) {
        return of(side).phase.getReadOnlyProperty();
    }

    /** What can be said of the counting for a side. */
    public enum Phase {
        /** There is nothing to count, or nothing to count it for. */
        NOTHING,
        COUNTING,
        /** What was counted is kept, and can be counted on. */
        PAUSED,
        /** What was counted has been thrown away. */
        STOPPED,
        /** It would take much space, and nobody has said yet that it may. */
        HELD,
        FAILED,
        COUNTED
    }

    /**
     * Counts again after a failure or a stop; a pass that was stopped is resumed, and one that is finished and whole is
     * opened again.
     */
    public void retry(CheckpointSide side) {
        of(side).restart(Counting.Found.DOUBTED, false);
    }

    /** Counts though that takes much space. */
    public void countAllTheSame(CheckpointSide side) {
        of(side).restart(Counting.Found.TRUSTED, true);
    }

    /** Counts all anew, whatever is kept. An index that was opened is opened again, since it is somebody else's. */
    public void recount(CheckpointSide side) {
        of(side).restart(Counting.Found.REPLACED, true);
    }

    /** Pauses the counting; what was counted is kept and shown. Does nothing if nothing is being counted. */
    public void pause(CheckpointSide side) {
        of(side).pause();
    }

    /** Ends a pass that runs or is paused, and throws away what was counted. */
    public void stop(CheckpointSide side) {
        of(side).throwAway();
    }

    /** What the panes offer for a problem of this side's counting; an index that was opened is not built anew here. */
    ObservableValue<Problem> offered(ObservableValue<Problem> problem) {
        return problem.map(is -> opened.get() == null ? is : new Problem(is.message(), is.expected(), is.details()));
    }

    /** Mends a problem of this side's counting, if its remedy is about that. */
    boolean mend(CheckpointSide side, Remedy remedy) {
        switch (remedy.choice()) {
            case INDEX -> recount(side);
            case SPACE -> countAllTheSame(side);
            default -> {
                return false;
            }
        }
        return true;
    }

    /**
     * Estimates what counting over a text would take for all open checkpoints, from a trial at background priority. The
     * answer comes on any thread.
     */
    public CompletionStage<IndexEstimate> estimate(CorpusFiles text, CorpusSettings how, Cancellation cancellation) {
        OpenModel model = workbench.model().get();
        List<OpenSae> saes = Stream.of(workbench.a(), workbench.b())
                .map(side -> side.sae().get())
                .filter(Objects::nonNull)
                .toList();
        if (model == null || saes.isEmpty() || model.tokenizer().isEmpty()) {
            return CompletableFuture.failedFuture(
                    new Refusal("What this takes is known once a model and a checkpoint are open"));
        }
        return CompletableFuture.supplyAsync(
                () -> {
                    IndexBuild.Settings pass =
                            how.of(model, saes.stream().map(Counting::indexed).toList());
                    return IndexEstimate.of(
                            pass,
                            Counting.texts(text, how),
                            model.tokenizer().orElseThrow().reading(),
                            IndexBuild.asking(
                                    workbench.service(),
                                    model.id(),
                                    saes.stream().map(OpenSae::id).toList()),
                            cancellation);
                },
                workbench.service().files());
    }

    /** Stops the passes and closes what is open. */
    public void close() {
        a.stop();
        b.stop();
        passes.clear();
    }

    private SideCounting of(CheckpointSide side) {
        return side.isA() ? a : b;
    }
}
