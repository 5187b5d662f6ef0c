package loupe.state.text;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.prompts.TextActivations;
import loupe.analysis.prompts.TextFeatures;
import loupe.base.Cancellation;
import loupe.base.Problem;
import loupe.base.Remedy;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.state.corpus.OwnTextModel;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.PaneNeed;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.CheckpointSide;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * The features of a side's checkpoint in the prompts: at the chosen token, and of the whole text. JavaFX thread only.
 */
public final class TextFeaturesModel {
    /** How many features are listed. */
    public static final int MOST = 200;

    /** Which features are listed first. */
    public enum Order {
        /** Those furthest from 0 at the chosen token. */
        TOKEN,
        /** Those furthest from 0 at any token of the clean prompt. */
        MAXIMUM,
        /** Those whose activations add up to most over the clean prompt. */
        SUM
    }

    private final CheckpointSide side;
    private final PromptModel prompt;
    private final ObjectProperty<Order> order = new SimpleObjectProperty<>(this, "order", Order.TOKEN);
    private final ResultSlot<TextActivations.Answer> clean;
    private final ResultSlot<TextActivations.Answer> corrupt;
    private final ResultSlot<Whole> whole;
    private final ReadOnlyObjectWrapper<Problem> problem = new ReadOnlyObjectWrapper<>(this, "problem");
    private final ObservableValue<PaneStatus> status;
    private final Wanting wanting;

    /**
     * A feature in the prompts.
     *
     * @param activation at the chosen token of the clean prompt
     * @param corrupt at that token of the corrupt prompt; NaN without one
     * @param whole in all of the clean prompt
     */
    public record Row(int feature, double activation, double corrupt, TextFeatures.InText whole) {}

    /** The features of a whole text, and the first of them in each order. */
    private record Whole(
            TextActivations.Answer of,
            TextFeatures all,
            List<TextFeatures.InText> byMaximum,
            List<TextFeatures.InText> bySum) {}

    /** @param mend opens the checkpoint again with a remedy, or shows its form */
    public TextFeaturesModel(Workbench workbench, CheckpointSide side, PromptModel prompt, Consumer<Remedy> mend) {
        this.side = side;
        this.prompt = prompt;
        clean = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        corrupt = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        whole = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.INTERACTIVE);
        wanting = new Wanting(wanted -> {
            clean.setWanted(wanted);
            corrupt.setWanted(wanted);
        });
        status = new PaneStatusBinding()
                .refuses(problem)
                .mendedBy(mend)
                .fails(prompt.reading())
                .fails(clean)
                .fails(corrupt)
                .isEmpty(this::whyEmpty, side.model(), side.sae(), prompt.cleanTokens())
                .offers(this::need, side.model(), side.sae())
                .awaits(prompt.reading(), clean, corrupt, whole);
        prompt.reading().valueProperty().addListener(changed -> ask(false));
        side.sae().addListener(changed -> ask(true));
        side.model().addListener(changed -> ask(true));
        clean.valueProperty().addListener((property, was, is) -> {
            if (is == null) {
                whole.clear();
            } else {
                whole.ask(new Summarise(is));
            }
        });
    }

    private Optional<PaneNeed> need() {
        return side.model().get() == null || side.sae().get() == null ? side.need() : Optional.empty();
    }

    private String whyEmpty() {
        return side.model().get() == null
                ? "Open a model to let it read the prompts"
                : side.sae().get() == null
                        ? "Open a checkpoint to see its features in the prompts"
                        : prompt.cleanTokens().get().isEmpty()
                                ? "Type a clean prompt to see which features are active in it"
                                : "";
    }

    /** What the pane shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    /** Why this checkpoint cannot read any text; null if it can. */
    public ReadOnlyObjectProperty<Problem> problem() {
        return problem.getReadOnlyProperty();
    }

    public CheckpointSide side() {
        return side;
    }

    public PromptModel prompt() {
        return prompt;
    }

    /** Which features are listed first. */
    public ObjectProperty<Order> order() {
        return order;
    }

    /** All features at each token of the clean prompt; those of the previous one while a newer one is read. */
    public ResultSlot<TextActivations.Answer> clean() {
        return clean;
    }

    /** The same of the corrupt prompt, if it has as many tokens. */
    public ResultSlot<TextActivations.Answer> corrupt() {
        return corrupt;
    }

    /** Changes when what {@link #rows} lists of the whole prompt does. */
    public ReadOnlyObjectProperty<?> whole() {
        return whole.valueProperty();
    }

    /** Whether nothing newer is on its way. */
    public boolean isQuiet() {
        return !clean.isPending() && !corrupt.isPending() && !whole.isPending();
    }

    /** Who shows the features: nothing is asked while nobody does. */
    public Wanting wanting() {
        return wanting;
    }

    /** The features that are listed, the first in the chosen order first. */
    @SuppressWarnings("ReferenceEquality") // the summary of this very answer, not of one that is like it
    public List<Row> rows() {
        TextActivations.Answer read = clean.getValue();
        Whole summary = whole.getValue();
        int token = prompt.position().get();
        if (read == null
                || summary == null
                || summary.of() != read
                || token >= read.ids().size()) {
            return List.of();
        }
        return switch (order.get()) {
            case TOKEN ->
                token < 0
                        ? List.of()
                        : read.strongest(token, MOST).stream()
                                .map(one -> row(read, summary.all().of(one.feature())))
                                .toList();
            case MAXIMUM ->
                summary.byMaximum().stream().map(one -> row(read, one)).toList();
            case SUM -> summary.bySum().stream().map(one -> row(read, one)).toList();
        };
    }

    /** How many features are active at the chosen token; 0 if none is chosen. */
    public int activeAtToken() {
        TextActivations.Answer read = clean.getValue();
        int token = prompt.position().get();
        return read == null || token < 0 || token >= read.ids().size() ? 0 : read.l0(token);
    }

    /** How many features are active anywhere in the clean prompt. */
    public int activeAnywhere() {
        return whole.getValue() == null ? 0 : whole.getValue().all().active();
    }

    private Row row(TextActivations.Answer read, TextFeatures.InText in) {
        int token = prompt.position().get();
        TextActivations.Answer other = corrupt.getValue();
        return new Row(
                in.feature(),
                token < 0 ? Double.NaN : read.features().get(token, in.feature()),
                other == null || token < 0 || token >= other.ids().size()
                        ? Double.NaN
                        : other.features().get(token, in.feature()),
                in);
    }

    private void ask(boolean afresh) {
        OpenModel model = side.model().get();
        OpenSae sae = side.sae().get();
        PromptModel.@Nullable Read read = prompt.reading().getValue();
        problem.set(OwnTextModel.whyUnreadable(model, sae));
        if (model == null || sae == null || read == null || read.clean().isEmpty() || problem.get() != null) {
            clean.clear();
            corrupt.clear();
            return;
        }
        ask(clean, new TextActivations(model.id(), sae.id(), read.clean().ids()), afresh);
        if (read.isAligned()) {
            ask(
                    corrupt,
                    new TextActivations(model.id(), sae.id(), read.corrupt().ids()),
                    afresh);
        } else {
            corrupt.clear();
        }
    }

    private static void ask(ResultSlot<TextActivations.Answer> slot, TextActivations question, boolean afresh) {
        if (afresh) {
            slot.askAfresh(question);
        } else {
            slot.ask(question);
        }
    }

    private record Summarise(TextActivations.Answer read) implements HostQuestion<Whole> {
        @Override
        public Whole answer(Cancellation cancellation) {
            TextFeatures all = TextFeatures.of(read);
            return new Whole(
                    read, all, all.top(TextFeatures.Order.MAXIMUM, MOST), all.top(TextFeatures.Order.SUM, MOST));
        }
    }
}
