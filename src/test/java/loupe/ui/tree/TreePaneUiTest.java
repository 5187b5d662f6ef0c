package loupe.ui.tree;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import javafx.geometry.Point2D;
import javafx.scene.Node;
import javafx.scene.control.ContextMenu;
import javafx.scene.control.Menu;
import javafx.scene.control.MenuItem;
import javafx.scene.input.ContextMenuEvent;
import javafx.scene.input.KeyCode;
import javafx.scene.layout.Region;
import javafx.stage.Window;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.TokenGeometry;
import loupe.analysis.ghost.TreeBaseline;
import loupe.state.AnsweringDevice;
import loupe.state.FakeService;
import loupe.state.SideModels;
import loupe.state.WorkbenchModels;
import loupe.state.ghost.SteeringValues;
import loupe.ui.PaneUiTest;
import loupe.ui.control.NumberTexts;
import loupe.ui.pane.PaneFrame;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TreePaneUiTest extends PaneUiTest {
    private final AnsweringDevice device = new AnsweringDevice(opened);
    private final List<Integer> asked = new ArrayList<>();
    private SideModels side;
    private TreePane pane;

    @Override
    protected PaneFrame make() {
        WorkbenchModels models = new WorkbenchModels(opened.workbench, folder);
        side = models.a();
        models.controls().prompt().set("a{ghost}b");
        models.controls().cutoff().set(1e-2);
        models.controls().depth().set(3);
        pane = new TreePane(side, models.b().tree(), texts, asked::add, saver);
        return pane.node();
    }

    @AfterEach
    void close() {
        device.close();
    }

    private DefinitionTree.Answer open() {
        device.answers(TokenGeometry.class);
        onFx(() -> opened.openA());
        onFx(() -> opened.choose(1));
        return grow();
    }

    private DefinitionTree.Answer grow() {
        return (DefinitionTree.Answer) onFx(() -> device.answer(DefinitionTree.class));
    }

    private TreeCanvas canvas() {
        return lookup("#tree-A").query();
    }

    private boolean isSeen(String id) {
        return onFx(() -> lookup(id).<Node>query().isVisible());
    }

    @Test
    void theTreeIsDrawnWithItsWordsAndItsSizeIsTold() {
        assertThat(emptyText()).startsWith("Open a checkpoint");
        DefinitionTree.Answer grown = open();
        assertThat(emptyText()).isEmpty();
        TreeData drawn = canvas().dataProperty().get();
        assertThat(drawn.size()).isEqualTo(grown.size()).isGreaterThan(1);
        assertThat(IntStream.range(1, drawn.size()).mapToObj(drawn::text))
                .containsExactlyElementsOf(IntStream.range(1, grown.size())
                        .mapToObj(node -> texts.of(grown.token(node)))
                        .toList());
        assertThat(subtitle()).isEqualTo(NumberTexts.count(grown.size() - 1L) + " nodes");
    }

    @Test
    void anotherFeaturesTreeIsShownFromItsBeginningAtItsNaturalSize() {
        open();
        double natural = onFx(() -> canvas().viewport().zoom());
        onFx(() -> canvas().zoomBy(0.1));
        onFx(() -> canvas().viewport().pan(-300, -200));
        onFx(() -> opened.choose(2));
        grow();
        assertThat(onFx(() -> canvas().viewport().zoom())).isEqualTo(natural);
        assertThat(onFx(() -> canvas().viewport().toPixelX(0))).isPositive();
    }

    @Test
    void whatIsFoundIsLargeEnoughToBeRead() {
        open();
        double natural = onFx(() -> canvas().viewport().zoom());
        onFx(() -> canvas().zoomBy(0.1));
        String text = onFx(() -> canvas().dataProperty().get().text(1));
        onFx(() -> canvas().find(text));
        assertThat(onFx(() -> canvas().viewport().zoom())).isEqualTo(natural);
    }

    @Test
    void theMenuOfTheTreeFindsFitsAndGoesBackToItsNaturalSize() {
        open();
        onFx(() -> canvas().zoomBy(8));
        onFx(() -> canvas().fireEvent(
                        new ContextMenuEvent(ContextMenuEvent.CONTEXT_MENU_REQUESTED, 9, 9, 9, 9, false, null)));
        List<MenuItem> menu = onFx(() -> Window.getWindows().stream()
                .filter(ContextMenu.class::isInstance)
                .map(ContextMenu.class::cast)
                .findFirst()
                .orElseThrow()
                .getItems());
        assertThat(menu.stream().map(MenuItem::getText))
                .containsSubsequence("Find in the tree (Ctrl+F)", "Show the whole tree (0)", "Natural size (Home)");
        MenuItem whole = menu.stream()
                .filter(item -> "Show the whole tree (0)".equals(item.getText()))
                .findFirst()
                .orElseThrow();
        onFx(whole::fire);
        assertThat(onFx(() -> canvas().viewport()
                        .showsAll(
                                canvas().treeLayout().totalWidth(),
                                canvas().treeLayout().totalHeight())))
                .isTrue();
    }

    /** The menu of a right click on a branch. */
    private List<MenuItem> menuAt(int node) {
        return onFx(() -> {
            Point2D at = canvas().localToScene(
                            canvas().viewport().toPixelX(canvas().treeLayout().x(node) + 4),
                            canvas().viewport().toPixelY(canvas().treeLayout().y(node)));
            canvas().fireEvent(new ContextMenuEvent(
                    ContextMenuEvent.CONTEXT_MENU_REQUESTED, at.getX(), at.getY(), 9, 9, false, null));
            return Window.getWindows().stream()
                    .filter(ContextMenu.class::isInstance)
                    .map(ContextMenu.class::cast)
                    .findFirst()
                    .orElseThrow()
                    .getItems();
        });
    }

    @Test
    void aRightClickOnABranchCopiesItsSentenceFoldsItAndAsksForItsToken() {
        open();
        TreeData drawn = canvas().dataProperty().get();
        int node = onFx(() -> canvas().treeLayout().order(1));
        List<MenuItem> menu = menuAt(node);
        assertThat(canvas().selectedProperty().get()).isEqualTo(node);
        assertThat(menu.stream().limit(2).map(MenuItem::getText))
                .containsExactly("Copy the sentence (Ctrl+C)", "Fold what follows (Space)");
        onFx(menu.get(0)::fire);
        assertThat(copied()).isEqualTo(drawn.sentence(node));
        onFx(menu.get(2)::fire);
        assertThat(asked).containsExactly(drawn.tokenId(node));
        int all = onFx(() -> canvas().treeLayout().count());
        onFx(menu.get(1)::fire);
        assertThat(onFx(() -> canvas().treeLayout().count())).isLessThan(all);
        assertThat(menuAt(node).get(1).getText()).isEqualTo("Unfold what follows (Space)");
    }

    @Test
    void thePartInSightIsSavedAsItIsSeen() {
        open();
        onFx(() -> canvas().viewport().zoomAt(0, 0, 4));
        onFx(() -> canvas().viewport().pan(0, -170));
        onFx(canvas()::requestLayout);
        int rows = onFx(() -> canvas().visiblePart().csv().rows().size());
        assertThat(rows)
                .isPositive()
                .isLessThan(onFx(() -> canvas().csv().rows().size()));
        assertThat(onFx(() -> canvas().visiblePart().picture().width()))
                .isEqualTo(onFx(() -> canvas().viewport().window().width()));
        choose("Save picture as SVG");
        Menu part = (Menu) item("The part in sight");
        onFx(() -> part.getItems().stream()
                .filter(item -> item.getText() != null && item.getText().contains("SVG"))
                .forEach(MenuItem::fire));
        assertThat(String.join("", saved("definition-tree-part.svg")).length())
                .isLessThan(String.join("", saved("definition-tree.svg")).length());
    }

    @Test
    void probabilitiesStandBesideTheTokensWhereTheyAreWanted() {
        open();
        int node = onFx(() -> canvas().treeLayout().order(1));
        double before = onFx(() -> canvas().treeLayout().width(node));
        assertThat(onFx(() -> canvas().treeLayout().chance(node))).isEmpty();
        onFx(() -> canvas().requestFocus());
        type(KeyCode.P);
        assertThat(onFx(() -> canvas().treeLayout().chance(node)))
                .isEqualTo(NumberTexts.percent(canvas().dataProperty().get().probability(node)));
        assertThat(onFx(() -> canvas().treeLayout().width(node))).isGreaterThan(before + 15);
    }

    @Test
    void aGrowingTreeCanBeStopped() {
        open();
        assertThat(isSeen("#tree-stop-A")).isFalse();
        onFx(() -> opened.choose(2));
        FakeService.Ask<?> growing = opened.newest(DefinitionTree.class);
        assertThat(isSeen("#tree-stop-A")).isTrue();
        clickOn("#tree-stop-A");
        assertThat(growing.cancelled).isTrue();
        assertThat(isSeen("#tree-stop-A")).isFalse();
    }

    @Test
    void aStoppedTreeSaysSoAndGoesOn() {
        DefinitionTree.Answer grown = open();
        assertThat(isSeen("#tree-go-on-A")).isFalse();
        onFx(() -> side.tree().controls().depth().set(4));
        clickOn("#tree-stop-A");
        assertThat(subtitle()).isEqualTo(NumberTexts.count(grown.size() - 1L) + " nodes when stopped");
        assertThat(side.ghostProvenance()).contains("stopped at");
        clickOn("#tree-go-on-A");
        assertThat(isSeen("#tree-go-on-A")).isFalse();
        DefinitionTree.Answer whole = grow();
        assertThat(subtitle()).isEqualTo(NumberTexts.count(whole.size() - 1L) + " nodes");
        assertThat(side.ghostProvenance()).doesNotContain("stopped at").contains("depth 4");
    }

    @Test
    void steeringThatIsInForceIsSeenWhenItsBarIsClosedAndCanBeEndedThere() {
        open();
        onFx(() -> side.tree().controls().steering().set(SteeringValues.NONE.withCoefficient(6)));
        assertThat(isSeen("#tree-steered-A")).as("the bar shows it").isFalse();
        clickOn("#tree-steering-A");
        assertThat(isSeen("#tree-steered-A")).isTrue();
        clickOn("#tree-steered-A .icon-button");
        assertThat(side.tree().controls().steering().get().isOn()).isFalse();
        assertThat(isSeen("#tree-steered-A")).isFalse();
    }

    @Test
    void aHigherCutoffHidesBranchesWithoutAsking() {
        open();
        long asked = opened.count(DefinitionTree.class);
        onFx(() -> side.tree().controls().cutoff().set(0.2));
        assertThat(canvas().cutoffProperty().get()).isEqualTo(0.2);
        assertThat(opened.count(DefinitionTree.class)).isEqualTo(asked);
    }

    @Test
    void againstABaselineTheDivergenceIsToldAndGenericBranchesCanBeFolded() {
        open();
        assertThat(isSeen("#tree-fold-A")).isFalse();
        choose("Baseline: centroid");
        assertThat(side.tree().baseline().get()).isEqualTo(TreeBaseline.CENTROID);
        DefinitionTree.Answer grown = grow();
        assertThat(isSeen("#tree-fold-A")).isTrue();
        assertThat(subtitle()).contains(NumberTexts.number(grown.divergence()) + " nats from the baseline");
        choose("No baseline");
        assertThat(isSeen("#tree-fold-A")).isFalse();
    }

    @Test
    void nothingOfTheSteeringIsCutInANarrowPane() {
        open();
        PaneFrame frame = lookup(node -> node instanceof PaneFrame).query();
        onFx(() -> frame.setMaxWidth(330));
        clickOn("#tree-steering-A");
        for (String id : List.of("kind", "coefficient", "layer", "ghost", "compare")) {
            Region control = lookup("#steer-" + id + "-A").query();
            assertThat(onFx(() -> control.getWidth() - control.prefWidth(-1)))
                    .as(id)
                    .isGreaterThan(-1);
            assertThat(onFx(() -> frame.sceneToLocal(control.localToScene(control.getLayoutBounds()))
                            .getMaxX()))
                    .as(id)
                    .isLessThanOrEqualTo(330);
        }
    }

    @Test
    void theSteeringIsOpenedByItsButtonAndSteersTheTree() {
        open();
        assertThat(lookup(".tree-steering").tryQuery().filter(Node::isVisible)).isEmpty();
        clickOn("#tree-steering-A");
        assertThat(lookup(".tree-steering").query().isVisible()).isTrue();
        onFx(() -> side.tree()
                .controls()
                .steering()
                .set(side.tree().controls().steering().get().withCoefficient(2)));
        DefinitionTree asked = (DefinitionTree) opened.newest(DefinitionTree.class).query;
        assertThat(asked.steering()).isPresent();
    }

    @Test
    void wordsAreLookedForInTheTree() {
        open();
        onFx(pane::startFind);
        assertThat(lookup(".tree-find").query().isVisible()).isTrue();
    }

    @Test
    void aFailureIsShownAndTheTreeIsGrownAgainOnDemand() {
        open();
        onFx(() -> opened.choose(3));
        fail(DefinitionTree.class, "no memory");
        assertThat(problem()).contains("no memory");
        clickOn(".problem-retry");
        DefinitionTree.Answer grown = grow();
        assertThat(problem()).isEmpty();
        assertThat(canvas().dataProperty().get().size()).isEqualTo(grown.size());
    }

    @Test
    void withTheCheckpointTheTreeGoes() {
        open();
        onFx(() -> opened.workbench.closeCheckpoint(opened.workbench.a()));
        assertThat(canvas().dataProperty().get().size()).isLessThanOrEqualTo(1);
        assertThat(subtitle()).isEmpty();
    }
}
