package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import javafx.geometry.Bounds;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import javafx.scene.control.Tab;
import javafx.scene.control.TabPane;
import javafx.scene.layout.StackPane;
import javafx.scene.text.Text;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;

/** The titles of tabs where there is little room for them. */
class TabTitlesUiTest extends UiTest {
    private static final List<String> TITLES = List.of(
            "A Token list", "B Token list", "A Neighbours", "B Neighbours", "A Active together", "B Active together");

    private TabPane tabs;

    @Override
    protected Parent build() {
        tabs = new TabPane();
        TITLES.forEach(title -> tabs.getTabs().add(new Tab(title, new Label(title))));
        tabs.setTabClosingPolicy(TabPane.TabClosingPolicy.UNAVAILABLE);
        tabs.getStyleClass().addAll("pane-tabs", "dense");
        TabTitles.fit(tabs);
        return new StackPane(tabs);
    }

    private void widen(double width) {
        onFx(() -> {
            tabs.setMaxWidth(width);
            tabs.getScene().getRoot().layout();
        });
        onFx(tabs::layout);
        onFx(tabs::layout);
    }

    private List<Label> labels() {
        return tabs.lookupAll(".tab-label").stream().map(Label.class::cast).toList();
    }

    private static String drawn(Label label) {
        return label.getChildrenUnmodifiable().stream()
                .filter(Text.class::isInstance)
                .map(text -> ((Text) text).getText())
                .findFirst()
                .orElse("");
    }

    private boolean hasMenu() {
        Node menu = tabs.lookup(".control-buttons-tab");
        return menu != null && menu.isVisible() && menu.getLayoutBounds().getWidth() > 0;
    }

    /** How much of a title is seen: all of its place, nothing, or, which must not be, a part. */
    private double shareSeen(Label label) {
        Node headers = tabs.lookup(".headers-region");
        Bounds seen = headers.localToScene(headers.getClip().getBoundsInParent());
        Bounds at = label.localToScene(label.getLayoutBounds());
        double width = Math.min(seen.getMaxX(), at.getMaxX()) - Math.max(seen.getMinX(), at.getMinX());
        return Math.max(0, width) / at.getWidth();
    }

    @Test
    void titlesAreWholeWhereTheyFit() {
        widen(780);
        assertThat(onFx(() -> labels().stream().map(TabTitlesUiTest::drawn).toList()))
                .isEqualTo(TITLES);
        assertThat(onFx(this::hasMenu)).isFalse();
    }

    @Test
    void allHaveTheirBriefTitlesWhereThoseInFullDoNotFit() {
        List<String> brief = List.of("A Tokens", "B Tokens", "A Neigh.", "B Neigh.", "A Together", "B Together");
        onFx(() -> {
            for (int i = 0; i < brief.size(); i++) {
                TabTitles.abbreviate(tabs.getTabs().get(i), brief.get(i));
            }
        });
        widen(650);
        assertThat(onFx(() -> labels().stream().map(TabTitlesUiTest::drawn).toList()))
                .isEqualTo(brief);
        widen(780);
        assertThat(onFx(() -> labels().stream().map(TabTitlesUiTest::drawn).toList()))
                .isEqualTo(TITLES);
    }

    @Test
    void noBriefTitleBeginsLikeAnother() {
        assertThat(PaneKind.ALL.stream()
                        .map(kind -> kind.brief()
                                .substring(0, Math.min(3, kind.brief().length())))
                        .toList())
                .doesNotHaveDuplicates();
    }

    @Test
    void longTitlesAreShortenedBeforeATabIsLost() {
        widen(560);
        assertThat(onFx(this::hasMenu)).isFalse();
        for (Label label : labels()) {
            assertThat(onFx(() -> shareSeen(label))).as(label.getText()).isGreaterThan(0.99);
        }
        assertThat(onFx(() -> labels().stream().map(TabTitlesUiTest::drawn).toList()))
                .anyMatch(text -> text.startsWith("A Act") && text.endsWith("..."));
    }

    @Test
    void withoutRoomForAllNoTitleIsSeenInPartAndTheMenuHasTheRest() {
        widen(320);
        assertThat(onFx(this::hasMenu)).isTrue();
        for (int chosen : new int[] {0, 3, 5}) {
            onFx(() -> tabs.getSelectionModel().select(chosen));
            onFx(tabs::layout);
            assertThat(onFx(() -> shareSeen(labels().get(chosen)))).isGreaterThan(0.95);
            for (Label label : labels()) {
                assertThat(onFx(() -> shareSeen(label)))
                        .as(label.getText())
                        .satisfiesAnyOf(
                                share -> assertThat(share).isLessThan(0.05),
                                share -> assertThat(share).isGreaterThan(0.95));
            }
        }
        widen(780);
        assertThat(onFx(this::hasMenu)).isFalse();
    }

    @Test
    void theLongestAreCutFirst() {
        assertThat(TabTitles.longest(List.of(20.0, 90.0, 60.0), 170)).isEqualTo(90);
        assertThat(TabTitles.longest(List.of(20.0, 90.0, 60.0), 160)).isEqualTo(80);
        assertThat(TabTitles.longest(List.of(20.0, 90.0, 60.0), 120)).isEqualTo(50);
    }
}
