package loupe.state.corpus;

import java.util.OptionalInt;
import java.util.stream.IntStream;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import loupe.analysis.ablation.AblatedText;
import loupe.analysis.ablation.Replacement;
import loupe.analysis.ablation.TokenSets;
import loupe.base.Cancellation;
import loupe.index.CountedActivations;
import loupe.index.Example;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.lm.tokenizer.Tokenizer;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.ResultSlot;
import loupe.state.window.CheckpointSide;
import loupe.state.window.FeatureRef;
import loupe.state.window.Workbench;

/** The activation of a feature in an example when each token is ablated in turn, on request. JavaFX thread only. */
public final class AblationModel {
    /** How a token is ablated. */
    public enum How {
        REMOVED,
        REPLACED
    }

    /**
     * The ablation that is shown.
     *
     * @param feature that the example is of
     */
    public record Subject(Example example, FeatureRef feature, How how) {}

    private final CheckpointSide side;
    private final ReadOnlyObjectWrapper<Subject> subject = new ReadOnlyObjectWrapper<>(this, "asked");
    private final ResultSlot<int[]> context;
    private final ResultSlot<AblatedText.Answer> answer;

    public AblationModel(Workbench workbench, CheckpointSide side) {
        this.side = side;
        context = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        answer = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        context.valueProperty().addListener((property, was, is) -> compute(is));
        side.feature().addListener(changed -> close());
    }

    /** The ablation that is shown; null while none is. */
    public ReadOnlyObjectProperty<Subject> subject() {
        return subject.getReadOnlyProperty();
    }

    /** The activation without each token of the example up to its focus; fills in step by step. */
    public ResultSlot<AblatedText.Answer> answer() {
        return answer;
    }

    /** The token that replaces others: the one texts begin with, if the model has one. */
    public OptionalInt replacement() {
        OpenModel model = side.model().get();
        return model == null
                ? OptionalInt.empty()
                : model.tokenizer().map(Tokenizer::beginning).orElse(OptionalInt.empty());
    }

    /**
     * Ablates the tokens of an example of this side's feature. Replacing does nothing without a {@link #replacement}.
     */
    public void ask(CountedActivations index, Example example, How how) {
        close();
        if (side.feature().get() != null && (how == How.REMOVED || replacement().isPresent())) {
            subject.set(new Subject(example, side.feature().get(), how));
            context.askAfresh(new Context(index, example.token()));
        }
    }

    /** Closes the ablation that is shown. */
    public void close() {
        subject.set(null);
        context.clear();
        answer.clear();
    }

    private void compute(int[] ids) {
        OpenModel model = side.model().get();
        OpenSae sae = side.sae().get();
        Subject what = subject.get();
        if (ids != null && what != null && model != null && sae != null) {
            answer.askAfresh(new AblatedText(
                    model.id(),
                    sae.id(),
                    what.feature().feature(),
                    IntStream.of(ids).boxed().toList(),
                    ids.length - 1 - what.example().focus(),
                    TokenSets.singles(),
                    what.how() == How.REMOVED
                            ? Replacement.REMOVED
                            : new Replacement.By(replacement().orElseThrow())));
        }
    }

    /** The token ids of a context up to and including a token. */
    private record Context(CountedActivations index, int token) implements HostQuestion<int[]> {
        @Override
        public int[] answer(Cancellation cancellation) {
            return index.upTo(token);
        }

        @Override
        public boolean readsFiles() {
            return true;
        }
    }
}
