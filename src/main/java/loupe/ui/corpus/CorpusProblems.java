package loupe.ui.corpus;

import javafx.beans.property.ReadOnlyObjectProperty;
import loupe.base.Problem;
import loupe.state.corpus.ActivationsModel;
import loupe.state.pane.ResultSlot;
import loupe.ui.pane.Answers;
import loupe.ui.pane.PaneFrame;

/**
 * Says in a pane that depends on the corpus why it is empty or what failed, and lets the failed part be tried again.
 */
final class CorpusProblems {
    private CorpusProblems() {}

    static void bind(PaneFrame frame, ActivationsModel model, ResultSlot<?> own) {
        frame.emptyTextProperty().bind(model.why());
        ReadOnlyObjectProperty<Problem> counting = model.countingProblem();
        ReadOnlyObjectProperty<Problem> reading = model.activations().problemProperty();
        ReadOnlyObjectProperty<Problem> drawing = own.problemProperty();
        Runnable update = () -> {
            frame.problemProperty().set(Answers.first(counting.get(), Answers.first(reading.get(), drawing.get())));
            frame.setOnRetry(
                    counting.get() != null
                            ? model::recount
                            : reading.get() != null ? model.activations()::retry : own::retry);
        };
        counting.addListener(changed -> update.run());
        reading.addListener(changed -> update.run());
        drawing.addListener(changed -> update.run());
        update.run();
    }
}
