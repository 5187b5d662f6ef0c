package loupe.ui.tree;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javafx.scene.Parent;
import javafx.scene.canvas.Canvas;
import javafx.scene.control.Label;
import javafx.scene.input.KeyCode;
import loupe.state.window.Side;
import loupe.ui.SampleTree;
import loupe.ui.UiTest;
import loupe.ui.export.Background;
import loupe.ui.export.CanvasPen;
import loupe.ui.style.TextWidths;
import loupe.ui.token.TokenText;
import org.junit.jupiter.api.Test;

/** A tree of 100,000 nodes: what happens on the FX thread is bounded by what is on screen. */
class LargeTreeUiTest extends UiTest {
    private static final int NODES = 100_000;
    private static final SampleTree LARGE = SampleTree.of(NODES, 7, true);

    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private final Background later = new Background() {
        @Override
        public <T> void compute(Supplier<T> work, Consumer<T> then) {
            waiting.add(() -> {
                T done = work.get();
                onFx(() -> then.accept(done));
            });
        }
    };
    private TreeCanvas tree;

    @Override
    protected Parent build() {
        tree = new TreeCanvas(later);
        tree.setData(SampleTree.of(200, 7, true));
        return tree;
    }

    /** Does what was left to the background, on the test's thread. */
    private void work() {
        for (Runnable next = onFx(waiting::poll); next != null; next = onFx(waiting::poll)) {
            next.run();
        }
    }

    private void showLarge() {
        onFx(() -> {
            tree.cutoffProperty().set(1e-300);
            tree.setData(LARGE);
        });
        work();
    }

    private int visited() {
        return onFx(() -> new TreePainter(tree.treeLayout(), tree.palette(), Side.A)
                .paint(
                        new CanvasPen(
                                new Canvas(800, 500).getGraphicsContext2D(), "System", TextWidths.shared("System")),
                        tree.viewport().window(),
                        TreePainter.Emphasis.NONE));
    }

    @Test
    void theTreeThatIsThereStaysUntilALargeOneIsLaidOutInTheBackground() {
        onFx(() -> {
            tree.cutoffProperty().set(1e-300);
            tree.setData(LARGE);
        });
        assertThat(onFx(() -> tree.treeLayout().count())).as("the old tree").isEqualTo(200);
        assertThat(waiting).hasSize(1);
        onFx(() -> tree.foldUnderProperty().set(1));
        assertThat(waiting).as("one at a time").hasSize(1);
        work();
        assertThat(onFx(() -> tree.treeLayout().data())).isSameAs(LARGE);
        assertThat(tree.genericHiddenProperty().get())
                .as("the newest wish came true")
                .isPositive();
        onFx(() -> tree.setData(LARGE.firstNodes(5_000)));
        onFx(() -> tree.setData(SampleTree.of(200, 7, true)));
        work();
        assertThat(onFx(() -> tree.treeLayout().count()))
                .as("a small tree is laid out at once and a late large one dropped")
                .isLessThanOrEqualTo(200);
    }

    @Test
    void aFrameCostsWhatIsOnScreenAtEveryZoomAndPlace() {
        showLarge();
        assertThat(onFx(() -> tree.treeLayout().count())).isEqualTo(NODES);
        assertThat(visited()).as("natural size").isLessThan(2_000);
        onFx(tree::fit);
        assertThat(visited()).as("all of it").isLessThan(40_000);
        for (int i = 0; i < 12; i++) {
            onFx(() -> tree.zoomBy(1.4));
            assertThat(visited()).as("zooming in").isLessThan(40_000);
        }
        for (int i = 0; i < 5; i++) {
            onFx(() -> tree.viewport().pan(0, -100_000));
            assertThat(visited()).as("panning").isLessThan(2_000);
        }
    }

    @Test
    void searchingSelectingAndFoldingWorkOnAllOfIt() {
        showLarge();
        clickOn(tree);
        press(KeyCode.CONTROL).type(KeyCode.F).release(KeyCode.CONTROL);
        write("songbird of");
        work();
        assertThat(tree.matches()).isNotEmpty();
        type(KeyCode.ENTER);
        work();
        int match = onFx(() -> tree.match());
        assertThat(LARGE.sentence(match)).endsWith(" songbird of");
        assertThat(onFx(() -> ((Label) tree.lookup(".sentence")).getText()))
                .isEqualTo(TokenText.sentence(LARGE.sentence(match)));
        assertThat(onFx(() -> tree.viewport().toPixelY(tree.treeLayout().y(match))))
                .as("it is in sight")
                .isBetween(0.0, 600.0);
        type(KeyCode.ESCAPE);
        int child = onFx(() -> tree.treeLayout().firstChild(0));
        onFx(() -> tree.select(child));
        work();
        type(KeyCode.SPACE);
        work();
        assertThat(onFx(() -> tree.treeLayout().folded(child))).isTrue();
        assertThat(onFx(() -> tree.treeLayout().count())).isLessThan(NODES);
    }
}
