package loupe.state.nearest;

import java.util.List;
import java.util.Optional;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.property.SimpleStringProperty;
import javafx.beans.property.StringProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.features.NeighbourQuery;
import loupe.analysis.features.NeighbourSpace;
import loupe.analysis.features.Neighbours;
import loupe.base.Problem;
import loupe.inference.OpenModel;
import loupe.inference.Priority;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.CheckpointSide;
import loupe.state.window.FeatureRef;
import loupe.state.window.VocabularyTexts;
import loupe.state.window.Workbench;

/**
 * The nearest neighbours of a vector: features by decoder cosine, or tokens by embedding cosine. The vector is the
 * side's feature, a token, the mean of a text's tokens, or random. JavaFX thread only.
 */
public final class NeighboursModel {
    private static final int TOP = 50;

    /** The vectors among which neighbours are searched. */
    public enum Among {
        FEATURES,
        TOKENS
    }

    private final CheckpointSide side;
    private final VocabularyTexts texts;
    private final ResultSlot<Neighbours.Answer> neighbours;
    private final ObjectProperty<Among> among = new SimpleObjectProperty<>(this, "among", Among.FEATURES);
    private final StringProperty query = new SimpleStringProperty(this, "query", "");
    private final BooleanProperty random = new SimpleBooleanProperty(this, "random", false);
    private final ReadOnlyObjectWrapper<Problem> queryProblem = new ReadOnlyObjectWrapper<>(this, "queryProblem");
    private final ObservableValue<PaneStatus> status;
    private long seed = 1;

    public NeighboursModel(Workbench workbench, CheckpointSide side, VocabularyTexts texts) {
        this.side = side;
        this.texts = texts;
        neighbours = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        status = new PaneStatusBinding()
                .fails(neighbours)
                .isEmpty(
                        () -> side.feature().get() == null ? "Choose a feature to see what lies nearest to it" : "",
                        side.feature())
                .awaits(neighbours);
        side.feature().addListener((property, was, is) -> ask());
        among.addListener(changed -> ask());
        query.addListener(changed -> {
            random.set(false);
            ask();
        });
        random.addListener(changed -> ask());
        ask();
    }

    /** What the pane shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    public CheckpointSide side() {
        return side;
    }

    public ResultSlot<Neighbours.Answer> neighbours() {
        return neighbours;
    }

    public ObjectProperty<Among> among() {
        return among;
    }

    /**
     * The query: empty for the side's feature, {@code #17} for a feature, {@code token 42} for a token by id, else a
     * text: one token if it is one, the mean of its tokens if it is several.
     */
    public StringProperty query() {
        return query;
    }

    /** Why the query is invalid; null if it is valid. */
    public ReadOnlyObjectProperty<Problem> queryProblem() {
        return queryProblem.getReadOnlyProperty();
    }

    /** Whether the neighbours of a random vector are shown, as a baseline. */
    public BooleanProperty random() {
        return random;
    }

    /** Draws another random vector. */
    public void drawRandom() {
        seed++;
        if (random.get()) {
            ask();
        } else {
            random.set(true);
        }
    }

    private void ask() {
        FeatureRef feature = side.feature().get();
        OpenModel model = side.model().get();
        queryProblem.set(null);
        if (feature == null || model == null) {
            neighbours.clear();
            return;
        }
        Optional<NeighbourQuery> of = vector(feature, model);
        if (of.isEmpty()) {
            neighbours.clear();
            return;
        }
        NeighbourSpace in = among.get() == Among.FEATURES
                ? new NeighbourSpace.Decoder(feature.sae())
                : new NeighbourSpace.Tokens(model.id());
        neighbours.askAfresh(new Neighbours(of.get(), in, TOP));
    }

    private Optional<NeighbourQuery> vector(FeatureRef feature, OpenModel model) {
        String typed = query.get();
        if (random.get()) {
            return Optional.of(new NeighbourQuery.RandomVector(seed));
        }
        if (typed.isBlank()) {
            return Optional.of(new NeighbourQuery.Feature(feature.sae(), feature.feature()));
        }
        String words = typed.strip();
        if (words.matches("#\\d{1,9}")) {
            int number = Integer.parseInt(words.substring(1));
            return checked(
                    number,
                    side.sae().get().config().dSae(),
                    "feature",
                    new NeighbourQuery.Feature(feature.sae(), number));
        }
        if (words.matches("token \\d{1,9}")) {
            int id = Integer.parseInt(words.substring(6));
            return checked(id, model.config().vocabularySize(), "token", new NeighbourQuery.Token(model.id(), id));
        }
        List<Integer> ids = texts.encode(typed);
        if (ids.isEmpty()) {
            queryProblem.set(new Problem(
                    "Without a tokenizer a text has no tokens. Ask for a token by its number: token 42", true, ""));
            return Optional.empty();
        }
        return Optional.of(
                ids.size() == 1
                        ? new NeighbourQuery.Token(model.id(), ids.get(0))
                        : new NeighbourQuery.Text(model.id(), ids));
    }

    private Optional<NeighbourQuery> checked(int number, int count, String kind, NeighbourQuery asked) {
        if (number < count) {
            return Optional.of(asked);
        }
        queryProblem.set(
                new Problem("There is no " + kind + " " + number + ": the last one is " + (count - 1), true, ""));
        return Optional.empty();
    }
}
