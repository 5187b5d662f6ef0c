package loupe.ui.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import javafx.beans.property.SimpleObjectProperty;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Labeled;
import javafx.scene.control.TableView;
import javafx.scene.control.TextInputControl;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import loupe.analysis.effects.Interventions;
import loupe.analysis.effects.TextPredictions;
import loupe.state.text.PredictionsModel;
import loupe.state.text.PromptColouring;
import loupe.state.text.PromptModel;
import loupe.state.text.PromptPair;
import loupe.state.text.PromptTemplate;
import loupe.state.text.TextFeaturesModel;
import loupe.state.window.UndoOrder;
import loupe.ui.PaneUiTest;
import loupe.ui.pane.PaneFrame;
import loupe.ui.token.TokenGrid;
import org.junit.jupiter.api.Test;

/** The panes of prompts and predictions in one frame, with a model of one token a letter. */
class PromptPaneUiTest extends PaneUiTest {
    private final PromptModel prompt = new PromptModel(opened.workbench, new UndoOrder());
    private final PredictionsModel predictions =
            new PredictionsModel(opened.workbench, prompt, new SimpleObjectProperty<>(Interventions.NONE));
    private PromptPane pane;

    @Override
    protected PaneFrame make() {
        pane = new PromptPane(
                predictions,
                new TextFeaturesModel(opened.workbench, opened.workbench.a(), prompt, remedy -> {}),
                new TextFeaturesModel(opened.workbench, opened.workbench.b(), prompt, remedy -> {}),
                saver);
        PaneFrame below = new PredictionsPane(predictions, texts, saver).node();
        VBox both = new VBox(pane.node(), below);
        VBox.setVgrow(pane.node(), Priority.ALWAYS);
        VBox.setVgrow(below, Priority.ALWAYS);
        return new PaneFrame("Both", both);
    }

    private TokenGrid grid() {
        return lookup("#prompt-tokens").query();
    }

    private String text(String id) {
        return onFx(() -> lookup(id).queryAs(TextInputControl.class).getText());
    }

    /** An answer for what was asked last: the token after the last one is 7 with probability 1/2. */
    private TextPredictions.Answer answered() {
        TextPredictions asked = (TextPredictions) opened.newest(TextPredictions.class).query;
        int runs = asked.runs().size();
        int length = asked.runs().get(0).ids().size();
        double[][] logs = new double[runs][1];
        double[][] tracked = new double[runs][asked.tracked().size()];
        int[][] ranks = new int[runs][asked.tracked().size()];
        double[][] losses = new double[runs][length - 1];
        for (int run = 0; run < runs; run++) {
            logs[run][0] = Math.log(0.5);
            java.util.Arrays.fill(losses[run], (run + 1) * Math.log(2));
            java.util.Arrays.fill(ranks[run], 1_234);
        }
        TextPredictions.At at =
                new TextPredictions.At(new int[] {7}, logs, new double[runs], new double[runs], tracked, ranks);
        return new TextPredictions.Answer(
                asked.runs(), IntStream.range(0, length).mapToObj(i -> at).toList(), losses, new long[runs]);
    }

    @Test
    void whatIsTypedStandsTokenUnderTokenWithItsPredictionsAndTemplatesFillIt() {
        onFx(() -> lookup("#prompt-clean").queryAs(TextInputControl.class).setText("bad"));
        onFx(() -> lookup("#prompt-corrupt").queryAs(TextInputControl.class).setText("bed"));
        onFx(() -> lookup("#prompt-answer").queryAs(TextInputControl.class).setText("h"));
        assertThat(prompt.pair().get()).isEqualTo(new PromptPair("bad", "bed", "h", ""));
        assertThat(onFx(() -> pane.node().subtitleProperty().get())).isEqualTo("3 tokens, 1 differs");
        assertThat(onFx(() -> grid().rows().stream().map(TokenGrid.Row::label).toList()))
                .containsExactly("Clean", "Corrupt");
        assertThat(onFx(() -> List.of(grid().isDifferent(0), grid().isDifferent(1))))
                .containsExactly(false, true);
        assertThat(onFx(() -> grid().selectedProperty().get())).isEqualTo(2);

        answer(TextPredictions.class, answered()); // of the first letters typed
        answer(TextPredictions.class, answered());
        TableView<?> table = lookup("#predictions").query();
        assertThat(onFx(() -> table.getColumns().get(1).getCellData(0))).isEqualTo(0.5);
        TableView<?> figures = lookup("#prediction-measures").query();
        assertThat(onFx(() -> IntStream.range(0, figures.getItems().size())
                        .mapToObj(row -> figures.getColumns().get(0).getCellData(row) + " "
                                + figures.getColumns().get(1).getCellData(row) + " "
                                + figures.getColumns().get(3).getCellData(row))
                        .toList()))
                .contains("Surprisal, bits 1.00 2.00", "Rank of \u201ch\u201d 1,234 1,234");
        onFx(() -> prompt.colouring().set(PromptColouring.SURPRISAL));
        assertThat(onFx(() -> grid().rows().get(1).line().activations()))
                .as("bits of the corrupt prompt")
                .containsExactly(Float.NaN, 2, 2);

        onFx(() -> prompt.pair().set(prompt.pair().get().withCorrupt("beds")));
        assertThat(onFx(() ->
                        lookup("#prompt-misaligned").queryAs(Labeled.class).getText()))
                .contains("3 tokens and the corrupt one 4");

        ComboBox<PromptTemplate> templates = lookup("#prompt-templates").query();
        onFx(() -> templates.setValue(PromptTemplate.BUILT_IN.get(1)));
        assertThat(text("#prompt-clean")).isEqualTo("The keys to the cabinet");
        assertThat(text("#prompt-wrong-answer")).isEqualTo(" is");
        onFx(() -> lookup("#prompt-clean").queryAs(TextInputControl.class).setText("The key"));
        assertThat(onFx(templates::getValue)).isNull();
    }
}
