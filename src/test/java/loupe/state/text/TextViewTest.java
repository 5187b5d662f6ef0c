package loupe.state.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import javafx.beans.property.SimpleObjectProperty;
import loupe.analysis.effects.Intervention;
import loupe.analysis.effects.Interventions;
import loupe.analysis.effects.Positions;
import loupe.analysis.effects.TextPredictions;
import loupe.analysis.prompts.TextActivations;
import loupe.sae.SparseFeatures;
import loupe.state.Opened;
import loupe.state.pane.PaneStatus;
import loupe.state.window.UndoOrder;
import org.junit.jupiter.api.Test;

/** Predictions and features of the prompts, with the tiny model of {@link Opened}: one token a letter. */
class TextViewTest {
    private static final Interventions ABLATED = Interventions.of(List.of(
            new Intervention(new Intervention.Target.Feature(Opened.A, 1), new Intervention.Scale(0), Positions.ALL)));

    private final Opened opened = new Opened();
    private final PromptModel prompt = new PromptModel(opened.workbench, new UndoOrder());
    private final SimpleObjectProperty<Interventions> interventions = new SimpleObjectProperty<>(Interventions.NONE);
    private final PredictionsModel predictions = new PredictionsModel(opened.workbench, prompt, interventions);
    private final TextFeaturesModel features =
            new TextFeaturesModel(opened.workbench, opened.workbench.a(), prompt, remedy -> {});

    private List<TextPredictions.Run> asked() {
        return ((TextPredictions) opened.newest(TextPredictions.class).query).runs();
    }

    private static TextActivations.Answer read(List<Integer> ids, float... values) {
        int[] offsets = new int[ids.size() + 1];
        int[] numbers = new int[ids.size() * 2];
        float[] all = new float[ids.size() * 2];
        for (int i = 0; i < ids.size(); i++) {
            offsets[i + 1] = 2 * (i + 1);
            numbers[2 * i] = 1;
            numbers[2 * i + 1] = 4;
            all[2 * i] = values[i];
            all[2 * i + 1] = 1;
        }
        return new TextActivations.Answer(ids, new SparseFeatures(ids.size(), Opened.FEATURES, offsets, numbers, all));
    }

    @Test
    void nothingIsPredictedWhileNoPaneShowsIt() {
        prompt.pair().set(PromptPair.of("bad"));
        assertThat(opened.count(TextPredictions.class)).isZero();
        predictions.wanting().set("pane", true);
        predictions.wanting().set("other", true);
        predictions.wanting().set("other", false);
        prompt.pair().set(PromptPair.of("bade"));
        assertThat(opened.count(TextPredictions.class)).isEqualTo(1);
    }

    @Test
    void promptsOfOneLengthAreReadTogetherAndTwiceUnderInterventions() {
        predictions.wanting().set("pane", true);
        prompt.pair().set(new PromptPair("bad", "bed", "ge", "f"));
        assertThat(asked()).extracting(TextPredictions.Run::ids).containsExactly(List.of(1, 0, 3), List.of(1, 4, 3));
        TextPredictions both = (TextPredictions) opened.newest(TextPredictions.class).query;
        assertThat(both.tracked()).containsExactly(6, 5);
        opened.newest(TextPredictions.class)
                .answer(new TextPredictions.Answer(both.runs(), List.of(), new double[2][2], new long[2]));
        TextPredictions.Answer plain = predictions.predictions().getValue();
        assertThat(PredictionsModel.corrupt(plain)).hasValue(1);
        assertThat(PredictionsModel.after(plain, 0)).isEmpty();

        interventions.set(ABLATED);
        assertThat(asked()).extracting(run -> run.interventions().isEmpty()).containsExactly(true, true, false, false);
        TextPredictions.Answer four = new TextPredictions.Answer(asked(), List.of(), new double[4][2], new long[4]);
        assertThat(PredictionsModel.corrupt(four)).hasValue(1);
        assertThat(PredictionsModel.after(four, 0)).hasValue(2);
        assertThat(PredictionsModel.after(four, 1)).hasValue(3);
    }

    @Test
    void aCorruptPromptOfAnotherLengthIsNotPredicted() {
        predictions.wanting().set("pane", true);
        prompt.pair().set(PromptPair.of("bad").withCorrupt("be"));
        assertThat(asked()).hasSize(1);
        opened.newest(TextPredictions.class)
                .answer(new TextPredictions.Answer(asked(), List.of(), new double[1][2], new long[1]));
        interventions.set(ABLATED);
        TextPredictions.Answer two = new TextPredictions.Answer(asked(), List.of(), new double[2][2], new long[2]);
        assertThat(PredictionsModel.corrupt(two)).isEmpty();
        assertThat(PredictionsModel.after(two, 0)).hasValue(1);
    }

    @Test
    void anEmptyPromptSaysWhatToDo() {
        assertThat(predictions.status().getValue().shown())
                .isEqualTo(new PaneStatus.Empty("Type a clean prompt to see what the model predicts"));
        assertThat(((PaneStatus.Empty) features.status().getValue().shown()).why())
                .isEqualTo("Open a checkpoint to see its features in the prompts");
    }

    @Test
    void featuresAreListedAtTheTokenOrOfTheWholePrompt() {
        features.wanting().set("pane", true);
        opened.openA();
        prompt.pair().set(PromptPair.of("bad"));
        opened.newest(TextActivations.class).answer(read(List.of(1, 0, 3), 2, 0, 0.5f));
        assertThat(features.rows()).extracting(TextFeaturesModel.Row::feature).containsExactly(4, 1);
        prompt.position().set(0);
        assertThat(features.rows()).extracting(TextFeaturesModel.Row::feature).containsExactly(1, 4);
        assertThat(features.rows().get(0).activation()).isEqualTo(2);
        assertThat(features.rows().get(0).corrupt()).isNaN();
        features.order().set(TextFeaturesModel.Order.SUM);
        assertThat(features.rows()).extracting(TextFeaturesModel.Row::feature).containsExactly(4, 1);
        features.order().set(TextFeaturesModel.Order.MAXIMUM);
        assertThat(features.rows()).extracting(TextFeaturesModel.Row::feature).containsExactly(1, 4);
        assertThat(features.activeAnywhere()).isEqualTo(2);
    }

    @Test
    void theCorruptPromptIsReadBesideTheCleanOne() {
        features.wanting().set("pane", true);
        opened.openA();
        prompt.pair().set(PromptPair.of("bad").withCorrupt("bed"));
        opened.service.asked.stream()
                .filter(ask -> ask.query instanceof TextActivations)
                .toList()
                .forEach(ask -> {
                    List<Integer> ids = ((TextActivations) ask.query).ids();
                    ask.answer(read(ids, 1, ids.get(1), 3));
                });
        prompt.position().set(1);
        TextFeaturesModel.Row four = features.rows().get(0);
        assertThat(four.feature()).isEqualTo(4);
        assertThat(features.corrupt().getValue().of(1)).containsExactly(1, 4, 3);
        features.order().set(TextFeaturesModel.Order.MAXIMUM);
        assertThat(features.rows().get(0).corrupt()).isEqualTo(4);
    }
}
