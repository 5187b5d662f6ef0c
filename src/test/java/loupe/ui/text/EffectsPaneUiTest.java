package loupe.ui.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalDouble;
import javafx.scene.control.Labeled;
import javafx.scene.control.TableView;
import loupe.analysis.effects.MovedTokens;
import loupe.analysis.effects.PromptEffects;
import loupe.analysis.effects.PromptEffects.Likely;
import loupe.analysis.effects.TokenEffects;
import loupe.state.WorkbenchModels;
import loupe.state.text.PromptPair;
import loupe.ui.PaneUiTest;
import loupe.ui.pane.PaneFrame;
import org.junit.jupiter.api.Test;

class EffectsPaneUiTest extends PaneUiTest {
    private WorkbenchModels models;

    @Override
    protected PaneFrame make() {
        opened.openA();
        opened.choose(3);
        models = new WorkbenchModels(opened.workbench, folder);
        models.prompt().pair().set(PromptPair.of("bad"));
        return new EffectsPane(models.effects(), texts, saver).node();
    }

    private String text(String id) {
        return onFx(() -> lookup(id).<Labeled>query().getText());
    }

    @Test
    void eachTokenHasWhatIsAddedToItsLossAndTheTokensThatMoveBesideTheirPrediction() {
        Likely a = new Likely(0, -0.5);
        Likely b = new Likely(1, -1);
        answer(
                PromptEffects.class,
                new PromptEffects.Answer(
                        new double[] {1, 2},
                        new double[] {1.5, 2},
                        new double[] {0.1, 0, 0.2},
                        new Likely[] {a, a, b},
                        new Likely[] {b, a, b},
                        3,
                        3));
        answer(
                TokenEffects.class,
                new MovedTokens(
                        List.of(new MovedTokens.Moved(2, -1, 0.75, 2)),
                        List.of(new MovedTokens.Moved(4, -2, -0.5, Double.NaN)),
                        OptionalDouble.of(0.8)));
        TableView<?> table = lookup("#effects").query();
        assertThat(cells(table, "Added loss")).containsExactly(0.5, 0.0, Double.NaN);
        assertThat(cells(table, "Next after")).containsExactly("b", "a", "b");
        assertThat(text("#effects-summary"))
                .isEqualTo("ablate 3: loss 1.50 to 1.75, mean KL 0.100 nats; done at 3 tokens");
        TableView<?> helped = lookup("#effects-helped").query();
        assertThat(cells(helped, "Helped")).containsExactly("c");
        assertThat(cells(helped, "Predicted")).containsExactly(2.0);
        assertThat(cells(lookup("#effects-hurt").query(), "Change")).containsExactly(-0.5);
        assertThat(text("#effects-correlation")).endsWith("predict: 0.800");

        onFx(() -> lookup("#effects-examples")
                .<javafx.scene.control.ToggleButton>query()
                .fire());
        assertThat(emptyText()).startsWith("No corpus is open");
    }
}
