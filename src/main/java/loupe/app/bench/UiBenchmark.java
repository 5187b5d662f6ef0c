package loupe.app.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javafx.animation.AnimationTimer;
import javafx.application.Platform;
import javafx.stage.Stage;
import loupe.analysis.ghost.DefinitionTree;
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
    private static final long PROBE_MILLIS = 2;
    private static final long SETTLING_MILLIS = 500;
    private static final int LARGE_TREE_CHILDREN = 20;
    private static final double LARGE_TREE_CUTOFF = 1e-8;
    private static final long PATIENCE_NANOS = 120_000_000_000L;
    private static final long COUNTING_NANOS = 1_800_000_000_000L;

    private final WindowRun window;

    @SuppressWarnings("NullAway.Init") // opened before anything is measured
    private WorkbenchApp app;

    private Runnable frame = () -> {};

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
        if (Toolkit.screenIsMissing()) {
            bench.report("ui: there is no display, so frames are drawn without one");
            Toolkit.withoutScreen();
        }
        Toolkit.start();
        AnimationTimer everyFrame = timer();
        try {
            Toolkit.run(() -> {
                app = new WorkbenchApp(bench.service(), prepared.session().orElse(null), prepared.cache());
                app.show(new Stage(), () -> {});
                app.view().scene().addPostLayoutPulseListener(() -> frame.run());
                everyFrame.start();
                app.openFirst(prepared.opening());
            });
            bench.report("ui: waiting for the checkpoint to be open and counted");
            until(
                    COUNTING_NANOS,
                    () -> a().side().sae().get() != null
                            && panesAreFull()
                            && !app.models().statistics().counting(a().side()).get()
                            && !app.models().table().filling().get());
            measure(bench, prepared.opening(), figures);
            try (Probe probe = new Probe()) {
                bench.report("ui: a tree of 100,000 nodes");
                new LargeTreeBenchmark(bench.service().files(), probe::takeMillis).measure(figures);
            }
            return figures;
        } finally {
            Toolkit.run(() -> {
                everyFrame.stop();
                if (app != null) {
                    app.close();
                }
            });
        }
    }

    private void measure(Bench bench, Opening opening, Map<String, Object> figures) {
        for (int i = 0; i < 10; i++) {
            select(5 + 31 * i, this::panesAreFull); // warm
        }
        try (Probe probe = new Probe()) {
            bench.report("ui: choosing features");
            double[] panes = new double[SELECTIONS];
            double[] branches = new double[SELECTIONS];
            for (int i = 0; i < SELECTIONS; i++) {
                panes[i] = select(11 + 13 * i, this::panesAreFull);
                until(this::treeIsComplete);
                branches[i] = select(17 + 13 * i, this::treeHasBranches);
                until(this::treeIsComplete);
            }
            figures.put(
                    "feature chosen, all panes but the tree", Timing.of(panes).milliseconds());
            figures.put("feature chosen, first branches", Timing.of(branches).milliseconds());
            probe.put(figures, "while choosing");
            corpus(bench, figures);
        }
        try (Probe probe = new Probe()) {
            bench.report("ui: dragging the scale");
            figures.put("slider event, token list", drag().milliseconds());
            double[] trees = new double[DRAGS_TO_A_TREE];
            for (int i = 0; i < trees.length; i++) {
                trees[i] = moveScale(this::treeIsOfThisScale);
            }
            figures.put("slider event, new partial tree", Timing.of(trees).milliseconds());
            probe.put(figures, "while dragging");
        }
        try (Probe probe = new Probe()) {
            bench.report("ui: " + QUICK_SELECTIONS + " features in turn");
            for (int i = 0; i < QUICK_SELECTIONS; i++) {
                int feature = 3 + 7 * i;
                Toolkit.run(() -> app.models().table().jumpTo(feature));
                pause(EVENT_MILLIS);
            }
            until(this::panesAreFull);
            probe.put(figures, "in " + QUICK_SELECTIONS + " features in turn");
        }
        try (Probe probe = new Probe()) {
            bench.report("ui: a large tree of the sample");
            growLargeTree(figures);
            probe.put(figures, "while a large tree grows");
        }
        try (Probe probe = new Probe()) {
            bench.report("ui: opening a checkpoint");
            Path path = a().side().sae().get().path();
            Toolkit.run(() -> app.models()
                    .workbench()
                    .openCheckpoint(app.models().workbench().b(), path, SaeOptions.AS_STORED));
            until(() -> app.models().workbench().b().sae().get() != null);
            until(() -> app.view().isArranged() && panesAreFull(app.models().b()));
            pause(SETTLING_MILLIS);
            probe.put(figures, "while loading");
        }
        try (Probe probe = new Probe()) {
            bench.report("ui: closing everything, opening the model and a checkpoint again");
            Toolkit.run(() -> app.models().workbench().closeModel());
            until(() -> app.models().workbench().b().sae().get() == null
                    && app.view().isArranged());
            pause(SETTLING_MILLIS);
            probe.put(figures, "while closing everything");
            Toolkit.run(() -> app.openFirst(opening));
            until(() -> a().side().sae().get() != null && panesAreFull());
            pause(SETTLING_MILLIS);
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
        until(() -> treeIsComplete()
                && a().tree().tree().getValue().query().limits().topK() == LARGE_TREE_CHILDREN);
        figures.put(
                "large tree grown, nodes",
                Toolkit.call(() -> a().tree().tree().getValue().size()));
        figures.put("large tree grown, s", (System.nanoTime() - start) / 1e9);
        Toolkit.run(() -> app.models().controls().restore(before));
        until(this::treeIsComplete);
    }

    /** Events at the rate of frames; each is answered when a list of its scale, or of a later one, is shown. */
    private Timing drag() {
        double[] seconds = new double[DRAG_EVENTS];
        for (int i = 0; i < DRAG_EVENTS; i++) {
            long start = System.nanoTime();
            seconds[i] = moveScale(this::listIsOfThisScale);
            long rest = EVENT_MILLIS - (System.nanoTime() - start) / 1_000_000;
            if (rest > 0) {
                pause(rest);
            }
        }
        return Timing.of(seconds);
    }

    private double moveScale(BooleanSupplier shown) {
        double range = app.models().controls().range().get().max();
        double step = app.models().controls().range().get().step();
        double now = app.models().controls().scale().get();
        double next = now + 3 * step > 0.6 * range ? 0.2 * range : now + 3 * step;
        return eventToFrame(() -> app.models().controls().scale().set(next), shown);
    }

    private double select(int feature, BooleanSupplier shown) {
        int number = feature % app.models().table().size();
        FeatureRef ref = new FeatureRef(a().side().sae().get().id(), number);
        return eventToFrame(() -> app.models().workbench().selection().select(ref), shown);
    }

    /** Seconds from an event on the JavaFX thread to the first frame in which something is shown. */
    private double eventToFrame(Runnable event, BooleanSupplier shown) {
        AtomicLong shownAt = new AtomicLong();
        long start = Toolkit.call(() -> {
            long now = System.nanoTime();
            event.run();
            frame = () -> {
                if (shownAt.get() == 0 && shown.getAsBoolean()) {
                    shownAt.set(System.nanoTime());
                }
            };
            return now;
        });
        until(() -> shownAt.get() != 0);
        Toolkit.run(() -> frame = () -> {});
        return (shownAt.get() - start) / 1e9;
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

    private AnimationTimer timer() {
        return new AnimationTimer() {
            @Override
            public void handle(long now) {
                Platform.requestNextPulse();
            }
        };
    }

    private void until(BooleanSupplier done) {
        until(PATIENCE_NANOS, done);
    }

    private static void until(long patience, BooleanSupplier done) {
        long start = System.nanoTime();
        while (!Toolkit.call(done::getAsBoolean)) {
            if (System.nanoTime() - start > patience) {
                throw new IllegalStateException("the window did not come to show what was asked of it");
            }
            pause(1);
        }
    }

    private static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Posts empty tasks to the JavaFX thread and records the longest time until one ran, and the most that the thread
     * worked meanwhile: on a machine that others use too it also waits for a processor.
     */
    private static final class Probe implements AutoCloseable {
        private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

        private final AtomicBoolean running = new AtomicBoolean(true);
        private final AtomicLong longest = new AtomicLong();
        private final AtomicLong mostWork = new AtomicLong();
        private final long thread = Toolkit.call(() -> Thread.currentThread().getId());
        private final Thread asking = new Thread(this::ask, "probe");

        Probe() {
            asking.setDaemon(true);
            asking.start();
        }

        private void ask() {
            while (running.get()) {
                long start = System.nanoTime();
                long worked = THREADS.getThreadCpuTime(thread);
                Toolkit.run(() -> {});
                longest.accumulateAndGet(System.nanoTime() - start, Math::max);
                mostWork.accumulateAndGet(THREADS.getThreadCpuTime(thread) - worked, Math::max);
                pause(PROBE_MILLIS);
            }
        }

        /** Puts down the longest time since the last call. */
        void put(Map<String, Object> figures, String when) {
            figures.put("longest task " + when + ", ms", takeMillis());
            figures.put("longest task " + when + ", ms of processor", mostWork.getAndSet(0) / 1e6);
        }

        /** The longest time since the last call. */
        double takeMillis() {
            return longest.getAndSet(0) / 1e6;
        }

        @Override
        public void close() {
            running.set(false);
            try {
                asking.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
