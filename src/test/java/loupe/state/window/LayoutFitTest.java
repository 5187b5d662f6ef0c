package loupe.state.window;

import static loupe.state.window.PaneLayout.across;
import static loupe.state.window.PaneLayout.down;
import static loupe.state.window.PaneLayout.part;
import static loupe.state.window.PaneLayout.stack;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import loupe.state.window.LayoutFit.Fitted;
import loupe.state.window.LayoutFit.Needs;
import loupe.state.window.LayoutFit.Parts;
import loupe.state.window.LayoutFit.Tabs;
import loupe.state.window.PaneLayout.Stack;
import org.junit.jupiter.api.Test;

/** How a layout stands in windows of different sizes. */
class LayoutFitTest {
    private static final Map<String, Needs> NEEDS = Map.of(
            "table", new Needs(200, 100, 1, 1),
            "charts", new Needs(200, 100, 1, 1),
            "tree", new Needs(200, 100, 1, 1),
            "ghost", new Needs(300, 100, 0, 0),
            "tokens", new Needs(150, 100, 1, 1),
            "near", new Needs(150, 100, 1, 1));

    private static final PaneLayout LAYOUT = across(
            part(250, stack("table")),
            part(500, down(part(200, stack("charts")), part(300, stack("tree")))),
            part(400, down(part(300, stack("ghost")), part(200, new Stack(List.of(List.of("tokens", "near")))))));

    private static Fitted fit(PaneLayout layout, double width, double height) {
        return fit(layout, width, height, List::of, Optional.empty());
    }

    private static Fitted fit(
            PaneLayout layout,
            double width,
            double height,
            Function<String, List<String>> panes,
            Optional<String> front) {
        return new LayoutFit(panes, key -> NEEDS.get(key.replaceAll("-.*", "")), keys -> front.filter(keys::contains))
                .fit(layout, width, height);
    }

    @Test
    void withRoomEverythingStandsAsTheLayoutHasIt() {
        Parts parts = (Parts) fit(LAYOUT, 1200, 700);
        assertThat(parts.content()).hasSize(3);
        assertThat(parts.wished()).containsExactly(250.0, 500.0, 400.0);
        assertThat(parts.path()).contains(List.of());
        assertThat(((Parts) parts.content().get(1)).path()).contains(List.of(1));
        assertThat(parts.panes()).containsExactly("table", "charts", "tree", "ghost", "tokens", "near");
    }

    @Test
    void spareRoomGoesToWhatGrowsAndNotToTheSliders() {
        Parts parts = (Parts) fit(LAYOUT, 1900, 700);
        List<Double> sizes = LayoutFit.sizes(parts.wished(), parts.least(), parts.growth(), 1900 - 16);
        assertThat(sizes.get(2)).as("the column with the ghost").isEqualTo(400);
        assertThat(sizes.get(0)).isGreaterThan(450);
        assertThat(sizes.stream().mapToDouble(size -> size).sum()).isCloseTo(1884, within(1e-9));
    }

    @Test
    void aNarrowWindowFoldsColumnsIntoTabsAndLosesNoPane() {
        for (double width = 120; width < 1400; width += 20) {
            for (double height = 100; height < 900; height += 50) {
                Fitted fitted = fit(LAYOUT, width, height);
                assertThat(fitted.panes())
                        .containsExactlyInAnyOrder("table", "charts", "tree", "ghost", "tokens", "near");
                assertNothingIsCut(fitted, width, height);
            }
        }
    }

    private static void assertNothingIsCut(Fitted fitted, double width, double height) {
        if (fitted instanceof Tabs tabs) {
            boolean single = tabs.tabs().size() == 1 && tabs.tabs().get(0).size() == 1;
            tabs.tabs().forEach(tab -> {
                double needed = tab.stream()
                                .mapToDouble(pane -> NEEDS.get(pane).width())
                                .sum()
                        + 8 * (tab.size() - 1);
                assertThat(tab.size() == 1 || needed <= width + 1e-6)
                        .as(tab + " in " + width)
                        .isTrue();
            });
            assertThat(single || tabs.tabs().size() >= 1).isTrue();
            return;
        }
        Parts parts = (Parts) fitted;
        boolean across = parts.direction() == PaneLayout.Direction.ACROSS;
        double room = (across ? width : height) - 8 * (parts.content().size() - 1);
        List<Double> sizes = LayoutFit.sizes(parts.wished(), parts.least(), parts.growth(), room);
        for (int i = 0; i < sizes.size(); i++) {
            assertThat(sizes.get(i)).isGreaterThanOrEqualTo(parts.least().get(i) - 1e-6);
            assertNothingIsCut(parts.content().get(i), across ? sizes.get(i) : width, across ? height : sizes.get(i));
        }
    }

    @Test
    void panesBesideEachOtherInATabGetTabsOfTheirOwnWhereThereIsNoRoom() {
        Stack pair = new Stack(List.of(List.of("tokens", "near")));
        assertThat(((Tabs) fit(pair, 308, 200)).tabs()).containsExactly(List.of("tokens", "near"));
        assertThat(((Tabs) fit(pair, 307, 200)).tabs()).containsExactly(List.of("tokens"), List.of("near"));
    }

    @Test
    void ofTwoCheckpointsThePanesOfOneKindStandBesideEachOther() {
        Stack pair = new Stack(List.of(List.of("tokens", "near")));
        Function<String, List<String>> both = pane -> List.of(pane + "-A", pane + "-B");
        assertThat(((Tabs) fit(pair, 400, 200, both, Optional.empty())).tabs())
                .containsExactly(List.of("tokens-A", "tokens-B"), List.of("near-A", "near-B"));
        assertThat(((Tabs) fit(pair, 200, 200, both, Optional.of("near-A"))))
                .isEqualTo(new Tabs(
                        List.of(List.of("tokens-A"), List.of("tokens-B"), List.of("near-A"), List.of("near-B")), 2));
    }

    @Test
    void sizesComeBackAfterASmallAndALargeWindow() {
        List<Double> left = List.of(210.0, 400.0, 300.0);
        List<Double> least = List.of(200.0, 200.0, 300.0);
        List<Double> growth = List.of(1.0, 1.0, 0.0);
        assertThat(LayoutFit.sizes(left, least, growth, 910)).isEqualTo(left);
        List<Double> small = LayoutFit.sizes(left, least, growth, 705);
        assertThat(small.stream().mapToDouble(size -> size).sum()).isCloseTo(705, within(1e-9));
        for (int i = 0; i < 3; i++) {
            assertThat(small.get(i)).isGreaterThanOrEqualTo(least.get(i));
        }
        assertThat(LayoutFit.sizes(left, least, growth, 1820).get(0)).isGreaterThan(400);
    }

    @Test
    void whereThereIsNoRoomAtAllEverythingShrinksInProportionAndFillsIt() {
        assertThat(LayoutFit.sizes(List.of(100.0, 100.0), List.of(300.0, 100.0), List.of(0.0, 0.0), 200))
                .containsExactly(150.0, 50.0);
        assertThat(LayoutFit.sizes(List.of(100.0, 300.0), List.of(0.0, 0.0), List.of(0.0, 0.0), 800))
                .containsExactly(200.0, 600.0);
    }
}
