package loupe.state.features;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.value.ObservableValue;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import loupe.analysis.batch.BatchFile;
import loupe.analysis.batch.BatchPlan;
import loupe.analysis.batch.BatchRow;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.TokenGeometry;
import loupe.analysis.ghost.TreeLimits;
import loupe.analysis.tokens.TokenColumns;
import loupe.analysis.tokens.TokenListSettings;
import loupe.base.Cancellation;
import loupe.base.Problem;
import loupe.base.Refusal;
import loupe.index.ActivationIndex;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Pending;
import loupe.inference.Priority;
import loupe.inference.Query;
import loupe.search.ExampleTexts;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.ghost.GhostControlsModel;
import loupe.state.ghost.GhostValues;
import loupe.state.ghost.PromptReading;
import loupe.state.ghost.ScaleSweepModel;
import loupe.state.tree.TreeModel;
import loupe.state.window.Activity;
import loupe.state.window.FeatureRef;
import loupe.state.window.VocabularyTexts;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * Trees, token lists and best scales of many features of checkpoint A, under the settings of the ghost controls,
 * written to a file of JSON lines in the background. A batch that was stopped can be resumed; its file is the
 * {@code batch} command's too. JavaFX thread only.
 */
public final class BatchModel {

    private final Workbench workbench;
    private final GhostControlsModel controls;
    private final TreeModel trees;
    private final VocabularyTexts texts;
    private final CorpusStatistics statistics;
    private final ObservableList<BatchRow> rows = FXCollections.observableArrayList();
    private final ReadOnlyBooleanWrapper running = new ReadOnlyBooleanWrapper(this, "running");
    private final ReadOnlyObjectWrapper<Problem> problem = new ReadOnlyObjectWrapper<>(this, "problem");
    private final ReadOnlyObjectWrapper<Activity.Job> job = new ReadOnlyObjectWrapper<>(this, "job");
    private final ReadOnlyObjectWrapper<Path> file = new ReadOnlyObjectWrapper<>(this, "file");
    private @Nullable Request last;
    private @Nullable Run run;
    /** Counts the requests that fill the rows, so that a file read late does not replace newer rows. */
    private long filling;

    private boolean isOfA;

    /** The settings of a batch, kept to resume it. */
    private record Request(OpenSae sae, BatchPlan plan, Optional<Costs> costs, List<Integer> features, Path out) {
        Map<String, Object> settings() {
            Map<String, Object> said = new LinkedHashMap<>(plan.settings());
            costs.ifPresent(
                    of -> said.put("cost", ExampleTexts.settings(of.index().info())));
            return said;
        }
    }

    /** What costs of ablation are measured over. */
    private record Costs(ActivationIndex index, int place) {}

    /** A batch file, and the checkpoint that it says it is of. */
    private record Opened(List<BatchRow> rows, String sae) {}

    public BatchModel(
            Workbench workbench,
            GhostControlsModel controls,
            TreeModel trees,
            VocabularyTexts texts,
            CorpusStatistics statistics) {
        this.workbench = workbench;
        this.statistics = statistics;
        this.controls = controls;
        this.trees = trees;
        this.texts = texts;
        workbench.a().sae().addListener((property, was, is) -> stop());
    }

    /** The rows found so far, or those of the file that was opened; not to be written. */
    public ObservableList<BatchRow> rows() {
        return rows;
    }

    public ReadOnlyBooleanProperty running() {
        return running.getReadOnlyProperty();
    }

    /** Why the batch could not be started or finished, or the file not be read; null if nothing failed. */
    public ReadOnlyObjectProperty<Problem> problem() {
        return problem.getReadOnlyProperty();
    }

    /** The running batch as a job; null while none runs. */
    public ReadOnlyObjectProperty<Activity.Job> job() {
        return job.getReadOnlyProperty();
    }

    /** The file of the rows; null for none. */
    public ReadOnlyObjectProperty<Path> file() {
        return file.getReadOnlyProperty();
    }

    /** Whether the rows are of the checkpoint that is open as A. */
    public boolean isOfA() {
        return isOfA;
    }

    /** Whether there is a finished count of a corpus, over whose examples costs can be measured. */
    public ObservableValue<Boolean> canMeasureCosts() {
        return statistics.index(workbench.a()).isNotNull();
    }

    /** Whether there is a stopped batch that can be resumed. */
    @SuppressWarnings("ReferenceEquality") // a file opened anew is another
    public boolean canResume() {
        return !running.get()
                && last != null
                && last.sae() == workbench.a().sae().get()
                && !rows.stream()
                        .map(BatchRow::feature)
                        .collect(Collectors.toSet())
                        .containsAll(last.features());
    }

    /**
     * Starts a batch, or resumes its file.
     *
     * @param nodes of each tree at most
     */
    public void start(List<Integer> features, Set<BatchPlan.Part> parts, int nodes, Path out) {
        OpenModel model = workbench.model().get();
        OpenSae sae = workbench.a().sae().get();
        TokenGeometry.Answer geometry = controls.geometry().get();
        if (running.get()
                || model == null
                || sae == null
                || geometry == null
                || features.isEmpty()
                || parts.isEmpty()) {
            return;
        }
        GhostValues values = controls.values().get();
        PromptReading prompt = PromptReading.of(model, values);
        if (prompt.tokens() == null) {
            problem.set(prompt.problem());
            return;
        }
        TokenListSettings settings = values.listOf(new FeatureRef(sae.id(), features.get(0)), BatchPlan.DEFAULT_LISTED);
        try {
            if (values.verbaliser().isPresent()) {
                settings = settings.withGhost(
                        values.verbaliser().get().verbaliser().applyToAll(settings.ghost()));
            }
        } catch (Refusal mixed) {
            problem.set(Problem.of(mixed));
            return;
        }
        TreeLimits limits = values.limits(model, nodes);
        BatchPlan plan = new BatchPlan(
                model.id(),
                sae.id(),
                settings,
                prompt.tokens(),
                values.promptText(),
                limits,
                trees.baseline().get(),
                parts,
                geometry.meanDistance(),
                ScaleSweepModel.readAt(model, sae));
        ActivationIndex index = statistics.index(workbench.a()).get();
        if (parts.contains(BatchPlan.Part.COST) && index == null) {
            problem.set(new Problem("Costs of ablation need a corpus that is counted", true, ""));
            return;
        }
        begin(new Request(
                sae,
                plan,
                parts.contains(BatchPlan.Part.COST)
                        ? Optional.of(new Costs(index, statistics.placeInIndex(workbench.a())))
                        : Optional.empty(),
                List.copyOf(features),
                out));
    }

    /** Resumes the batch that was stopped. */
    public void resume() {
        if (last != null && canResume()) {
            begin(last);
        }
    }

    /** Stops after the current features; everything found is in the file. */
    public void stop() {
        if (run != null) {
            run.stop();
        }
    }

    /** Shows the rows of a batch file, unless another file is opened or a batch started before it has been read. */
    @SuppressWarnings("FutureReturnValueIgnored") // the window gets what fails
    public void open(Path path) {
        if (running.get()) {
            return;
        }
        problem.set(null);
        long mine = ++filling;
        CompletableFuture.supplyAsync(
                        () -> new Opened(BatchFile.read(path), BatchFile.sae(path)),
                        workbench.service().files())
                .whenComplete((read, failure) -> workbench.fx().execute(() -> {
                    if (mine != filling) {
                        return;
                    }
                    if (failure != null) {
                        problem.set(Problem.of(failure));
                    } else {
                        last = null;
                        file.set(path);
                        OpenSae open = workbench.a().sae().get();
                        isOfA = open != null && open.id().name().equals(read.sae());
                        rows.setAll(read.rows());
                    }
                }));
    }

    private void begin(Request request) {
        filling++;
        last = request;
        isOfA = true;
        problem.set(null);
        rows.clear();
        file.set(request.out());
        running.set(true);
        Run mine = new Run(request);
        run = mine;
        Activity.Job shown = workbench
                .activity()
                .begin("Trees and lists of " + request.features().size() + " features", mine::stop);
        mine.job = shown;
        job.set(shown);
        workbench.service().files().execute(mine::open);
    }

    private void ended(Run of, @Nullable Throwable failure) {
        of.job.end();
        if (run != of) {
            return;
        }
        run = null;
        job.set(null);
        running.set(false);
        boolean stopped = of.cancellation.isCancelled();
        if (failure != null && !stopped) {
            problem.set(Problem.of(failure));
            workbench.notices().add("Trees and lists", problem.get());
        } else {
            workbench
                    .notices()
                    .add((stopped ? "Stopped after " : "Finished ") + rows.size() + " features: " + file.get());
        }
    }

    /** One pass over the features, asked at background priority; it blocks no thread while it waits. */
    private final class Run {
        private final Request request;
        private final Cancellation cancellation = new Cancellation();

        @SuppressWarnings("NullAway.Init") // begun with the run
        private Activity.Job job;

        private volatile @Nullable Pending<?> asked;
        /** Used by one task of the file pool at a time. */
        @SuppressWarnings("NullAway.Init") // opened first
        private BatchFile out;

        private List<Integer> missing = List.of();

        Run(Request request) {
            this.request = request;
        }

        void stop() {
            cancellation.cancel();
            Pending<?> now = asked;
            if (now != null) {
                now.cancel();
            }
        }

        void open() {
            try {
                out = BatchFile.open(request.out(), request.settings());
                Set<Integer> known = out.features();
                missing = request.features().stream()
                        .filter(feature -> !known.contains(feature))
                        .toList();
                List<BatchRow> before = out.rows();
                workbench.fx().execute(() -> show(before));
                next(0);
            } catch (RuntimeException | Error failure) {
                end(failure);
            }
        }

        private void next(int from) {
            int done = request.features().size() - missing.size() + from;
            job.report(
                    done / (double) request.features().size(),
                    done + " of " + request.features().size() + " features");
            if (cancellation.isCancelled() || from >= missing.size()) {
                end(null);
                return;
            }
            List<Integer> group = missing.subList(from, Math.min(missing.size(), from + BatchPlan.TOGETHER));
            lines(group)
                    .whenCompleteAsync(
                            (lines, failure) -> {
                                if (failure != null) {
                                    end(failure);
                                    return;
                                }
                                try {
                                    List<BatchRow> found = new ArrayList<>();
                                    lines.forEach(line -> found.add(out.add(line)));
                                    workbench.fx().execute(() -> show(found));
                                    next(from + group.size());
                                } catch (RuntimeException | Error broken) {
                                    end(broken);
                                }
                            },
                            workbench.service().files());
        }

        private void show(List<BatchRow> found) {
            if (run == this) {
                rows.addAll(found);
            }
        }

        private CompletionStage<List<Map<String, Object>>> lines(List<Integer> group) {
            CompletionStage<List<DefinitionTree.Answer>> grown =
                    request.plan().parts().contains(BatchPlan.Part.TREE)
                            ? ask(request.plan().trees(group))
                            : CompletableFuture.completedFuture(List.of());
            return grown.thenCompose(answers -> {
                CompletionStage<List<Map<String, Object>>> all = CompletableFuture.completedFuture(new ArrayList<>());
                for (int i = 0; i < group.size(); i++) {
                    int feature = group.get(i);
                    Optional<DefinitionTree.Answer> tree =
                            answers.isEmpty() ? Optional.empty() : Optional.of(answers.get(i));
                    all = all.thenCompose(lines -> line(feature, tree).thenApply(line -> {
                        lines.add(line);
                        return lines;
                    }));
                }
                return all;
            });
        }

        private CompletionStage<Map<String, Object>> line(int feature, Optional<DefinitionTree.Answer> tree) {
            CompletionStage<Optional<TokenColumns.Answer>> columns =
                    wanted(BatchPlan.Part.TOKENS, request.plan().columns(feature));
            return columns.thenCompose(known -> wanted(
                            BatchPlan.Part.SCALE, request.plan().sweep(feature))
                    .thenApplyAsync(
                            sweep -> request.plan().line(feature, tree, known, sweep, texts::of),
                            workbench.service().files())
                    .thenCompose(line -> cost(feature, line)));
        }

        private CompletionStage<Map<String, Object>> cost(int feature, Map<String, Object> line) {
            return request.costs()
                    .flatMap(of -> ExampleTexts.ofAblation(
                            of.index(),
                            of.place(),
                            request.plan().model(),
                            request.plan().sae(),
                            feature))
                    .map(question -> ask(question).thenApply(answer -> {
                        line.put("ce_cost", ExampleTexts.document(answer));
                        return line;
                    }))
                    .orElse(CompletableFuture.completedFuture(line));
        }

        private <R> CompletionStage<Optional<R>> wanted(BatchPlan.Part part, Query<R> query) {
            return request.plan().parts().contains(part)
                    ? ask(query).thenApply(Optional::of)
                    : CompletableFuture.completedFuture(Optional.empty());
        }

        private <R> CompletionStage<R> ask(Query<R> query) {
            cancellation.check();
            Pending<R> pending = workbench.service().submit(query, Priority.BACKGROUND);
            asked = pending;
            if (cancellation.isCancelled()) {
                pending.cancel();
            }
            return pending.answer();
        }

        private void end(@Nullable Throwable failure) {
            if (out != null) {
                out.close();
            }
            workbench.fx().execute(() -> ended(this, failure));
        }
    }
}
