package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import loupe.state.window.Side;
import loupe.ui.pane.Pane;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PaneTabTest {
    @ParameterizedTest(name = "narrow {0}, comparing {1}")
    @CsvSource({"false, false", "true, false", "false, true", "true, true"})
    void everyPaneStandsInTheWindowOnce(boolean narrow, boolean comparing) {
        List<PaneTab.Key> expected = new ArrayList<>();
        for (PaneKind kind : PaneKind.ALL) {
            expected.add(new PaneTab.Key(kind, Side.A));
            if (comparing && !kind.ofBoth()) {
                expected.add(new PaneTab.Key(kind, Side.B));
            }
        }

        List<PaneTab.Key> standing = Stream.of(Place.values())
                .flatMap(place -> tabs(place, narrow, comparing).stream())
                .flatMap(tab -> tab.panes().stream())
                .toList();

        assertThat(standing).containsExactlyInAnyOrderElementsOf(expected);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            CHARTS | false | false | This feature, All features
            CHARTS | true  | false | Activations, Logit weights, All features
            CHARTS | false | true  | Activations, Logit weights, All features
            TEXTS  | false | false | Examples, Your text
            TEXTS  | true  | true  | Examples, Your text
            TREES  | false | true  | Definition tree
            LISTS  | false | false | Nearest, Active together
            LISTS  | true  | false | Token list, Neighbours, Active together
            LISTS  | false | true  | Token lists, Neighbours, Active together
            LISTS  | true  | true  | Tokens A, B, Near A, B, With A, B
            """)
    void tabsAreCalledAfterWhatTheyHold(Place place, boolean narrow, boolean comparing, String titles) {
        assertThat(tabs(place, narrow, comparing).stream().map(PaneTab::title).toList())
                .containsSubsequence(titles.split(", "));
    }

    @Test
    void tabsOfOneTitleAreToldApartByTheirPanes() {
        List<PaneTab> tabs = tabs(Place.LISTS, true, true);

        assertThat(tabs).filteredOn(tab -> tab.title().equals("B")).hasSize(3);
        assertThat(tabs.stream().map(PaneTab::explanation).toList())
                .doesNotHaveDuplicates()
                .contains("Token list of checkpoint B", "Neighbours of checkpoint A");
        assertThat(tabs.stream().map(PaneTab::id).toList())
                .doesNotHaveDuplicates()
                .contains("tab-tokens-B", "tab-neighbours-B", "tab-together-B");
    }

    @Test
    void kindsAreKnownByTheirClassAndNoneTwice() {
        assertThat(PaneKind.ALL.stream().map(PaneKind::id).toList()).doesNotHaveDuplicates();
        for (PaneKind kind : PaneKind.ALL) {
            assertThat(PaneKind.of(kind.type())).isSameAs(kind);
        }
        assertThatThrownBy(() -> PaneKind.of(Pane.class))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the window has no Pane");
    }

    private static List<PaneTab> tabs(Place place, boolean narrow, boolean comparing) {
        return PaneTab.of(
                place,
                PaneKind.ALL.stream().filter(kind -> kind.place() == place).toList(),
                narrow,
                comparing);
    }
}
