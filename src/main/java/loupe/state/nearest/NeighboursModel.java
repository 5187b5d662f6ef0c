package loupe.state.nearest;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
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
import loupe.analysis.features.VectorExpression;
import loupe.analysis.features.VectorFile;
import loupe.base.Problem;
import loupe.base.Refusal;
import loupe.inference.OpenModel;
import loupe.inference.Priority;
import loupe.inference.SaeId;
import loupe.sae.SaeConfig;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.CheckpointSide;
import loupe.state.window.FeatureRef;
import loupe.state.window.VocabularyTexts;
import loupe.state.window.Workbench;
import loupe.tensor.HostTensor;
import org.jspecify.annotations.Nullable;

/**
 * The nearest neighbours of a vector: features by decoder cosine, or tokens by embedding cosine. The vector is the
 * side's feature, a token, the mean of a text's tokens, one of a file, or random. JavaFX thread only.
 */
public final class NeighboursModel {
    private static final int TOP = 50;

    /** The vectors among which neighbours are searched. */
    public enum Among {
        FEATURES,
        TOKENS
    }

    /** The vectors by which features are compared. */
    public enum FeaturesBy {
        DECODER,
        ENCODER
    }

    /** The vectors by which tokens are compared. */
    public enum TokensBy {
        EMBEDDING,
        UNEMBEDDING,
        /** Per-token decoder biases, of a tokenized autoencoder only. */
        BIAS
    }

    private final CheckpointSide side;
    private final VocabularyTexts texts;
    private final ResultSlot<Neighbours.Answer> neighbours;
    private final ResultSlot<HostTensor> fileVector;
    private final ObjectProperty<Among> among = new SimpleObjectProperty<>(this, "among", Among.FEATURES);
    private final ObjectProperty<FeaturesBy> featuresBy =
            new SimpleObjectProperty<>(this, "featuresBy", FeaturesBy.DECODER);
    private final ObjectProperty<TokensBy> tokensBy = new SimpleObjectProperty<>(this, "tokensBy", TokensBy.EMBEDDING);
    private final StringProperty query = new SimpleStringProperty(this, "query", "");
    private final BooleanProperty random = new SimpleBooleanProperty(this, "random", false);
    private final ReadOnlyObjectWrapper<Problem> queryProblem = new ReadOnlyObjectWrapper<>(this, "queryProblem");
    private final ObservableValue<PaneStatus> status;
    private long seed = 1;
    /** Whether the query came by a click elsewhere, so that the next feature ends it. */
    private boolean passing;
    /** Whether the query came from a session, so that a file that cannot be read any more ends it. */
    private boolean recalled;

    public NeighboursModel(Workbench workbench, CheckpointSide side, VocabularyTexts texts) {
        this.side = side;
        this.texts = texts;
        neighbours = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        fileVector = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        status = new PaneStatusBinding()
                .fails(neighbours)
                .isEmpty(
                        () -> side.feature().get() == null
                                ? side.whyEmpty("to see what lies nearest to it")
                                : needsModel() ? side.whyEmpty("to see which tokens lie nearest") : "",
                        side.feature(),
                        side.model(),
                        among,
                        tokensBy)
                .offers(side::need, side.model(), side.sae())
                .awaits(fileVector, neighbours);
        side.feature().addListener((property, was, is) -> {
            if (random.get() || passing) {
                showFeature();
            }
            ask();
        });
        side.model().addListener(changed -> ask());
        among.addListener(changed -> ask());
        featuresBy.addListener(changed -> ask());
        tokensBy.addListener(changed -> ask());
        query.addListener(changed -> {
            random.set(false);
            passing = false;
            recalled = false;
            ask();
        });
        fileVector.valueProperty().addListener(changed -> showFileVector());
        fileVector.problemProperty().addListener(changed -> showFileVector());
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

    public ObjectProperty<FeaturesBy> featuresBy() {
        return featuresBy;
    }

    public ObjectProperty<TokensBy> tokensBy() {
        return tokensBy;
    }

    /**
     * The query: empty for the side's feature, else a {@link VectorExpression}, a {@link VectorFile}, or a text: one
     * token if it is one, the mean of its tokens if it is several.
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

    /** Shows the neighbours of a token among tokens until another feature is chosen. */
    public void askOfToken(int id) {
        among.set(Among.TOKENS);
        query.set("token " + id);
        passing = true;
    }

    /** Shows the neighbours of the vector in a file, which is read once more if they are shown already. */
    public void showFile(Path file) {
        fileVector.clear();
        String words = new VectorFile(file, "").words();
        if (words.equals(query.get()) && !random.get()) {
            ask();
        } else {
            query.set(words);
            random.set(false);
        }
    }

    /**
     * Asks what was typed, where a file without a folder is the one that is shown already, if that has its name. What
     * was refused is tried again.
     */
    public void askTyped(String typed) {
        Optional<Path> shown = VectorFile.of(query.get()).map(VectorFile::file);
        String words = VectorFile.of(typed)
                .filter(named -> shown.map(Path::getFileName).equals(Optional.of(named.file())))
                .map(named -> new VectorFile(shown.get(), named.name()).words())
                .orElse(typed);
        if (words.equals(query.get()) && queryProblem.get() != null) {
            ask();
        } else {
            query.set(words);
        }
    }

    /** What a field shows for the query: itself, but of a file only the name. */
    public static String shortWords(String query) {
        return VectorFile.of(query).map(VectorFile::shortWords).orElse(query);
    }

    /** The query that a session keeps: none if it came by a click elsewhere. */
    public String keptQuery() {
        return passing ? "" : query.get();
    }

    /** Restores what a session kept; a file that cannot be read any more leaves the side's feature. */
    public void recallQuery(String kept) {
        query.set(kept);
        recalled = true;
        showFileVector();
    }

    /** Shows the neighbours of the side's feature again. */
    public void showFeature() {
        if (passing) {
            among.set(Among.FEATURES);
        }
        random.set(false);
        query.set("");
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
        if (feature == null || (model == null && needsModel())) {
            fileVector.clear();
            neighbours.clear();
            return;
        }
        Optional<VectorFile> file = random.get() ? Optional.empty() : VectorFile.of(query.get());
        if (file.isPresent()) {
            fileVector.askAfresh(reading(file.get(), model));
            if (fileVector.isPending()) {
                neighbours.clear();
            }
            showFileVector();
            return;
        }
        fileVector.clear();
        Optional<NeighbourQuery> of = vector(feature, model);
        if (of.isEmpty()) {
            neighbours.clear();
            return;
        }
        neighbours.askAfresh(new Neighbours(of.get(), space(feature.sae(), model), TOP));
    }

    /** Asks for the neighbours of the vector that was read, or says why there is none. */
    private void showFileVector() {
        FeatureRef feature = side.feature().get();
        Problem refused = fileVector.getProblem();
        if (refused != null && recalled) {
            query.set("");
        } else if (refused != null) {
            neighbours.clear();
            queryProblem.set(refused);
        } else if (fileVector.getValue() != null && feature != null) {
            recalled = false;
            neighbours.askAfresh(new Neighbours(
                    new NeighbourQuery.Vector(fileVector.getValue()),
                    space(feature.sae(), side.model().get()),
                    TOP));
        }
    }

    private VectorReading reading(VectorFile file, @Nullable OpenModel model) {
        SaeConfig sae = side.sae().get().config();
        if (among.get() == Among.FEATURES) {
            return featuresBy.get() == FeaturesBy.DECODER
                    ? new VectorReading(file, sae.dOut(), "the decoder directions")
                    : new VectorReading(file, sae.dIn(), "the encoder directions");
        }
        return switch (tokensBy.get()) {
            case EMBEDDING ->
                new VectorReading(file, Objects.requireNonNull(model).config().dModel(), "the embeddings");
            case UNEMBEDDING ->
                new VectorReading(file, Objects.requireNonNull(model).config().dModel(), "the unembeddings");
            case BIAS -> new VectorReading(file, sae.dOut(), "the biases");
        };
    }

    /** Whether what is compared with belongs to the model. */
    private boolean needsModel() {
        return among.get() == Among.TOKENS && tokensBy.get() != TokensBy.BIAS;
    }

    /** @param model open if the space is one of the model's */
    private NeighbourSpace space(SaeId sae, @Nullable OpenModel model) {
        if (among.get() == Among.FEATURES) {
            return featuresBy.get() == FeaturesBy.DECODER
                    ? new NeighbourSpace.Decoder(sae)
                    : new NeighbourSpace.Encoder(sae);
        }
        return switch (tokensBy.get()) {
            case EMBEDDING ->
                new NeighbourSpace.Tokens(Objects.requireNonNull(model).id());
            case UNEMBEDDING ->
                new NeighbourSpace.Unembedding(Objects.requireNonNull(model).id());
            case BIAS -> new NeighbourSpace.Biases(sae);
        };
    }

    /** The vector that is asked for; empty if it is refused. */
    private Optional<NeighbourQuery> vector(FeatureRef feature, @Nullable OpenModel model) {
        String typed = query.get();
        if (random.get()) {
            return Optional.of(new NeighbourQuery.RandomVector(seed));
        }
        if (typed.isBlank()) {
            return Optional.of(new NeighbourQuery.Feature(feature.sae(), feature.feature()));
        }
        VectorExpression words = new VectorExpression(
                Optional.ofNullable(model).map(OpenModel::id),
                model == null ? 0 : model.config().vocabularySize(),
                Optional.of(feature.sae()),
                side.sae().get().config().dSae(),
                this::encode);
        try {
            return Optional.of(words.read(typed).orElseGet(() -> words.text(typed)));
        } catch (Refusal e) {
            queryProblem.set(Problem.of(e));
            return Optional.empty();
        }
    }

    private List<Integer> encode(String text) {
        List<Integer> ids = texts.encode(text);
        if (ids.isEmpty()) {
            throw new Refusal(
                    "Without a tokenizer a text has no tokens", "", "Ask for a token by its number: token 42");
        }
        return ids;
    }
}
