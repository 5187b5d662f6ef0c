package loupe.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The two matrices of a model that have a row for each token, and the gain of the norm between the residual stream and
 * the second: all that token lists, logit weights and neighbours of tokens need. Device thread only.
 */
public final class Embeddings implements AutoCloseable {
    static final String EMBEDDING = "transformer.wte.weight";
    static final String UNEMBEDDING = "lm_head.weight";
    static final String FINAL_GAIN = "transformer.ln_f.weight";

    private final ModelConfig config;
    private final NDManager owner;
    private final Map<String, NDArray> parameters;
    private final int tokens;
    /** Keeps the memory reachable that the parameters are views of. */
    @SuppressWarnings("unused") // holding it is its use
    private List<?> memory;

    /**
     * Takes over parameters on the device.
     *
     * @param owner of the parameters; closed with this
     * @param parameters by {@link LanguageModel}'s names; shapes are checked
     * @param tokens see {@link #tokens}
     * @param memory what the parameters are views of; kept reachable until this is closed
     * @throws IllegalArgumentException if one is missing or has another shape than the configuration requires
     */
    Embeddings(ModelConfig config, NDManager owner, Map<String, NDArray> parameters, int tokens, List<?> memory) {
        this.config = config;
        this.owner = owner;
        this.parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
        this.tokens = tokens;
        this.memory = memory;
        ParameterShapes.check(config, this.parameters, ModelPart.EMBEDDINGS::has);
    }

    public ModelConfig config() {
        return config;
    }

    /**
     * How many of the vocabulary's first rows are tokens. The rest pad the matrices to a round size; the model may give
     * them probability, but no list of tokens should name them.
     */
    public int tokens() {
        return tokens;
    }

    /** The token embedding W_E, (V, dModel). */
    public NDArray embedding() {
        return need(EMBEDDING);
    }

    /** The unembedding, transposed: (V, dModel). The same array as {@link #embedding} where the two are tied. */
    public NDArray unembedding() {
        return parameters.getOrDefault(UNEMBEDDING, embedding());
    }

    /** The gain of the final norm, (dModel); 1 in a processed model. */
    public NDArray finalGain() {
        return need(FINAL_GAIN);
    }

    /** Every array of these, to be lent together. */
    public Collection<NDArray> weights() {
        return parameters.values();
    }

    /** By {@link LanguageModel}'s names. */
    Map<String, NDArray> parameters() {
        return parameters;
    }

    private NDArray need(String name) {
        return Objects.requireNonNull(parameters.get(name), name);
    }

    @Override
    public void close() {
        owner.close();
        memory = List.of();
    }
}
