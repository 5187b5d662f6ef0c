package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import javafx.scene.Parent;
import javafx.scene.control.Tab;
import javafx.scene.control.TabPane;
import javafx.scene.layout.StackPane;
import loupe.ui.UiTest;
import loupe.ui.corpus.CoActivationPane;
import loupe.ui.nearest.NeighboursPane;
import org.junit.jupiter.api.Test;

class TabPlacesUiTest extends UiTest {
    private static final PaneKind NEIGHBOURS = PaneKind.of(NeighboursPane.class);
    private static final PaneKind TOGETHER = PaneKind.of(CoActivationPane.class);

    private final TabPlaces places = new TabPlaces();
    private final StackPane root = new StackPane();

    @Override
    protected Parent build() {
        return root;
    }

    @Test
    void thePaneThatWasChosenStaysInFrontWhateverItsTabIsCalled() {
        arrange(true, true);
        choose("tab-neighbours-B");
        arrange(false, true);
        assertThat(inFront()).isEqualTo("tab-neighbours-A").as("the tab with both");
        arrange(true, true);
        assertThat(inFront()).isEqualTo("tab-neighbours-B");
        arrange(true, false);
        assertThat(inFront()).as("B is closed").isEqualTo("tab-neighbours-A");
        arrange(false, false);
        assertThat(inFront()).as("beside the token list").isEqualTo("tab-tokens-A");
        arrange(true, true);
        assertThat(inFront()).isEqualTo("tab-neighbours-B");
    }

    @Test
    void aKindOfPaneIsBroughtToTheFrontAndLeftAgain() {
        arrange(true, true);
        onFx(() -> places.show(TOGETHER));
        assertThat(inFront()).isEqualTo("tab-together-A");
        assertThat(onFx(() -> places.isInFront(TOGETHER))).isTrue();
        assertThat(onFx(() -> places.isInFront(NEIGHBOURS))).isFalse();
        onFx(() -> places.showFirst(Place.LISTS));
        assertThat(inFront()).isEqualTo("tab-tokens-A");
    }

    private void arrange(boolean narrow, boolean comparing) {
        List<PaneTab> tabs = PaneTab.of(
                Place.LISTS,
                PaneKind.ALL.stream()
                        .filter(kind -> kind.place() == Place.LISTS)
                        .toList(),
                narrow,
                comparing);
        onFx(() -> {
            List<Tab> nodes = tabs.stream()
                    .map(tab -> {
                        Tab node = new Tab(tab.title());
                        node.setId(tab.id());
                        return node;
                    })
                    .toList();
            root.getChildren().setAll(places.make(Place.LISTS, tabs, nodes));
        });
    }

    private TabPane pane() {
        return (TabPane) root.getChildren().get(0);
    }

    private String inFront() {
        return onFx(() -> pane().getSelectionModel().getSelectedItem().getId());
    }

    private void choose(String id) {
        onFx(() -> pane().getTabs().stream()
                .filter(tab -> tab.getId().equals(id))
                .findFirst()
                .ifPresent(pane().getSelectionModel()::select));
    }
}
