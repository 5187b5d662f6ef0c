package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javafx.geometry.Point2D;
import javafx.scene.Node;
import javafx.scene.control.Menu;
import javafx.scene.control.MenuButton;
import javafx.scene.control.MenuItem;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.control.TextField;
import javafx.scene.input.KeyCode;
import javafx.stage.Screen;
import javafx.stage.Stage;
import javafx.stage.Window;
import loupe.state.window.PaneLayout;
import loupe.state.window.PaneLayout.Zone;
import loupe.ui.UiTest;
import loupe.ui.WindowUiTest;
import loupe.ui.corpus.CorpusPane;
import loupe.ui.corpus.ExamplesPane;
import loupe.ui.features.FeatureTablePane;
import loupe.ui.nearest.TokenListPane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.tree.TreePane;
import org.junit.jupiter.api.Test;

/** Views, and their panes moved, hidden, maximised and torn off, in the whole window. */
class ViewsUiTest extends WindowUiTest {
    private static final PaneKind TREE = PaneKind.of(TreePane.class);

    private PaneFrame frame(PaneKind kind) {
        return view.area().a().of(kind).node();
    }

    private boolean isShown(PaneKind kind) {
        return UiTest.onFx(() -> view.area().inFront().contains(frame(kind)));
    }

    private void run(String command) {
        UiTest.onFx(() -> view.run(command));
        UiTest.waitUntil(view::isArranged);
    }

    private PaneLayout layout() {
        return UiTest.onFx(() -> view.area().layouts().layout().get());
    }

    @Test
    void viewsShareTheSelectionAndWhatIsNotShownComputesNothing() {
        open();
        UiTest.waitUntil(
                () -> models.a().examples().examples().completeProperty().get());
        push(KeyCode.CONTROL, KeyCode.DIGIT2);
        UiTest.waitUntil(view::isArranged);
        assertThat(isShown(TREE)).isTrue();
        assertThat(isShown(PaneKind.of(ExamplesPane.class))).isFalse();
        Object examples = models.a().examples().examples().getValue();
        UiTest.onFx(() -> models.table().jumpTo(3));
        UiTest.waitUntil(() -> models.a().tree().tree().getValue() != null
                && models.a().tree().tree().completeProperty().get()
                && models.a()
                        .tree()
                        .tree()
                        .getValue()
                        .query()
                        .ghost()
                        .source()
                        .toString()
                        .contains("index=3"));
        assertThat(label("#feature-title")).isEqualTo("Feature 3");
        assertThat(UiTest.onFx(() -> models.a().logits().weights().getValue()))
                .as("not asked while its pane is in no view that is shown")
                .isNull();
        assertThat(UiTest.onFx(() -> models.a().logits().weights().isPending())).isFalse();
        clickOn("#view-features");
        UiTest.waitUntil(() -> models.a().logits().weights().getValue() != null
                && models.a().examples().examples().getValue() != examples);
    }

    @Test
    void everyViewAndOnlyPanesThatAreListedStandOnTheRail() {
        Set<String> known = PaneKind.ALL.stream().map(PaneKind::id).collect(Collectors.toSet());
        for (ViewKind kind : ViewKind.ALL) {
            assertThat(lookup("#view-" + kind.id()).tryQuery()).isPresent();
            assertThat(kind.layout().panes()).doesNotHaveDuplicates().isSubsetOf(known);
        }
        assertThat(ViewKind.ALL.stream().flatMap(kind -> kind.layout().panes()))
                .as("each pane has a view")
                .containsAll(known);
    }

    @Test
    void aPaneIsDraggedByItsTitleToStandBesideAnother() {
        open();
        Node title = frame(TREE).titleBar();
        PaneFrame table = frame(PaneKind.of(FeatureTablePane.class));
        Point2D low = UiTest.onFx(() -> table.localToScreen(table.getWidth() / 2, table.getHeight() - 20));
        Point2D grip = UiTest.onFx(() -> title.localToScreen(20, 12));
        drag(grip).moveTo(low.add(0, -30)).moveTo(low);
        assertThat(lookup("#drop-zone").query().isVisible())
                .as("it is shown where it would go")
                .isTrue();
        drop();
        UiTest.waitUntil(view::isArranged);
        assertThat(layout())
                .isEqualTo(UiTest.onFx(() -> ViewKind.ALL.get(0).layout().with("tree", "features", Zone.BELOW)));
        assertThat(lookup("#drop-zone").query().isVisible()).isFalse();
        run("reset-layout");
        assertThat(layout()).isEqualTo(ViewKind.ALL.get(0).layout());
    }

    @Test
    void aPaneIsHiddenAndBroughtBackByTheMenuAndByItsKey() {
        open();
        run("hide-examples");
        assertThat(lookup("#examples-A").tryQuery()).isEmpty();
        MenuItem back = UiTest.onFx(() -> {
            MenuButton menu = lookup("#panes-menu").query();
            menu.show();
            MenuItem found = menu.getItems().stream()
                    .filter(item -> "pane-examples".equals(item.getId()))
                    .findFirst()
                    .orElseThrow();
            menu.hide();
            return found;
        });
        UiTest.onFx(back::fire);
        UiTest.waitUntil(() -> view.isArranged() && isShown(PaneKind.of(ExamplesPane.class)));
        run("hide-together");
        run("view-trees");
        push(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.A);
        UiTest.waitUntil(view::isArranged);
        assertThat(UiTest.onFx(() -> view.area().layouts().view().get()))
                .as("the view that still has it")
                .isEqualTo("corpus");
    }

    @Test
    void theCorpusIsAPaneOfItsViewAndNoPageOverTheWindow() {
        open();
        assertThat(lookup("#corpus-text").tryQuery())
                .as("made when first shown")
                .isEmpty();
        clickOn("#corpus-chip");
        UiTest.waitUntil(() -> view.isArranged() && isShown(PaneKind.of(CorpusPane.class)));
        assertThat(UiTest.onFx(() -> view.area().layouts().view().get())).isEqualTo("corpus");
        assertThat(UiTest.onFx(() -> lookup(".veil").query().isVisible())).isFalse();
        UiTest.waitUntil(() -> label("#corpus-text").endsWith("words.txt"));
        UiTest.onFx(() -> lookup("#corpus-tokens").<TextField>query().setText("100"));
        run("view-features");
        run("view-corpus");
        assertThat(UiTest.onFx(() -> lookup("#corpus-tokens").<TextField>query().getText()))
                .as("what was typed and not counted yet")
                .isEqualTo("100");
    }

    @Test
    void whatOpensAnotherPaneBringsAMaximisedOneBackFirst() {
        open();
        UiTest.onFx(() -> view.maximise(ExamplesPane.class, true));
        UiTest.onFx(() -> view.run("text"));
        assertThat(UiTest.onFx(() -> frame(PaneKind.of(ExamplesPane.class)).isMaximised()))
                .isFalse();
        UiTest.waitUntil(() -> isShown(PaneKind.of(loupe.ui.corpus.TextPane.class)));
    }

    @Test
    void escapeBringsAMaximisedPaneBackWhereverTheKeyboardIs() {
        open();
        UiTest.onFx(() -> {
            view.maximise(TreePane.class, true);
            lookup("#open-model").query().requestFocus();
        });
        type(KeyCode.ESCAPE);
        assertThat(UiTest.onFx(() -> frame(TREE).isMaximised())).isFalse();
    }

    @Test
    void digitsGoWhereTheyAreSeen() {
        open();
        UiTest.onFx(() -> {
            view.maximise(TreePane.class, true);
            lookup("#open-model").query().requestFocus();
        });
        type(KeyCode.DIGIT7);
        assertThat(lookup("#feature-filter").<TextField>query().getText()).isEmpty();
        assertThat(lookup(".palette-query").<TextField>query().getText()).isEqualTo("7");
        type(KeyCode.ENTER);
        UiTest.waitUntil(() -> label("#feature-title").equals("Feature 7"));
    }

    @Test
    void thePanesAreVisitedByF6InBothDirections() {
        open();
        UiTest.onFx(() -> view.area().table().focus());
        Set<PaneFrame> visited = new java.util.HashSet<>();
        int panes = UiTest.onFx(() -> view.area().inFront().size());
        for (int i = 0; i < panes; i++) {
            type(KeyCode.F6);
            Node owner = UiTest.onFx(() -> view.scene().getFocusOwner());
            UiTest.onFx(() -> view.area().inFront().stream()
                    .filter(pane -> pane.holds(owner))
                    .forEach(visited::add));
        }
        assertThat(visited).hasSize(panes);
        press(KeyCode.SHIFT).type(KeyCode.F6).release(KeyCode.SHIFT);
        assertThat(UiTest.onFx(() -> frame(PaneKind.of(FeatureTablePane.class)).isActive()))
                .isFalse();
    }

    @Test
    void aPageIsClosedByItsButtonAndByEscapeThoughTheKeyboardIsElsewhere() {
        open();
        UiTest.onFx(() -> view.run("audit-a"));
        UiTest.waitUntil(() -> lookup("#page-close").tryQuery().isPresent());
        Node owner = UiTest.onFx(() -> view.scene().getFocusOwner());
        assertThat(UiTest.onFx(() -> owner.getScene() == view.scene() && isWithinCard(owner)))
                .isTrue();
        UiTest.onFx(() -> lookup("#open-model").query().requestFocus());
        assertThat(UiTest.onFx(() -> isWithinCard(view.scene().getFocusOwner())))
                .as("it stays on the page")
                .isTrue();
        type(KeyCode.ESCAPE);
        assertThat(lookup("#page-close").tryQuery()).isEmpty();
        UiTest.onFx(() -> view.run("shortcuts"));
        clickOn("#page-close");
        assertThat(lookup("#page-close").tryQuery()).isEmpty();
    }

    private static boolean isWithinCard(Node node) {
        for (Node at = node; at != null; at = at.getParent()) {
            if (at.getStyleClass().contains("card")) {
                return true;
            }
        }
        return false;
    }

    @Test
    void aTornOffPaneHasTheKeysATitleAndAPlaceOnTheScreen() {
        open();
        Set<Window> before = Set.copyOf(Window.getWindows());
        UiTest.onFx(() -> frame(TREE).toggleTornOff());
        Stage own = (Stage) UiTest.onFx(() -> Window.getWindows().stream()
                .filter(window -> !before.contains(window) && window instanceof Stage)
                .findFirst()
                .orElseThrow());
        assertThat(own.getTitle()).startsWith("Definition tree - Feature 0 - first - tiny");
        var screen = Screen.getPrimary().getVisualBounds();
        assertThat(own.getX() + own.getWidth()).isLessThanOrEqualTo(screen.getMaxX());
        assertThat(own.getY() + own.getHeight()).isLessThanOrEqualTo(screen.getMaxY());
        run("view-corpus");
        UiTest.onFx(() -> models.table().jumpTo(4));
        UiTest.waitUntil(() -> models.a().tree().tree().completeProperty().get()
                && models.a()
                        .tree()
                        .tree()
                        .getValue()
                        .query()
                        .ghost()
                        .source()
                        .toString()
                        .contains("index=4"));
        assertThat(UiTest.onFx(own::getTitle)).contains("Feature 4");
        UiTest.onFx(() -> javafx.event.Event.fireEvent(
                own.getScene().getRoot(),
                new javafx.scene.input.KeyEvent(
                        javafx.scene.input.KeyEvent.KEY_PRESSED, "", "", KeyCode.DIGIT1, false, true, false, false)));
        assertThat(UiTest.onFx(() -> view.area().layouts().view().get())).isEqualTo("features");
        UiTest.onFx(own::close);
        UiTest.waitUntil(view::isArranged);
        assertThat(UiTest.onFx(() -> frame(TREE).isTornOff())).isFalse();
    }

    @Test
    void aLayoutIsKeptUnderANameAndUsedAgain() {
        open();
        run("hide-scatter");
        UiTest.onFx(() -> view.run("keep-layout"));
        clickOn("#layout-name").write("mine").clickOn("#page-close");
        UiTest.onFx(() -> view.run("keep-layout"));
        clickOn("#layout-name").write("mine").type(KeyCode.ENTER);
        run("reset-layout");
        assertThat(layout().holds("scatter")).isTrue();
        UiTest.onFx(() -> view.area().layouts().choose("mine"));
        assertThat(layout().holds("scatter")).isFalse();
    }

    @Test
    void theMenuHasWhatThePaletteHas() {
        List<MenuItem> items = UiTest.onFx(() -> {
            MenuButton menu = lookup("#menu").query();
            return menu.getItems().stream()
                    .flatMap(group -> ((Menu) group).getItems().stream())
                    .filter(item -> !(item instanceof SeparatorMenuItem))
                    .toList();
        });
        assertThat(items.stream().map(MenuItem::getId))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(UiTest.onFx(() -> view.commands().all().toArray(Command[]::new)))
                                .map(command -> "menu-" + command.name())
                                .toList());
    }

    @Test
    void theTitleOfTheWindowSaysFeatureCheckpointAndModel() {
        assertThat(view.titleProperty().get()).isEqualTo("SAE Loupe");
        open();
        assertThat(UiTest.onFx(() -> view.titleProperty().get())).isEqualTo("Feature 0 - first - tiny - SAE Loupe");
    }

    @Test
    void panesOfTwoCheckpointsCarryTheirLetters() {
        open();
        compare();
        PaneFrame b = UiTest.onFx(() -> view.area().b().of(TokenListPane.class).node());
        assertThat(b.letterProperty().get()).isEqualTo("B");
        assertThat(frame(PaneKind.of(TokenListPane.class)).letterProperty().get())
                .isEqualTo("A");
        UiTest.onFx(() -> workbench.closeCheckpoint(workbench.b()));
        UiTest.waitUntil(view::isArranged);
        assertThat(frame(TREE).letterProperty().get()).isEmpty();
    }

    @Test
    void atTheSmallestSizesNoPaneHasLessRoomThanItNeeds() {
        open();
        for (int[] size : new int[][] {{1024, 700}, {800, 560}}) {
            UiTest.onFx(() -> {
                view.scene().getWindow().setWidth(size[0]);
                view.scene().getWindow().setHeight(size[1]);
            });
            UiTest.waitUntil(() -> view.scene().getWidth() == size[0] && view.isArranged());
            for (ViewKind kind : ViewKind.ALL) {
                run("view-" + kind.id());
                for (PaneKind pane : PaneKind.ALL) {
                    if (isShown(pane)) {
                        assertThat(UiTest.onFx(() -> frame(pane).getWidth()))
                                .as(pane + " at " + size[0])
                                .isGreaterThanOrEqualTo(pane.needs().width() - 1);
                        assertThat(UiTest.onFx(() -> frame(pane).getHeight()))
                                .as(pane + " at " + size[1])
                                .isGreaterThanOrEqualTo(pane.needs().height() - 12);
                    }
                }
            }
        }
    }

    @Test
    void whatHasTheKeyboardShowsIt() {
        open();
        UiTest.onFx(() -> view.scene().getWindow().requestFocus());
        for (String id : List.of(
                "ghost-encoder",
                "ghost-decoder",
                "ghost-mix",
                "ghost-centroid",
                "feature-columns",
                "neighbours-features-A",
                "neighbours-tokens-A",
                "view-trees",
                "open-checkpoint",
                "menu")) {
            Node node = lookup("#" + id).query();
            var without = UiTest.onFx(() -> node.snapshot(null, null));
            var with = UiTest.onFx(() -> {
                node.pseudoClassStateChanged(javafx.css.PseudoClass.getPseudoClass("focus-visible"), true);
                node.pseudoClassStateChanged(javafx.css.PseudoClass.getPseudoClass("focused"), true);
                var picture = node.snapshot(null, null);
                node.pseudoClassStateChanged(javafx.css.PseudoClass.getPseudoClass("focus-visible"), false);
                node.pseudoClassStateChanged(javafx.css.PseudoClass.getPseudoClass("focused"), false);
                return picture;
            });
            int changed = 0;
            for (int x = 0; x < Math.min(with.getWidth(), without.getWidth()); x++) {
                for (int y = 0; y < Math.min(with.getHeight(), without.getHeight()); y++) {
                    changed += with.getPixelReader().getArgb(x, y)
                                    == without.getPixelReader().getArgb(x, y)
                            ? 0
                            : 1;
                }
            }
            assertThat(changed).as(id).isGreaterThan(60);
        }
    }
}
