package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import javafx.scene.Node;
import javafx.scene.control.Label;
import javafx.scene.control.Tab;
import javafx.scene.control.TabPane;
import javafx.scene.control.TableView;
import javafx.scene.input.KeyCode;
import loupe.ui.UiTest;
import loupe.ui.WindowUiTest;
import org.junit.jupiter.api.Test;

/** Where the panes stand in the whole window, and what they are called there. */
class ArrangementUiTest extends WindowUiTest {
    @Test
    void theFeatureTableIsNeverNarrowerThanItsFirstColumns() {
        TableView<?> table = lookup("#feature-table").query();
        double columns = table.getVisibleLeafColumns().stream()
                .mapToDouble(column -> column.getMinWidth())
                .sum();
        assertThat(view.area().table().node().minWidth(-1)).isGreaterThan(columns);
    }

    @Test
    void aPaneIsMaximisedByADoubleClickOnItsTitleAndBackByEscape() {
        open();
        Node title = lookup(".pane-title")
                .match(node -> ((Label) node).getText().equals("Definition tree"))
                .<Node>query();
        doubleClickOn(title);
        UiTest.waitUntil(() -> tree().getWidth() > 1100);
        type(KeyCode.ESCAPE);
        UiTest.waitUntil(() -> tree().getWidth() < 900);
    }

    @Test
    void aNarrowWindowFoldsTheListsIntoTabs() {
        open();
        UiTest.onFx(() -> {
            view.scene().getWindow().setWidth(1024);
            view.scene().getWindow().setHeight(700);
        });
        UiTest.waitUntil(() -> lookup("#tabs-tokens").<TabPane>tryQuery().stream()
                .flatMap(tabs -> tabs.getTabs().stream())
                .map(Tab::getId)
                .toList()
                .equals(List.of("tab-tokens-A", "tab-neighbours-A", "tab-together-A", "tab-lists-A")));
        UiTest.waitUntil(view::isArranged);
        Node controls = lookup("#ghost-scale").query();
        assertThat(controls.localToScene(controls.getBoundsInLocal()).getMaxX()).isLessThanOrEqualTo(1024);
    }

    @Test
    void aPaneIsCalledAsItsKindIsListed() {
        for (PaneKind kind : PaneKind.ALL) {
            String title = UiTest.onFx(
                    () -> view.area().a().of(kind).node().titleProperty().get());
            assertThat(kind.title()).as(kind.id()).startsWith(title); // a frame without room shows the first word
        }
    }

    @Test
    void everyPaneIsMaximisedByItsKindAndBroughtBack() {
        for (PaneKind kind : PaneKind.ALL) {
            UiTest.onFx(() -> view.area().show(kind, false));
            UiTest.waitUntil(view::isArranged);
            UiTest.onFx(() -> view.maximise(kind.type(), true));
            assertThat(UiTest.onFx(() -> view.area().a().of(kind).node().isMaximised()))
                    .as(kind.id())
                    .isTrue();
            UiTest.onFx(() -> view.maximise(kind.type(), false));
        }
    }

    @Test
    void theTabInFrontOutlivesANewArrangement() {
        open();
        UiTest.onFx(() -> {
            view.run("together");
            view.scene().getWindow().setWidth(1024);
        });
        UiTest.waitUntil(() -> lookup("#tabs-tokens")
                .<TabPane>tryQuery()
                .filter(tabs -> tabs.getTabs().size() == 4)
                .isPresent());
        assertThat(UiTest.onFx(() -> lookup("#tabs-tokens")
                        .<TabPane>query()
                        .getSelectionModel()
                        .getSelectedItem()
                        .getId()))
                .isEqualTo("tab-together-A");
    }

    private <T> TableView<T> tokens() {
        return lookup("#token-list-A").query();
    }

    @Test
    void neighboursThatARowsMenuAsksForComeToTheFront() {
        open();
        UiTest.onFx(() -> view.scene().getWindow().setWidth(1024));
        UiTest.waitUntil(() -> lookup("#tabs-tokens")
                .<TabPane>tryQuery()
                .filter(tabs -> tabs.getTabs().size() == 4)
                .isPresent());
        UiTest.waitUntil(view::isArranged);
        UiTest.onFx(() -> this.<Object>tokens().getSelectionModel().select(1));
        fireMenuItem(tokens(), "Neighbours of this token");
        UiTest.waitUntil(() -> lookup("#tabs-tokens")
                .<TabPane>query()
                .getSelectionModel()
                .getSelectedItem()
                .getId()
                .equals("tab-neighbours-A"));
        assertThat(UiTest.onFx(() -> models.a().neighbours().query().get())).startsWith("token ");
    }
}
