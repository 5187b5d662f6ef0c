package loupe.ui.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import javafx.scene.control.Labeled;
import javafx.scene.control.TableView;
import loupe.analysis.ablation.AblatedText;
import loupe.analysis.ablation.Replacement;
import loupe.analysis.ablation.TokenSets;
import loupe.state.Opened;
import loupe.state.WorkbenchModels;
import loupe.state.text.AblatedTextModel;
import loupe.state.text.AblatedTextModel.By;
import loupe.state.text.AblatedTextModel.Over;
import loupe.state.text.AblatedTextModel.Settings;
import loupe.state.text.AblatedTextModel.Together;
import loupe.state.text.PromptPair;
import loupe.ui.PaneUiTest;
import loupe.ui.chart.HeatMaps;
import loupe.ui.pane.PaneFrame;
import org.junit.jupiter.api.Test;

class AblatedTextPaneUiTest extends PaneUiTest {
    private WorkbenchModels models;

    @Override
    protected PaneFrame make() {
        opened.openA();
        opened.choose(3);
        models = new WorkbenchModels(opened.workbench, folder);
        models.prompt().pair().set(PromptPair.of("bad"));
        return new AblatedTextPane(models.ablatedText(), texts, () -> "caption", saver).node();
    }

    private AblatedTextModel model() {
        return models.ablatedText();
    }

    private void set(Over over, Together together, By by, String token) {
        onFx(() -> model().settings().set(new Settings(over, together, by, token, 4, 32)));
    }

    private String foot() {
        return onFx(() -> lookup("#ablated-text-foot").<Labeled>query().getText());
    }

    @Test
    void pairsStandBesideEachTokenAloneAndSayWhetherOneDoesForTheOther() {
        set(Over.PROMPT, Together.PAIRS, By.REMOVED, "");
        assertThat(opened.newest(AblatedText.class).query)
                .isEqualTo(new AblatedText(
                        Opened.MODEL,
                        Opened.A,
                        3,
                        models.prompt().cleanTokens().get().ids(),
                        0,
                        TokenSets.pairs(),
                        Replacement.REMOVED));
        answer(
                AblatedText.class,
                new AblatedText.Answer(
                        2, new int[] {-1, -1, -1}, TokenSets.pairs().of(0, 2), new float[] {2, 1.5f, 0}));

        TableView<?> table = lookup("#ablated-text").query();
        assertThat(cells(table, "Tokens")).containsExactly("b", "a", "ba");
        assertThat(cells(table, "Without")).containsExactly(2.0, 1.5, 0.0);
        assertThat(cells(table, "Share lost")).containsExactly(0.0, 0.25, 1.0);
        assertThat(cells(table, "Beyond")).containsExactly(Double.NaN, Double.NaN, 0.75);
        HeatMaps.Maps maps =
                onFx(() -> lookup("#ablated-text-maps").<HeatMaps>query().maps());
        assertThat(maps.columns()).containsExactly("b", "a");
        assertThat(maps.maps().get(0).values()).containsExactly(0, 1, 1, 0.25);
        assertThat(maps.maps().get(1).values()).containsExactly(Double.NaN, 0.75, 0.75, Double.NaN);
        assertThat(foot()).isEqualTo("Activation 2.00 at the token that is read");
        assertThat(lookup("#ablated-text-longest").query().getParent().isVisible())
                .as("no spans, no length")
                .isFalse();
    }

    @Test
    void whatReplacesATokenIsOneTokenAndAllOfItIsRememberedAndUndone() {
        Settings first = model().settings().get();
        set(Over.PROMPT, Together.SPANS, By.TOKEN, "c");
        AblatedText asked = (AblatedText) opened.newest(AblatedText.class).query;
        assertThat(asked.replacement()).isEqualTo(new Replacement.By(2));
        assertThat(asked.sets()).isEqualTo(new TokenSets.Spans(4));
        set(Over.PROMPT, Together.SPANS, By.TOKEN, "cc");
        assertThat(onFx(() -> model().status().getValue().toString())).contains("2 tokens");
        List<Object> kept = List.of(onFx(() -> models.remembered().get("ablated-text.settings")));
        assertThat(kept).containsExactly("PROMPT;SPANS;TOKEN;4;32;cc");
        onFx(() -> {
            while (models.undoOrder().undoable().isPresent()) {
                models.undoOrder().undo(); // one step or two, by how fast the changes came
            }
        });
        assertThat(model().settings().get()).isEqualTo(first);
        onFx(() -> model().recall(java.util.Map.of("ablated-text.settings", "EXAMPLES;PAIRS;NEXT_BEST;2;9;x")));
        assertThat(model().settings().get())
                .isEqualTo(new Settings(Over.EXAMPLES, Together.PAIRS, By.NEXT_BEST, "x", 2, 9));
        assertThat(emptyText()).startsWith("No corpus is open");
    }
}
