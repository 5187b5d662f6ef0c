package loupe.app.bench;

import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import javafx.application.Platform;
import javafx.scene.Scene;
import javafx.stage.Stage;
import loupe.app.window.Toolkit;
import loupe.ui.export.Background;
import loupe.ui.style.Theme;
import loupe.ui.tree.TreeCanvas;
import loupe.ui.tree.TreeData;

/**
 * A synthetic tree of 100,000 nodes on screen: the time of the JavaFX thread per frame while zooming, panning, folding
 * and searching. Its shape is that of a random recursive tree, about 30 deep. One thread, not JavaFX's.
 */
final class LargeTreeBenchmark {
    private static final int NODES = 100_000;
    private static final int FRAMES = 60;
    private static final double WIDTH_PIXELS = 1200;
    private static final double HEIGHT_PIXELS = 700;
    private static final String[] WORDS = {
        " a", " small", " brown", " bird", " that", " sings", " of", " the", " group", " person", " in", " plant",
        " used", " to"
    };

    private final Executor files;
    private final DoubleSupplier longest;

    @SuppressWarnings("NullAway.Init") // shown first
    private TreeCanvas canvas;

    @SuppressWarnings("NullAway.Init") // shown first
    private Stage stage;

    private volatile long laidOutNanos;

    /**
     * @param files runs the layout of the tree
     * @param longest the longest task on the JavaFX thread since the last call, in ms
     */
    LargeTreeBenchmark(Executor files, DoubleSupplier longest) {
        this.files = files;
        this.longest = longest;
    }

    @SuppressWarnings("ReturnValueIgnored") // asking for the longest task begins a new count
    void measure(Map<String, Object> figures) {
        Tree tree = new Tree();
        Toolkit.run(() -> {
            canvas = new TreeCanvas(new Elsewhere());
            canvas.cutoffProperty().set(1e-300);
            stage = new Stage();
            Scene scene = new Scene(canvas, WIDTH_PIXELS, HEIGHT_PIXELS);
            Theme.LIGHT.apply(scene);
            stage.setScene(scene);
            stage.show();
        });
        try {
            for (int i = 0; i < 3; i++) {
                show(tree); // warm
                frames(frame -> canvas.zoomBy(frame < FRAMES / 2 ? 0.9 : 1 / 0.9));
            }
            longest.getAsDouble();
            figures.put("tree of 100,000 nodes, laid out in the background, ms", show(tree) / 1e6);
            figures.put(
                    "tree of 100,000 nodes, frame of a zoom in",
                    frames(i -> canvas.zoomBy(i % 2 == 0 ? 1.1 : 1 / 1.1)));
            figures.put(
                    "tree of 100,000 nodes, frame at another place",
                    frames(i -> canvas.select((int) (i * 7919L % NODES))));
            figures.put("tree of 100,000 nodes, frame of the whole", frames(i -> {
                canvas.fit();
                canvas.zoomBy(1 + i * 1e-3);
            }));
            figures.put("tree of 100,000 nodes, frame of a zoom through it", frames(i -> canvas.zoomBy(1.08)));
            long start = System.nanoTime();
            laidOutNanos = 0;
            Toolkit.run(() -> canvas.find("bird that"));
            await();
            figures.put("tree of 100,000 nodes, searched, ms", (System.nanoTime() - start) / 1e6);
            figures.put("longest task with a tree of 100,000 nodes, ms", longest.getAsDouble());
        } finally {
            Toolkit.run(stage::close);
        }
    }

    /** @return nanoseconds until it was laid out */
    private long show(Tree tree) {
        long start = System.nanoTime();
        laidOutNanos = 0;
        Toolkit.run(() -> {
            canvas.setData(TreeData.EMPTY);
            canvas.layout();
            canvas.setData(tree);
            canvas.layout();
        });
        await();
        return System.nanoTime() - start;
    }

    private void await() {
        while (laidOutNanos == 0) {
            pause();
        }
        Toolkit.run(() -> canvas.layout());
    }

    private static void pause() {
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Timing frames(Consumer<Integer> change) {
        double[] seconds = new double[FRAMES];
        for (int i = 0; i < FRAMES; i++) {
            int frame = i;
            seconds[i] = Toolkit.call(() -> {
                long start = System.nanoTime();
                change.accept(frame);
                canvas.layout();
                return (System.nanoTime() - start) / 1e9;
            });
        }
        return Timing.of(seconds).milliseconds();
    }

    private final class Elsewhere implements Background {
        @Override
        public <T> void compute(Supplier<T> work, Consumer<T> then) {
            files.execute(() -> {
                T done = work.get();
                Platform.runLater(() -> {
                    then.accept(done);
                    laidOutNanos = System.nanoTime();
                });
            });
        }
    }

    private static final class Tree implements TreeData {
        private final int[] parent = new int[NODES];
        private final double[] probability = new double[NODES];
        private final double[] cumulative = new double[NODES];

        Tree() {
            SplittableRandom random = new SplittableRandom(1);
            parent[0] = -1;
            probability[0] = cumulative[0] = 1;
            for (int node = 1; node < NODES; node++) {
                parent[node] = random.nextInt(node);
                probability[node] = 0.2 + 0.6 * random.nextDouble();
                cumulative[node] = cumulative[parent[node]] * probability[node];
            }
        }

        @Override
        public int size() {
            return NODES;
        }

        @Override
        public int parent(int node) {
            return parent[node];
        }

        @Override
        public String text(int node) {
            return node == 0 ? "" : WORDS[node % WORDS.length];
        }

        @Override
        public int tokenId(int node) {
            return node;
        }

        @Override
        public double probability(int node) {
            return probability[node];
        }

        @Override
        public double cumulative(int node) {
            return cumulative[node];
        }
    }
}
