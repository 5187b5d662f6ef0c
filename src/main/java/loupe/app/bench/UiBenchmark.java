package loupe.app.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import loupe.analysis.ghost.DefinitionTree;
import loupe.app.bench.MeasuredWindow.Probe;
import loupe.app.window.Opening;
import loupe.app.window.Toolkit;
import loupe.app.window.WorkbenchApp;
import loupe.sae.checkpoint.SaeOptions;
import loupe.search.FeatureColumn;
import loupe.state.SideModels;
import loupe.state.ghost.GhostValues;
import loupe.state.window.FeatureRef;

/**
 * The real window on the sample or on many features, warm: from a click or a slider event to the frame that shows the
 * answer. A frame counts when its layout is done. While it runs, a second thread posts an empty task to the JavaFX
 * thread every few milliseconds and records the longest wait, which is the longest task there if the machine has
 * nothing else to do. One thread, not JavaFX's.
 */
final class UiBenchmark implements Benchmark {
    private static final int SELECTIONS = 50;
    private static final int DENSEST = 20;
    private static final int DRAG_EVENTS = 120;
    private static final int DRAGS_TO_A_TREE = 50;
    private static final int QUICK_SELECTIONS = 100;
    private static final long EVENT_MILLIS = 16;
    private static final long SETTLING_MILLIS = 500;
    private static final int LARGE_TREE_CHILDREN = 20;
    private static final double LARGE_TREE_CUTOFF = 1e-8;
    private static final long COUNTING_NANOS = 1_800_000_000_000L;

    private final WindowRun window;

    @SuppressWarnings("NullAway.Init") // opened before anything is measured
    private WorkbenchApp app;

    @SuppressWarnings("NullAway.Init") // opened before anything is measured
    private MeasuredWindow shown;

    UiBenchmark(WindowRun window) {
        this.window = window;
    }

    @Override
    public String name() {
        return "ui";
    }

    @Override
    public Map<String, Object> run(Bench bench) throws IOException {
        Map<String, Object> figures = new LinkedHashMap<>();
        WindowRun.Prepared prepared = window.prepare(bench).orElse(null);
        if (prepared == null) {
            figures.put("not_run", "there is no sample to open");
            return figures;
        }
        try (MeasuredWindow opened = new MeasuredWindow(bench, prepared)) {
            shown = opened;
            app = opened.app();
            bench.report("ui: waiting for the checkpoint to be open and counted");
            MeasuredWindow.until(
                    COUNTING_NANOS,
                    () -> a().side().sae().get() != null
                            && panesAreFull()
                            && !app.models().statistics().counting(a().side()).get()
                            && !app.models().table().filling().get());
            measure(bench, prepared.opening(), figures);
            try (Probe probe = shown.probe()) {
                bench.report("ui: a tree of 100,000 nodes");
                new LargeTreeBenchmark(bench.service().files(), probe::takeMillis).measure(figures);
            }
            return figures;
        }
    }

    private void measure(Bench bench, Opening opening, Map<String, Object> figures) {
        for (int i = 0; i < 10; i++) {
            select(5 + 31 * i, this::panesAreFull); // warm
        }
        try (Probe probe = shown.probe()) {
            bench.report("ui: choosing features");
            double[] panes = new double[SELECTIONS];
            double[] branches = new double[SELECTIONS];
            for (int i = 0; i < SELECTIONS; i++) {
                panes[i] = select(11 + 13 * i, this::panesAreFull);
                shown.until(this::treeIsComplete);
                branches[i] = select(17 + 13 * i, this::treeHasBranches);
                shown.until(this::treeIsComplete);
            }
            figures.put(
                    "feature chosen, all panes but the tree", Timing.of(panes).milliseconds());
            figures.put("feature chosen, first branches", Timing.of(branches).milliseconds());
            probe.put(figures, "while choosing");
            corpus(bench, figures);
        }
        try (Probe probe = shown.probe()) {
            bench.report("ui: dragging the scale");
            figures.put("slider event, token list", drag().milliseconds());
            double[] trees = new double[DRAGS_TO_A_TREE];
            for (int i = 0; i < trees.length; i++) {
                trees[i] = moveScale(this::treeIsOfThisScale);
            }
            figures.put("slider event, new partial tree", Timing.of(trees).milliseconds());
            probe.put(figures, "while dragging");
        }
        try (Probe probe = shown.probe()) {
            bench.report("ui: " + QUICK_SELECTIONS + " features in turn");
            for (int i = 0; i < QUICK_SELECTIONS; i++) {
                int feature = 3 + 7 * i;
                Toolkit.run(() -> app.models().table().jumpTo(feature));
                MeasuredWindow.pause(EVENT_MILLIS);
            }
            shown.until(this::panesAreFull);
            probe.put(figures, "in " + QUICK_SELECTIONS + " features in turn");
        }
        try (Probe probe = shown.probe()) {
            bench.report("ui: a large tree of the sample");
            growLargeTree(figures);
            probe.put(figures, "while a large tree grows");
        }
        try (Probe probe = shown.probe()) {
            bench.report("ui: opening a checkpoint");
            Path path = a().side().sae().get().path();
            Toolkit.run(() -> app.models()
                    .workbench()
                    .openCheckpoint(app.models().workbench().b(), path, SaeOptions.AS_STORED));
            shown.until(() -> app.models().workbench().b().sae().get() != null);
            shown.until(
                    () -> app.view().isArranged() && panesAreFull(app.models().b()));
            MeasuredWindow.pause(SETTLING_MILLIS);
            probe.put(figures, "while loading");
        }
        try (Probe probe = shown.probe()) {
            bench.report("ui: closing everything, opening the model and a checkpoint again");
            Toolkit.run(() -> app.models().workbench().closeModel());
            shown.until(() -> app.models().workbench().b().sae().get() == null
                    && app.view().isArranged());
            MeasuredWindow.pause(SETTLING_MILLIS);
            probe.put(figures, "while closing everything");
            Toolkit.run(() -> app.openFirst(opening));
            shown.until(() -> a().side().sae().get() != null && panesAreFull());
            MeasuredWindow.pause(SETTLING_MILLIS);
            probe.put(figures, "while loading everything again");
        }
    }

    /** What is read from the index: of features by number, and of the one that is active most. */
    private void corpus(Bench bench, Map<String, Object> figures) {
        bench.report("ui: reading the index");
        double[] some = new double[SELECTIONS];
        for (int i = 0; i < SELECTIONS; i++) {
            some[i] = select(23 + 17 * i, this::corpusIsShown);
        }
        figures.put("feature chosen, histogram and examples", Timing.of(some).milliseconds());
        int densest = Toolkit.call(() -> IntStream.range(0, app.models().table().size())
                .boxed()
                .max(Comparator.comparingDouble(feature -> app.models().table().number(FeatureColumn.DENSITY, feature)))
                .orElse(0));
        double[] most = new double[DENSEST];
        for (int i = 0; i < DENSEST; i++) {
            select(29 + i, this::panesAreFull);
            most[i] = select(densest, this::corpusIsShown);
        }
        figures.put(
                "densest feature chosen, histogram and examples",
                Timing.of(most).milliseconds());
        figures.put(
                "densest feature, slowest of " + DENSEST + ", ms",
                1e3 * Arrays.stream(most).max().orElse(0));
    }

    private boolean corpusIsShown() {
        return Stream.of(a().histogram().histogram(), a().examples().examples())
                .allMatch(slot -> slot.getValue() != null && !slot.isPending());
    }

    /** Grows the largest tree that the controls allow. */
    private void growLargeTree(Map<String, Object> figures) {
        GhostValues before = Toolkit.call(() -> app.models().controls().values().get());
        long start = System.nanoTime();
        Toolkit.run(() -> {
            app.models().controls().topK().set(LARGE_TREE_CHILDREN);
            app.models().controls().cutoff().set(LARGE_TREE_CUTOFF);
        });
        shown.until(() -> treeIsComplete()
                && a().tree().tree().getValue().query().limits().topK() == LARGE_TREE_CHILDREN);
        figures.put(
                "large tree grown, nodes",
                Toolkit.call(() -> a().tree().tree().getValue().size()));
        figures.put("large tree grown, s", (System.nanoTime() - start) / 1e9);
        Toolkit.run(() -> app.models().controls().restore(before));
        shown.until(this::treeIsComplete);
    }

    /** Events at the rate of frames; each is answered when a list of its scale, or of a later one, is shown. */
    private Timing drag() {
        double[] seconds = new double[DRAG_EVENTS];
        for (int i = 0; i < DRAG_EVENTS; i++) {
            long start = System.nanoTime();
            seconds[i] = moveScale(this::listIsOfThisScale);
            long rest = EVENT_MILLIS - (System.nanoTime() - start) / 1_000_000;
            if (rest > 0) {
                MeasuredWindow.pause(rest);
            }
        }
        return Timing.of(seconds);
    }

    private double moveScale(BooleanSupplier done) {
        double range = app.models().controls().range().get().max();
        double step = app.models().controls().range().get().step();
        double now = app.models().controls().scale().get();
        double next = now + 3 * step > 0.6 * range ? 0.2 * range : now + 3 * step;
        return shown.eventToFrame(() -> app.models().controls().scale().set(next), done);
    }

    private double select(int feature, BooleanSupplier done) {
        int number = feature % app.models().table().size();
        FeatureRef ref = new FeatureRef(a().side().sae().get().id(), number);
        return shown.eventToFrame(() -> app.models().workbench().selection().select(ref), done);
    }

    private SideModels a() {
        return app.models().a();
    }

    private boolean panesAreFull() {
        return panesAreFull(a());
    }

    private static boolean panesAreFull(SideModels side) {
        return Stream.of(
                        side.histogram().histogram(),
                        side.examples().examples(),
                        side.logits().weights(),
                        side.tokens().list(),
                        side.neighbours().neighbours())
                .allMatch(slot -> slot.getValue() != null && !slot.isPending());
    }

    private boolean treeHasBranches() {
        DefinitionTree.Answer tree = a().tree().tree().getValue();
        return tree != null && tree.size() > 1;
    }

    private boolean treeIsComplete() {
        DefinitionTree.Answer tree = a().tree().tree().getValue();
        return tree != null && tree.isComplete() && !a().tree().tree().isPending();
    }

    private boolean treeIsOfThisScale() {
        return treeHasBranches()
                && a().tree().tree().getValue().query().ghost().scale()
                        == app.models().controls().values().get().scale();
    }

    private boolean listIsOfThisScale() {
        return a().tokens().list().getValue() != null
                && a().tokens().list().getValue().settings().ghost().scale()
                        == app.models().controls().values().get().scale();
    }
}
