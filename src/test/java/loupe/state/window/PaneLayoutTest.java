package loupe.state.window;

import static loupe.state.window.PaneLayout.across;
import static loupe.state.window.PaneLayout.down;
import static loupe.state.window.PaneLayout.part;
import static loupe.state.window.PaneLayout.stack;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import loupe.state.window.PaneLayout.Stack;
import loupe.state.window.PaneLayout.Zone;
import org.junit.jupiter.api.Test;

class PaneLayoutTest {
    private static final PaneLayout LAYOUT = across(
            part(200, stack("table")),
            part(600, down(part(100, new Stack(List.of(List.of("a", "b"), List.of("c")))), part(300, stack("tree")))));

    @Test
    void aPaneIsTakenOutAndWhatBecomesEmptyGoesWithIt() {
        assertThat(LAYOUT.without("tree").orElseThrow())
                .isEqualTo(across(
                        part(200, stack("table")), part(600, new Stack(List.of(List.of("a", "b"), List.of("c"))))));
        assertThat(LAYOUT.without("b").orElseThrow().panes()).containsExactly("table", "a", "c", "tree");
        assertThat(stack("tree").without("tree")).isEmpty();
    }

    @Test
    void aPaneDroppedInTheMiddleBecomesATab() {
        assertThat(LAYOUT.with("tree", "table", Zone.TABS))
                .isEqualTo(across(
                        part(200, stack("table", "tree")),
                        part(600, new Stack(List.of(List.of("a", "b"), List.of("c"))))));
    }

    @Test
    void aPaneDroppedAtAnEdgeOfAPartTakesHalfOfIt() {
        assertThat(LAYOUT.with("c", "tree", Zone.BELOW))
                .isEqualTo(across(
                        part(200, stack("table")),
                        part(
                                600,
                                down(
                                        part(100, new Stack(List.of(List.of("a", "b")))),
                                        part(150, stack("tree")),
                                        part(150, stack("c"))))));
    }

    @Test
    void aPaneDroppedAtAnEdgeAcrossTheSplitSplitsThePartItself() {
        assertThat(LAYOUT.with("c", "tree", Zone.LEFT).toString())
                .isEqualTo(across(
                                part(200, stack("table")),
                                part(
                                        600,
                                        down(
                                                part(100, new Stack(List.of(List.of("a", "b")))),
                                                part(300, across(part(400, stack("c")), part(400, stack("tree")))))))
                        .toString());
    }

    @Test
    void aTabIsDraggedOutOfItsOwnStack() {
        assertThat(stack("a", "b").with("b", "b", Zone.RIGHT))
                .isEqualTo(across(part(400, stack("a")), part(400, stack("b"))));
        assertThat(LAYOUT.with("tree", "tree", Zone.LEFT))
                .as("alone in its place")
                .isEqualTo(LAYOUT);
    }

    @Test
    void noMoveLosesOrDoublesAPane() {
        Random random = new Random(5);
        PaneLayout layout = LAYOUT;
        List<String> panes = layout.panes().toList();
        for (int i = 0; i < 2000; i++) {
            String pane = panes.get(random.nextInt(panes.size()));
            String target = panes.get(random.nextInt(panes.size()));
            layout = layout.with(pane, target, Zone.values()[random.nextInt(5)]);
            assertThat(layout.panes()).containsExactlyInAnyOrderElementsOf(panes);
        }
    }

    @Test
    void panesThatAreNotKnownOrStandTwiceAreLeftOut() {
        PaneLayout twice = across(part(1, stack("tree", "tree")), part(1, stack("unheard", "table")));
        assertThat(twice.ofOnly(List.of("tree", "table")))
                .contains(across(part(1, stack("tree")), part(1, stack("table"))));
        assertThat(stack("unheard").ofOnly(List.of("tree"))).isEmpty();
    }

    @Test
    void sizesAreThoseOfTheSplitAtThePath() {
        PaneLayout resized = LAYOUT.withSizes(List.of(1), List.of(70.0, 80.0));
        assertThat(resized)
                .isEqualTo(across(
                        part(200, stack("table")),
                        part(
                                600,
                                down(
                                        part(70, new Stack(List.of(List.of("a", "b"), List.of("c")))),
                                        part(80, stack("tree"))))));
    }

    @Test
    void sizesThatAreNoneAreRefused() {
        for (double size : new double[] {0, -5, Double.NaN, Double.POSITIVE_INFINITY}) {
            assertThatThrownBy(() -> part(size, stack("a"))).isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> new Stack(new ArrayList<>())).isInstanceOf(IllegalArgumentException.class);
    }
}
