package loupe.ui.nearest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javafx.geometry.Bounds;
import javafx.scene.Node;
import javafx.scene.control.Label;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.control.ToggleButton;
import javafx.scene.input.KeyCode;
import loupe.Npy;
import loupe.analysis.features.NeighbourQuery;
import loupe.analysis.features.NeighbourSpace;
import loupe.analysis.features.Neighbours;
import loupe.state.Opened;
import loupe.state.nearest.NeighboursModel;
import loupe.ui.PaneUiTest;
import loupe.ui.pane.PaneFrame;
import org.junit.jupiter.api.Test;

class NeighboursPaneUiTest extends PaneUiTest {
    /** The width of the pane beside the token list in a window of 1280. */
    private static final double NARROW = 200;

    private final List<Integer> chosen = new ArrayList<>();
    private NeighboursModel model;

    @Override
    protected PaneFrame make() {
        model = new NeighboursModel(opened.workbench, opened.workbench.a(), texts);
        return new NeighboursPane(chosen::add, model, texts, feature -> "words of " + feature, saver).node();
    }

    private TableView<?> table() {
        return lookup("#neighbours-A").query();
    }

    private TextField query() {
        return lookup("#neighbours-query-A").query();
    }

    private Neighbours asked() {
        return (Neighbours) opened.newest(Neighbours.class).query;
    }

    private void open() {
        onFx(() -> opened.openA());
        onFx(() -> opened.choose(3));
        answer(Neighbours.class, new Neighbours.Answer(new int[] {5, 1}, new double[] {0.9, 0.4}, 0.25));
    }

    @Test
    void featuresAreListedNearestFirstWithTheirWords() {
        assertThat(emptyText()).startsWith("Open a checkpoint");
        open();
        assertThat(emptyText()).isEmpty();
        assertThat(cells(table(), "#")).containsExactly(5, 1);
        assertThat(cells(table(), "Cosine")).containsExactly(0.9, 0.4);
        assertThat(cells(table(), "Text")).containsExactly("words of 5", "words of 1");
        assertThat(lookup(".pane-foot").<Label>query().getText()).isEqualTo("Among themselves: mean cosine 0.250");
    }

    @Test
    void aDoubleClickOrEnterChoosesAFeature() {
        open();
        clickOn(row(table(), 1));
        type(KeyCode.ENTER);
        assertThat(chosen).containsExactly(1, 1);
    }

    @Test
    void aDoubleClickOnATokenLooksFromThere() {
        open();
        clickOn("#neighbours-tokens-A");
        assertThat(asked().in()).isEqualTo(new NeighbourSpace.Tokens(Opened.MODEL));
        answer(Neighbours.class, new Neighbours.Answer(new int[] {2}, new double[] {0.5}, Double.NaN));
        assertThat(cells(table(), "Text")).containsExactly("c");
        clickOn(row(table(), 0));
        assertThat(query().getText()).isEqualTo("token 2");
        assertThat(asked().of()).isEqualTo(new NeighbourQuery.Token(Opened.MODEL, 2));
        assertThat(chosen).isEmpty();
    }

    @Test
    void aTypedQueryIsAskedOnEnterAndClearingItGoesBackToTheFeature() {
        open();
        clickOn("#neighbours-query-A").write("#4");
        assertThat(asked().of()).as("not yet").isEqualTo(new NeighbourQuery.Feature(Opened.A, 3));
        type(KeyCode.ENTER);
        assertThat(asked().of()).isEqualTo(new NeighbourQuery.Feature(Opened.A, 4));
        onFx(() -> query().clear());
        assertThat(asked().of()).isEqualTo(new NeighbourQuery.Feature(Opened.A, 3));
    }

    @Test
    void aButtonGoesBackToTheFeatureFromARandomVectorOrAQuery() {
        open();
        assertThat(lookup("#neighbours-own-A").query().isVisible()).isFalse();
        clickOn("#neighbours-random-A");
        assertThat(asked().of()).isInstanceOf(NeighbourQuery.RandomVector.class);
        clickOn("#neighbours-own-A");
        assertThat(asked().of()).isEqualTo(new NeighbourQuery.Feature(Opened.A, 3));
        assertThat(lookup("#neighbours-own-A").query().isVisible()).isFalse();
    }

    @Test
    void aFileIsNamedInTheFieldRefusedBelowItAndLeftByTheWayBack() {
        open();
        Path own = Npy.floats(folder.resolve("direction.npy"), "(2,)", 1, 2);
        onFx(() -> model.showFile(own));
        assertThat(query().getText()).isEqualTo("file direction.npy");
        assertThat(lookup(".pane-foot").<Label>query().getText())
                .startsWith("direction.npy is [2], expected one vector of 8 numbers");
        Npy.floats(own, "(8,)", 1, 2, 3, 4, 5, 6, 7, 8);
        clickOn(query()).type(KeyCode.END).type(KeyCode.ENTER);
        assertThat(query().getText()).isEqualTo("file direction.npy");
        assertThat(asked().of()).isInstanceOf(NeighbourQuery.Vector.class);
        assertThat(query().getPseudoClassStates())
                .noneMatch(state -> state.getPseudoClassName().equals("danger"));
        clickOn("#neighbours-own-A");
        assertThat(query().getText()).isEmpty();
        assertThat(asked().of()).isEqualTo(new NeighbourQuery.Feature(Opened.A, 3));
    }

    @Test
    void theFieldTakesOneFileWithAVectorAndTheMenuChoosesOne() {
        assertThat(item("Vector from a file...").isDisable()).isFalse();
        assertThat(NeighboursPane.vectorFile(List.of(new File("a/b.npy")))).contains(Path.of("a/b.npy"));
        assertThat(NeighboursPane.vectorFile(List.of(new File("B.SAFETENSORS"))))
                .isPresent();
        assertThat(NeighboursPane.vectorFile(List.of(new File("a.txt")))).isEmpty();
        assertThat(NeighboursPane.vectorFile(List.of(new File("a.npy"), new File("b.npy"))))
                .isEmpty();
        assertThat(NeighboursPane.vectorFile(List.of())).isEmpty();
    }

    @Test
    void itsControlsStayWithinANarrowPaneOnceTheWayBackIsOffered() {
        open();
        PaneFrame frame = lookup(node -> node instanceof PaneFrame).query();
        onFx(() -> frame.setMaxWidth(NARROW));
        clickOn("#neighbours-random-A");
        assertThat(onFx(frame::getWidth)).isEqualTo(NARROW);
        for (String id : List.of("features", "tokens", "random", "query", "own")) {
            Node control = lookup("#neighbours-" + id + "-A").query();
            Bounds at = onFx(() -> frame.sceneToLocal(control.localToScene(control.getLayoutBounds())));
            assertThat(at.getMinX()).as(id).isNotNegative();
            assertThat(at.getMaxX()).as(id).isLessThanOrEqualTo(NARROW);
        }
        assertThat(onFx(() -> table().localToScene(table().getLayoutBounds()).getWidth()))
                .isLessThanOrEqualTo(NARROW);
    }

    @Test
    void aQueryThatMakesNoSenseIsRefusedBelowTheTable() {
        open();
        clickOn("#neighbours-query-A").write("#99").type(KeyCode.ENTER);
        assertThat(lookup(".pane-foot").<Label>query().getText())
                .isEqualTo("There is no feature 99: the last one is 5. Choose a smaller number.");
        assertThat(table().getItems()).isEmpty();
        assertThat(query().getPseudoClassStates())
                .anyMatch(state -> state.getPseudoClassName().equals("danger"));
    }

    /** As a click on a token in another pane does. */
    @Test
    void aQuestionAskedFromElsewhereIsSeenInTheFieldAndTheButtons() {
        open();
        onFx(() -> {
            model.among().set(NeighboursModel.Among.TOKENS);
            model.query().set("token 7");
        });
        assertThat(query().getText()).isEqualTo("token 7");
        assertThat(lookup("#neighbours-tokens-A").<ToggleButton>query().isSelected())
                .isTrue();
        assertThat(lookup("#neighbours-features-A").<ToggleButton>query().isSelected())
                .isFalse();
    }

    @Test
    void theNeighboursOfARandomVectorSayThatTheyAre() {
        open();
        clickOn("#neighbours-random-A");
        assertThat(asked().of()).isInstanceOf(NeighbourQuery.RandomVector.class);
        assertThat(query().getPromptText()).isEqualTo("of a random vector");
    }

    @Test
    void aFailureCanBeTriedAgain() {
        open();
        onFx(() -> opened.choose(2));
        fail(Neighbours.class, "no memory");
        assertThat(problem()).contains("no memory");
        clickOn(".problem-retry");
        answer(Neighbours.class, new Neighbours.Answer(new int[] {4}, new double[] {0.1}, Double.NaN));
        assertThat(problem()).isEmpty();
        assertThat(cells(table(), "#")).containsExactly(4);
    }

    @Test
    void theRowsAreSavedWithTheNumbersBehindTheWords() {
        open();
        choose("Save all rows as CSV");
        assertThat(saved("neighbours.csv")).containsExactly("Cosine,#,Text", "0.9,5,words of 5", "0.4,1,words of 1");
    }
}
