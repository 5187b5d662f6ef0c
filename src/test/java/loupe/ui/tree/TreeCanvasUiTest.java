package loupe.ui.tree;

import static org.assertj.core.api.Assertions.assertThat;

import javafx.geometry.Point2D;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import javafx.scene.input.KeyCode;
import javafx.scene.input.MouseButton;
import loupe.state.window.Side;
import loupe.ui.SampleTree;
import loupe.ui.UiTest;
import loupe.ui.export.CanvasPen;
import loupe.ui.style.TextWidths;
import org.junit.jupiter.api.Test;

class TreeCanvasUiTest extends UiTest {
    private TreeCanvas tree;

    @Override
    protected Parent build() {
        tree = new TreeCanvas();
        tree.setData(SampleTree.of(300, 7, false));
        return tree;
    }

    private Point2D place(int node) {
        return onFx(() -> {
            TreeLayout layout = tree.treeLayout();
            return tree.localToScreen(
                    tree.viewport().toPixelX(layout.x(node) + 4),
                    tree.viewport().toPixelY(layout.y(node)));
        });
    }

    private String sentence() {
        return onFx(() -> ((Label) tree.lookup(".sentence")).getText());
    }

    @Test
    void aClickSelectsThePathAndShowsItsSentence() {
        int node = onFx(() -> tree.treeLayout().order(2));
        clickOn(place(node));
        assertThat(tree.selectedProperty().get()).isEqualTo(node);
        assertThat(sentence())
                .isEqualTo(onFx(() -> tree.dataProperty().get().sentence(node)).strip());
    }

    @Test
    void aClickOnTheSelectedBranchFoldsAndAnotherUnfolds() {
        int node = onFx(() -> tree.treeLayout().order(2));
        int all = onFx(() -> tree.treeLayout().count());
        clickOn(place(node));
        clickOn(place(node));
        assertThat(onFx(() -> tree.treeLayout().count())).isLessThan(all);
        clickOn(place(node));
        assertThat(onFx(() -> tree.treeLayout().count())).isEqualTo(all);
    }

    @Test
    void theWheelZoomsAtThePointer() {
        int node = onFx(() -> tree.treeLayout().order(3));
        Point2D before = place(node);
        moveTo(before);
        scroll(3, javafx.geometry.VerticalDirection.DOWN);
        waitUntil(() -> tree.viewport().zoom() != 1);
        Point2D after = place(node);
        assertThat(after.distance(before))
                .as("the word under the pointer stays there")
                .isLessThan(8);
    }

    @Test
    void aDragPans() {
        Point2D before = place(0);
        drag(before.add(200, 200), MouseButton.PRIMARY).moveBy(60, 40).drop();
        Point2D after = place(0);
        assertThat(after.subtract(before).getX()).isGreaterThan(20);
        assertThat(tree.selectedProperty().get()).isEqualTo(-1);
    }

    @Test
    void searchStepsThroughItsMatches() {
        clickOn(place(0));
        press(KeyCode.CONTROL).type(KeyCode.F).release(KeyCode.CONTROL);
        write("bird");
        waitUntil(() -> !tree.matches().isEmpty());
        int first = onFx(() -> tree.match());
        type(KeyCode.ENTER);
        waitUntil(() -> tree.match() != first);
        assertThat(onFx(() -> tree.dataProperty().get().text(tree.match()))).contains("bird");
        type(KeyCode.ESCAPE);
        waitUntil(() -> tree.matches().isEmpty());
    }

    @Test
    void aGrowingTreeKeepsZoomSelectionFoldsAndPlace() {
        int node = onFx(() -> tree.treeLayout().order(12));
        onFx(() -> tree.select(node));
        onFx(() -> tree.toggleFold(node));
        onFx(() -> tree.zoomBy(1.5));
        Point2D before = place(node);
        double zoom = onFx(() -> tree.viewport().zoom());
        onFx(() -> tree.setData(SampleTree.of(900, 7, false)));
        assertThat(onFx(() -> tree.treeLayout().count())).isGreaterThan(300);
        assertThat(tree.selectedProperty().get()).isEqualTo(node);
        assertThat(onFx(() -> tree.viewport().zoom())).isEqualTo(zoom);
        assertThat(place(node).distance(before)).isLessThan(1);
    }

    @Test
    void trimmingHidesBranchesWithoutANewTree() {
        int all = onFx(() -> tree.treeLayout().count());
        TreeData same = tree.dataProperty().get();
        onFx(() -> tree.cutoffProperty().set(0.01));
        assertThat(onFx(() -> tree.treeLayout().count())).isLessThan(all);
        onFx(() -> tree.cutoffProperty().set(1e-9));
        assertThat(onFx(() -> tree.treeLayout().count())).isEqualTo(same.size());
        assertThat(tree.dataProperty().get()).isSameAs(same);
    }

    @Test
    void genericBranchesFoldIntoStubsThatAClickOrAKeyOpens() {
        onFx(() -> tree.setData(SampleTree.of(300, 7, true)));
        onFx(() -> tree.foldUnderProperty().set(1));
        int folded = tree.genericHiddenProperty().get();
        assertThat(folded).isPositive();
        int stub = firstStub();
        clickOn(place(stub));
        int fewer = tree.genericHiddenProperty().get();
        assertThat(fewer).isLessThan(folded);
        onFx(() -> tree.select(firstStub()));
        assertThat(onFx(() -> tree.treeLayout().stub(tree.selectedProperty().get())))
                .as("selecting what is folded opens it")
                .isZero();
        clickOn(place(0));
        type(KeyCode.G);
        assertThat(tree.genericHiddenProperty().get()).isEqualTo(folded);
        int again = firstStub();
        onFx(() -> tree.selectInPlace(again));
        assertThat(sentence()).contains("folded as generic");
        type(KeyCode.RIGHT);
        assertThat(tree.genericHiddenProperty().get()).isLessThan(folded);
    }

    private int firstStub() {
        return onFx(() -> {
            TreeLayout layout = tree.treeLayout();
            for (int i = 0; i < layout.count(); i++) {
                if (layout.stub(layout.order(i)) > 0) {
                    return layout.order(i);
                }
            }
            throw new AssertionError("nothing is folded");
        });
    }

    @Test
    void arrowKeysWalkTheTree() {
        clickOn(place(0));
        type(KeyCode.RIGHT);
        int child = tree.selectedProperty().get();
        assertThat(child).isEqualTo(onFx(() -> tree.treeLayout().firstChild(0)));
        type(KeyCode.DOWN);
        assertThat(tree.selectedProperty().get())
                .isEqualTo(onFx(() -> tree.treeLayout().nextSibling(child)));
        type(KeyCode.LEFT);
        assertThat(tree.selectedProperty().get()).isZero();
    }

    @Test
    void onlyWhatIsVisibleIsVisited() {
        onFx(() -> tree.setData(SampleTree.of(6000, 7, false)));
        onFx(() -> tree.cutoffProperty().set(1e-12));
        int visited = onFx(() -> new TreePainter(tree.treeLayout(), tree.palette(), Side.A)
                .paint(
                        new CanvasPen(
                                new javafx.scene.canvas.Canvas(800, 500).getGraphicsContext2D(),
                                "System",
                                new TextWidths("System")),
                        tree.viewport().window(),
                        TreePainter.Emphasis.NONE));
        assertThat(onFx(() -> tree.treeLayout().count())).isEqualTo(6000);
        assertThat(visited).isLessThan(600);
    }
}
