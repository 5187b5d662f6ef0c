package loupe.ui.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import javafx.scene.control.Labeled;
import javafx.scene.control.Menu;
import javafx.scene.control.MenuButton;
import javafx.scene.control.MenuItem;
import loupe.analysis.effects.FeatureCircuit;
import loupe.base.HookPoint;
import loupe.state.text.CircuitModel;
import loupe.state.text.PromptModel;
import loupe.state.text.PromptPair;
import loupe.state.window.UndoOrder;
import loupe.ui.PaneUiTest;
import loupe.ui.pane.PaneFrame;
import org.junit.jupiter.api.Test;

/** The pane of circuits, with a model of one token a letter. */
class CircuitPaneUiTest extends PaneUiTest {
    private final UndoOrder undo = new UndoOrder();
    private final PromptModel prompt = new PromptModel(opened.workbench, undo);
    private final CircuitModel circuit = new CircuitModel(opened.workbench, prompt, undo);

    @Override
    protected PaneFrame make() {
        return new CircuitPane(circuit, (side, feature) -> {}, saver).node();
    }

    private List<String> entries() {
        return onFx(() -> lookup("#circuit-pairs").queryAs(MenuButton.class).getItems().stream()
                .map(MenuItem::getText)
                .filter(text -> text != null)
                .toList());
    }

    private String text(String id) {
        return onFx(() -> lookup(id).queryAs(Labeled.class).getText());
    }

    @Test
    void thisPairIsAddedTheFiguresSayOverHowManyAndEachCanBeRemoved() {
        onFx(() -> opened.openA());
        onFx(() -> prompt.pair().set(new PromptPair("bad", "bed", "g", "f")));
        assertThat(text("#circuit-pairs")).isEqualTo("Typed pair");
        clickOn("#circuit-add");
        onFx(() -> prompt.pair().set(new PromptPair("cab", "cob", "a", "e")));
        clickOn("#circuit-add");
        assertThat(text("#circuit-pairs")).isEqualTo("2 pairs");
        assertThat(entries())
                .containsExactly(
                        "Add this pair",
                        "Add a template",
                        "Remove bad | bed |g |f",
                        "Remove cab | cob |a |e",
                        "Remove all");
        answer(
                FeatureCircuit.class,
                new FeatureCircuit.Answer(
                        List.of(new FeatureCircuit.Nodes(HookPoint.residPre(1), List.of(4), List.of(0.5), false, 0)),
                        2,
                        1.5,
                        1,
                        1.2));
        assertThat(text("#circuit-figures")).startsWith("Mean of 2 pairs: faithfulness 0.500, completeness 0.200;");

        clickOn("#circuit-add");
        assertThat(text("#circuit-refused")).isEqualTo("Pair (cab) is listed already");
        Menu templates = (Menu) onFx(() ->
                lookup("#circuit-pairs").queryAs(MenuButton.class).getItems().get(1));
        onFx(() -> templates.getItems().get(1).fire());
        assertThat(text("#circuit-refused")).startsWith("Pair 3 (The keys to the cabinet) has ");
        onFx(() -> lookup("#circuit-pairs")
                .queryAs(MenuButton.class)
                .getItems()
                .get(3)
                .fire());
        assertThat(text("#circuit-pairs")).isEqualTo("1 pair");
    }
}
