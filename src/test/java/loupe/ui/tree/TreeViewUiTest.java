package loupe.ui.tree;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import javafx.geometry.Bounds;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.layout.StackPane;
import loupe.ui.SampleTree;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;

/** Which part of a tree is in sight, how large, and what stands over it. */
class TreeViewUiTest extends UiTest {
    private static final double READABLE = 0.4;

    private TreeCanvas tree;

    @Override
    protected Parent build() {
        tree = new TreeCanvas();
        tree.setData(SampleTree.of(60, 7, false));
        return new StackPane(tree);
    }

    private void size(double width, double height) {
        onFx(() -> {
            tree.setMaxSize(width, height);
            tree.setMinSize(width, height);
            stage.getScene().getRoot().layout();
        });
    }

    private double zoom() {
        return onFx(() -> tree.viewport().zoom());
    }

    /** A root with many short branches. */
    private static SampleTree tall() {
        SampleTree data = SampleTree.empty();
        for (int i = 0; i < 400; i++) {
            data.add(0, " w" + i, 1 / 500.0);
        }
        return data;
    }

    /** One long sentence with a branch at its beginning that goes far down. */
    private static SampleTree longAndSparse() {
        SampleTree data = SampleTree.empty();
        for (int i = 0; i < 60; i++) {
            data.add(0, " w", 1 / 80.0);
        }
        int end = 1;
        for (int i = 0; i < 60; i++) {
            end = data.add(end, " straight", 0.99);
        }
        return data;
    }

    private boolean somethingIsInSight() {
        return onFx(() -> {
            TreePainter.Window window = tree.viewport().window();
            return tree.treeLayout()
                    .isCrossed(
                            window.left(),
                            window.top(),
                            window.left() + window.width() / window.zoom(),
                            window.top() + window.height() / window.zoom());
        });
    }

    @Test
    void theWholeOfATallTreeIsAsSmallAsCanBeReadAndNoSliver() {
        onFx(() -> tree.setData(tall()));
        onFx(tree::fit);
        assertThat(zoom()).isGreaterThanOrEqualTo(READABLE);
        assertThat(onFx(() -> tree.viewport().toPixelX(0))).isPositive();
        assertThat(onFx(() -> tree.viewport().toPixelY(0))).isPositive();
    }

    @Test
    void theWholeTreeStaysWholeAndTheBeginningTheBeginningWhenThePaneChangesItsSize() {
        onFx(() -> tree.setData(SampleTree.of(16, 7, false)));
        size(300, 230);
        onFx(tree::fit);
        double small = zoom();
        assertThat(small).isBetween(0.51, 0.99);
        size(780, 560);
        assertThat(zoom()).isGreaterThan(small);
        onFx(tree::home);
        size(200, 150);
        assertThat(zoom()).isEqualTo(1);
        assertThat(onFx(() -> tree.viewport().toPixelX(0))).isPositive();
    }

    @Test
    void aPaneThatBecomesSmallerStillShowsBranches() {
        size(780, 560);
        onFx(() -> tree.setData(longAndSparse()));
        onFx(() -> tree.viewport().pan(-900, 20));
        onFx(tree::requestLayout);
        assertThat(somethingIsInSight()).isTrue();
        onFx(() -> tree.viewport().pan(0, -200));
        size(300, 170);
        assertThat(somethingIsInSight()).isTrue();
    }

    @Test
    void theMapHidesNoBranchesButWhileTheViewIsMoved() {
        size(640, 420);
        onFx(() -> tree.cutoffProperty().set(1e-9));
        onFx(() -> tree.setData(SampleTree.of(1_500, 7, false)));
        assertMapHidesNothing();
        onFx(() -> {
            TreeLayout layout = tree.treeLayout();
            int node = layout.order(layout.count() / 2);
            tree.viewport()
                    .centreOn(layout.x(node) - 240, layout.y(node) - 120); // near the corner where the map stands
            tree.requestLayout();
        });
        assertMapHidesNothing();
        for (SampleTree data : List.of(tall(), longAndSparse())) {
            onFx(() -> tree.setData(data));
            onFx(tree::home);
            assertMapHidesNothing();
        }
        onFx(() -> tree.zoomBy(1.1));
        assertThat(onFx(() -> map().isVisible())).isTrue();
    }

    private Node map() {
        return tree.lookup(".tree-map");
    }

    private void assertMapHidesNothing() {
        if (onFx(() -> map().isVisible())) {
            Bounds under = onFx(() -> map().getBoundsInParent());
            assertThat(onFx(() -> tree.treeLayout()
                            .isCrossed(
                                    tree.viewport().toUnitsX(under.getMinX()),
                                    tree.viewport().toUnitsY(under.getMinY()),
                                    tree.viewport().toUnitsX(under.getMaxX()),
                                    tree.viewport().toUnitsY(under.getMaxY()))))
                    .isFalse();
        }
    }
}
