package loupe.ui.pane;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javafx.geometry.Bounds;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.control.Button;
import javafx.scene.control.ComboBox;
import javafx.scene.control.ContextMenu;
import javafx.scene.control.Label;
import javafx.scene.control.Menu;
import javafx.scene.control.MenuItem;
import javafx.scene.layout.HBox;
import javafx.stage.Window;
import loupe.ui.UiTest;
import loupe.ui.control.IconButtons;
import org.junit.jupiter.api.Test;
import org.kordamp.ikonli.feather.Feather;

/** What is in the title of a pane when there is little room for it. */
class PaneHeadUiTest extends UiTest {
    private final AtomicInteger searches = new AtomicInteger();
    private ComboBox<String> choice;
    private PaneFrame pane;
    private Button find;

    @Override
    protected Parent build() {
        pane = new PaneFrame("Definition tree", new Label("content"));
        pane.letterProperty().set("B");
        pane.subtitleProperty().set("1,132 nodes");
        find = IconButtons.of(Feather.SEARCH, "Find in the tree", searches::incrementAndGet);
        choice = new ComboBox<>();
        choice.getItems().setAll("Top", "Random");
        choice.setValue("Top");
        choice.setAccessibleText("Which examples are shown");
        pane.getActions().addAll(IconButtons.of(Feather.MAXIMIZE, "Show the whole tree", () -> {}), choice, find);
        pane.getMenuItems().add(new MenuItem("Hide this pane"));
        return new HBox(pane);
    }

    private void widen(double width) {
        onFx(() -> {
            pane.setMinWidth(width);
            pane.setMaxWidth(width);
            pane.getScene().getRoot().layout();
        });
    }

    private boolean isWithin(Node node) {
        Bounds at = node.localToScene(node.getLayoutBounds());
        Bounds frame = pane.localToScene(pane.getLayoutBounds());
        return at.getMinX() >= frame.getMinX() && at.getMaxX() <= frame.getMaxX();
    }

    private Label title() {
        return (Label) pane.lookup(".pane-title");
    }

    private boolean isFolded(Node control) {
        return !control.getParent().isVisible();
    }

    private List<MenuItem> menu() {
        clickOn(pane.lookup(".pane-more"));
        return onFx(() -> Window.getWindows().stream()
                .filter(ContextMenu.class::isInstance)
                .map(window -> List.copyOf(((ContextMenu) window).getItems()))
                .findFirst()
                .orElseThrow());
    }

    @Test
    void theMenuAndTheButtonThatMaximisesStayAtEveryWidth() {
        for (double width : new double[] {500, 400, 320, 243, 200, 150, 110}) {
            widen(width);
            for (String button : List.of(".pane-more", ".pane-maximise")) {
                assertThat(onFx(() -> pane.lookup(button).isVisible() && isWithin(pane.lookup(button))))
                        .as(button + " at " + width)
                        .isTrue();
            }
            for (Node control : pane.getActions()) {
                assertThat(onFx(() -> isFolded(control) || isWithin(control)))
                        .as(control + " at " + width)
                        .isTrue();
            }
        }
    }

    @Test
    void theTitleGivesWayBeforeControlsAndHasAllOfItInATooltip() {
        widen(330);
        assertThat(onFx(() -> title().getWidth() < title().prefWidth(-1))).isTrue();
        assertThat(pane.getActions()).noneMatch(this::isFolded);
        assertThat(onFx(() -> title().getTooltip().getText())).contains("Definition tree", "1,132 nodes");
        widen(600);
        assertThat(onFx(() -> title().getTooltip())).isNull();
    }

    @Test
    void whatHasNoRoomIsInTheMenuAndWorksThere() {
        widen(200);
        assertThat(onFx(() -> isFolded(find) && isFolded(choice))).isTrue();
        List<MenuItem> items = menu();
        assertThat(items)
                .extracting(MenuItem::getText)
                .containsSubsequence(
                        "Which examples are shown",
                        "Find in the tree",
                        "Hide this pane",
                        "Tear this pane off into its own window");
        onFx(() -> items.stream()
                .filter(item -> "Find in the tree".equals(item.getText()))
                .forEach(MenuItem::fire));
        assertThat(searches.get()).isEqualTo(1);
        onFx(() -> ((Menu) items.stream()
                        .filter(Menu.class::isInstance)
                        .findFirst()
                        .orElseThrow())
                .getItems()
                .get(1)
                .fire());
        assertThat(choice.getValue()).isEqualTo("Random");
    }

    @Test
    void withRoomTheMenuHasOnlyThePanesOwnItems() {
        widen(600);
        assertThat(menu()).extracting(MenuItem::getText).containsExactly("Hide this pane");
    }
}
