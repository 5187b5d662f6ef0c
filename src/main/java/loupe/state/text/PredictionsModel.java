package loupe.state.text;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import javafx.beans.value.ObservableValue;
import loupe.analysis.effects.Interventions;
import loupe.analysis.effects.TextPredictions;
import loupe.analysis.effects.TextPredictions.Run;
import loupe.inference.OpenModel;
import loupe.inference.Priority;
import loupe.state.pane.PaneNeed;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * What the model predicts after each token of the prompts: as it is and, where interventions are in force, under them.
 * JavaFX thread only.
 */
public final class PredictionsModel {
    /** How many tokens are listed for each run. */
    public static final int TOP = 25;

    private final Workbench workbench;
    private final PromptModel prompt;
    private final ObservableValue<Interventions> interventions;
    private final ResultSlot<TextPredictions.Answer> predictions;
    private final ObservableValue<PaneStatus> status;
    private final Wanting wanting;

    /** @param interventions in force */
    public PredictionsModel(Workbench workbench, PromptModel prompt, ObservableValue<Interventions> interventions) {
        this.workbench = workbench;
        this.prompt = prompt;
        this.interventions = interventions;
        predictions = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        wanting = new Wanting(predictions::setWanted);
        status = new PaneStatusBinding()
                .refuses(prompt.problem())
                .fails(prompt.reading())
                .fails(predictions)
                .isEmpty(this::whyEmpty, workbench.model(), prompt.cleanTokens())
                .offers(
                        () -> workbench.model().get() == null
                                ? java.util.Optional.of(PaneNeed.MODEL)
                                : java.util.Optional.empty(),
                        workbench.model())
                .awaits(prompt.reading(), predictions);
        workbench.model().addListener(changed -> ask(true));
        prompt.reading().valueProperty().addListener(changed -> ask(false));
        interventions.addListener(changed -> ask(false));
    }

    private String whyEmpty() {
        return workbench.model().get() == null
                ? "Open a model to see what it predicts"
                : prompt.cleanTokens().get().isEmpty() ? "Type a clean prompt to see what the model predicts" : "";
    }

    /** What a pane of predictions shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    /** Whether there is a model that predicts. */
    public boolean isModelOpen() {
        return workbench.model().get() != null;
    }

    public PromptModel prompt() {
        return prompt;
    }

    /** The predictions; those for the previous prompts while newer ones are on their way. */
    public ResultSlot<TextPredictions.Answer> predictions() {
        return predictions;
    }

    /** Who shows the predictions: nothing is asked while nobody does. */
    public Wanting wanting() {
        return wanting;
    }

    /** The run of the corrupt prompt without interventions; empty if it is not among them. */
    public static OptionalInt corrupt(TextPredictions.Answer answer) {
        return answer.runs().size() > 1 && answer.runs().get(1).interventions().isEmpty()
                ? OptionalInt.of(1)
                : OptionalInt.empty();
    }

    /** The run of the same prompt under the interventions; empty if none are in force. */
    public static OptionalInt after(TextPredictions.Answer answer, int run) {
        int last = answer.runs().size() - 1;
        return answer.runs().get(last).interventions().isEmpty()
                ? OptionalInt.empty()
                : OptionalInt.of(answer.runs().size() / 2 + run);
    }

    /** The tokens that are followed: the first of the answer and of the wrong answer, as far as they are given. */
    private static List<Integer> followed(PromptModel.Read read) {
        List<Integer> followed = new ArrayList<>();
        for (PromptTokens answer : List.of(read.answer(), read.wrongAnswer())) {
            if (!answer.isEmpty()) {
                followed.add(answer.ids().get(0));
            }
        }
        return followed;
    }

    private void ask(boolean afresh) {
        OpenModel model = workbench.model().get();
        PromptModel.@Nullable Read read = prompt.reading().getValue();
        if (model == null || read == null || read.clean().isEmpty()) {
            predictions.clear();
            return;
        }
        List<List<Integer>> texts = read.isAligned()
                ? List.of(read.clean().ids(), read.corrupt().ids())
                : List.of(read.clean().ids());
        List<Run> runs = new ArrayList<>();
        texts.forEach(ids -> runs.add(new Run(ids, Interventions.NONE)));
        if (!interventions.getValue().isEmpty()) {
            texts.forEach(ids -> runs.add(new Run(ids, interventions.getValue())));
        }
        TextPredictions question = new TextPredictions(model.id(), runs, TOP, followed(read));
        if (afresh) {
            predictions.askAfresh(question);
        } else {
            predictions.ask(question);
        }
    }
}
