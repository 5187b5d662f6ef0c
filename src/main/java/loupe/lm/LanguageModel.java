package loupe.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.core.Embedding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import loupe.base.Cancellation;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.base.Refusal;
import loupe.lm.ModelConfig.Wiring;
import org.jspecify.annotations.Nullable;

/**
 * A transformer on the device. Device thread only.
 *
 * <p>Parameters go by the names and layouts of Hugging Face's GPT-2, whatever the family:
 * {@code transformer.wte.weight} (V, dModel), {@code transformer.h.0.attn.c_attn.weight} (dModel, (nHeads + 2
 * nKeyValueHeads) dHead) and so on, matrices as (in, out). Where the family has no such tensor it is absent:
 * {@code lm_head.weight} (V, dModel) when the unembedding is the embedding, any bias, {@code transformer.wpe.weight}
 * with rotary positions.
 *
 * <p>The forward pass is differentiable in all of them and never starts an operation from a parameter, so that its
 * results belong to the step even when the parameters' manager is capped. It writes no parameter.
 */
public final class LanguageModel implements AutoCloseable {
    private static final String PREFIX = "transformer.";

    private final ModelConfig config;
    private final NDManager weights;
    private final Map<String, NDArray> parameters;
    private final List<TransformerBlock> blocks = new ArrayList<>();
    private final Norm finalNorm;
    private final Embeddings embeddings;
    /** Keeps the memory reachable that the parameters are views of. */
    @SuppressWarnings("unused") // holding it is its use
    private List<?> memory;

    /**
     * @param weights owner of the parameters; closed with the model
     * @param parameters by name; shapes are checked
     * @throws IllegalArgumentException if one is missing or has another shape than the configuration requires
     */
    public LanguageModel(ModelConfig config, NDManager weights, Map<String, NDArray> parameters) {
        this(config, weights, parameters, config.vocabularySize(), List.of());
    }

    /**
     * @param tokens see {@link Embeddings#tokens}
     * @param memory what the parameters are views of; kept reachable until the model is closed
     */
    LanguageModel(ModelConfig config, NDManager weights, Map<String, NDArray> parameters, int tokens, List<?> memory) {
        this(
                config,
                weights,
                parameters,
                new Embeddings(config, weights, ofEmbeddings(parameters), tokens, memory),
                memory);
    }

    /**
     * A model of embeddings that are on the device already, and stay when it is closed.
     *
     * @param weights owner of the other parameters
     * @param layers the other parameters
     */
    LanguageModel(NDManager weights, Map<String, NDArray> layers, Embeddings embeddings, List<?> memory) {
        this(embeddings.config(), weights, together(embeddings.parameters(), layers), embeddings, memory);
    }

    private LanguageModel(
            ModelConfig config,
            NDManager weights,
            Map<String, NDArray> parameters,
            Embeddings embeddings,
            List<?> memory) {
        this.memory = memory;
        this.embeddings = embeddings;
        this.config = config;
        this.weights = weights;
        this.parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
        ParameterShapes.check(config, this.parameters, name -> true);
        for (int layer = 0; layer < config.nLayers(); layer++) {
            blocks.add(block(layer));
        }
        finalNorm = norm("ln_f");
    }

    private static Map<String, NDArray> ofEmbeddings(Map<String, NDArray> parameters) {
        Map<String, NDArray> some = new LinkedHashMap<>(parameters);
        some.keySet().removeIf(ModelPart.LAYERS::has);
        return some;
    }

    private static Map<String, NDArray> together(Map<String, NDArray> some, Map<String, NDArray> others) {
        Map<String, NDArray> all = new LinkedHashMap<>(some);
        all.putAll(others);
        return all;
    }

    private TransformerBlock block(int layer) {
        String at = "h." + layer + ".";
        Wiring wiring = config.wiring();
        Attention attention = new Attention(
                layer,
                config.nHeads(),
                config.nKeyValueHeads(),
                config.dHead(),
                config.attention().get(layer),
                config.scaling().scoreCap(),
                need(at + "attn.c_attn.weight"),
                find(at + "attn.c_attn.bias"),
                wiring.headNorms() ? norm(at + "attn.q_norm") : null,
                wiring.headNorms() ? norm(at + "attn.k_norm") : null,
                need(at + "attn.c_proj.weight"),
                find(at + "attn.c_proj.bias"));
        Mlp mlp = new Mlp(
                layer,
                config.activation(),
                find(at + "mlp.c_gate.weight"),
                find(at + "mlp.c_gate.bias"),
                need(at + "mlp.c_fc.weight"),
                find(at + "mlp.c_fc.bias"),
                need(at + "mlp.c_proj.weight"),
                find(at + "mlp.c_proj.bias"));
        return new TransformerBlock(
                layer,
                wiring.inputNorms() ? norm(at + "ln_1") : null,
                attention,
                wiring.outputNorms() ? norm(at + "ln_1_out") : null,
                wiring.inputNorms() ? norm(at + "ln_2") : null,
                mlp,
                wiring.outputNorms() ? norm(at + "ln_2_out") : null,
                wiring.parallel(),
                config.scaling().residual());
    }

    private Norm norm(String name) {
        return new Norm(config.wiring().norm(), need(name + ".weight"), find(name + ".bias"), config.normEpsilon());
    }

    private NDArray need(String name) {
        return Objects.requireNonNull(find(name), name);
    }

    private @Nullable NDArray find(String name) {
        return parameters.get(PREFIX + name);
    }

    public ModelConfig config() {
        return config;
    }

    /** All parameters by name; not to be written except by a trainer. */
    public Map<String, NDArray> parameters() {
        return parameters;
    }

    /** Embedding, unembedding and final norm by themselves. */
    public Embeddings embeddings() {
        return embeddings;
    }

    /** As {@link Embeddings#tokens}. */
    public int tokens() {
        return embeddings.tokens();
    }

    /** As {@link Embeddings#embedding}. */
    public NDArray embedding() {
        return embeddings.embedding();
    }

    /** As {@link Embeddings#unembedding}. */
    public NDArray unembedding() {
        return embeddings.unembedding();
    }

    /** Forbids attaching arrays to the parameters' manager from now on, so that a forgotten lending fails at once. */
    public LanguageModel seal() {
        weights.cap();
        return this;
    }

    /** Logits of all positions of the input, (B, T, V), without hooks or cache. */
    public NDArray forward(NDManager step, Input input) {
        return forward(step, input, Hook.NONE, null, Logits.ALL, new Cancellation());
    }

    /**
     * Runs the model.
     *
     * @param step owner of the result and of everything shown to the hook
     * @param cache earlier tokens to attend to, and the place to collect keys and values; may be null
     * @return logits of the positions of {@code which}; for {@link Logits#NONE} the residual stream leaving the last
     *     block; or, if the hook stopped the pass, the value at its last place
     * @throws IllegalArgumentException if a token id or position is out of range or a ghost has another width than
     *     dModel
     * @throws java.util.concurrent.CancellationException between layers, if cancelled
     */
    public NDArray forward(
            NDManager step,
            Input input,
            Hook hook,
            @Nullable KeyValueCache cache,
            Logits which,
            Cancellation cancellation) {
        Pass pass = new Pass(step, hook, cache, cancellation);
        return through(pass, step, input, embed(pass, step, input), 0, which);
    }

    /**
     * Runs the model from a layer on, so that runs that differ only there share what is before.
     *
     * @param layer the first block that is computed
     * @param residual entering it, (B, T, dModel); stays its owner's
     * @param input the tokens that it comes from; their ids and ghosts are not read
     * @return as {@link #forward(NDManager, Input, Hook, KeyValueCache, Logits, Cancellation)}
     * @throws IllegalArgumentException if there is no such layer
     */
    public NDArray forwardFrom(
            NDManager step,
            int layer,
            NDArray residual,
            Input input,
            Hook hook,
            @Nullable KeyValueCache cache,
            Logits which,
            Cancellation cancellation) {
        Objects.checkIndex(layer, blocks.size());
        return through(new Pass(step, hook, cache, cancellation), step, input, own(step, residual), layer, which);
    }

    /**
     * Runs one block, so that a batch may grow from one to the next.
     *
     * @param layer the block
     * @param residual entering it, (B, T, dModel); stays its owner's
     * @param input the tokens that it comes from; their ids and ghosts are not read
     * @param cache as in {@link #forward(NDManager, Input, Hook, KeyValueCache, Logits, Cancellation)}
     * @return the residual stream leaving it, of the same shape; or, if the hook stopped there, the value at its last
     *     place
     */
    public NDArray block(
            NDManager step,
            int layer,
            NDArray residual,
            Input input,
            Hook hook,
            @Nullable KeyValueCache cache,
            Cancellation cancellation) {
        Pass pass = new Pass(step, hook, cache, cancellation);
        PositionContext places = new PositionContext(step, input, pass.cache());
        pass.checkCancelled();
        try (NDArray x = own(step, residual)) {
            NDArray next = pass.scoped(x, in -> blocks.get(layer).apply(pass, in, places, false));
            return pass.isStopped() ? pass.stoppedWith() : next;
        }
    }

    /** The same storage under a handle of the step. */
    private static NDArray own(NDManager step, NDArray residual) {
        NDArray x = residual.reshape(residual.getShape());
        x.attach(step);
        return x;
    }

    /** The blocks from one on, final norm and unembedding; x is closed. */
    private NDArray through(Pass pass, NDManager step, Input input, NDArray first, int layer, Logits which) {
        NDArray x = first;
        PositionContext places = new PositionContext(step, input, pass.cache());
        for (TransformerBlock block : blocks.subList(layer, blocks.size())) {
            pass.checkCancelled();
            if (pass.isStopped()) {
                return pass.stoppedWith();
            }
            boolean lastOnly =
                    which.ofLastPosition() && block.layer() == blocks.size() - 1 && block.mayGiveLastOnly(pass);
            NDArray next = pass.scoped(x, in -> block.apply(pass, in, places, lastOnly));
            x.close();
            x = next;
        }
        if (pass.isStopped()) {
            return pass.stoppedWith();
        }
        if (which.endsWithResidual()
                && (pass.wants(Site.LN_FINAL_SCALE, HookPoint.NO_LAYER)
                        || pass.wants(Site.LN_FINAL_NORMALIZED, HookPoint.NO_LAYER))) {
            pass.scoped(x, in -> finalNorm.apply(pass, in, Site.LN_FINAL_NORMALIZED, HookPoint.NO_LAYER))
                    .close();
            if (pass.isStopped()) {
                return pass.stoppedWith();
            }
        }
        long given = x.getShape().get(1);
        NDArray end = which.ofLastPosition() && given > 1 ? x.get(":, {}:", given - 1) : x;
        if (which.endsWithResidual()) {
            return end;
        }
        NDArray logits = pass.scoped(
                end, in -> unembed(finalNorm.apply(pass, in, Site.LN_FINAL_NORMALIZED, HookPoint.NO_LAYER)));
        return pass.isStopped() ? pass.stoppedWith() : logits;
    }

    /** Logits from residual streams leaving the last block: final norm, then unembedding. (.., dModel) to (.., V). */
    public NDArray logits(NDArray residual) {
        Pass pass = new Pass(residual.getManager(), Hook.NONE, null, new Cancellation());
        return pass.scoped(
                residual, in -> unembed(finalNorm.apply(pass, in, Site.LN_FINAL_NORMALIZED, HookPoint.NO_LAYER)));
    }

    /**
     * Residual streams leaving the last block through the final norm, of the same shape: what {@link #logits(NDArray,
     * int, int)} takes.
     */
    public NDArray finalNorm(NDArray residual) {
        Pass pass = new Pass(residual.getManager(), Hook.NONE, null, new Cancellation());
        return pass.scoped(residual, in -> finalNorm.apply(pass, in, Site.LN_FINAL_NORMALIZED, HookPoint.NO_LAYER));
    }

    /**
     * Logits of some rows of the vocabulary, first to end (exclusive), of the manager of {@code normalised}: (..,
     * dModel) to (.., end - first).
     *
     * @param normalised from {@link #finalNorm}
     */
    public NDArray logits(NDArray normalised, int first, int end) {
        String rows = first + ":" + end;
        NDArray bias = parameters.get("lm_head.bias");
        try (NDArray weight = unembedding().get(rows)) {
            if (bias == null) {
                return unembed(normalised, weight, null);
            }
            try (NDArray some = bias.get(rows)) {
                return unembed(normalised, weight, some);
            }
        }
    }

    private NDArray unembed(NDArray x) {
        return unembed(x, unembedding(), parameters.get("lm_head.bias"));
    }

    private NDArray unembed(NDArray x, NDArray weight, @Nullable NDArray bias) {
        NDArray product = FewRows.timesTransposed(x, weight);
        NDArray logits = bias == null ? product : product.addi(bias);
        OptionalDouble cap = config.scaling().logitCap();
        return cap.isEmpty()
                ? logits
                : Scalars.mul(Scalars.divi(logits, cap.getAsDouble()).tanh(), cap.getAsDouble());
    }

    /**
     * Token embeddings with ghosts in their places, scaled, plus position embeddings if the model has them: (B, T,
     * dModel).
     */
    private NDArray embed(Pass pass, NDManager step, Input input) {
        Shape shape = new Shape(input.rows(), input.length());
        long[] ids = input.flatIds();
        for (long id : ids) {
            if (id < 0 || id >= config.vocabularySize()) {
                throw new Refusal(
                        "There is no token " + id,
                        "0 to " + (config.vocabularySize() - 1),
                        "Choose ids of the model's own tokenizer");
            }
        }
        int[][] positions = input.positions();
        for (int[] row : positions) {
            int last = Arrays.stream(row).max().orElseThrow();
            if (row[0] < 0 || last >= config.context()) {
                throw new Refusal(
                        "The text has " + (last + 1) + " tokens",
                        "at most " + config.context() + ", the model's context",
                        "Shorten it");
            }
        }
        NDArray tokens = lookUp(step.create(ids, shape), embedding());
        if (!input.ghosts().isEmpty()) {
            tokens = replace(step, tokens, input.ghosts());
        }
        if (config.scaling().embedding() != 1) {
            tokens = Scalars.mul(tokens, config.scaling().embedding());
        }
        tokens = pass.show(Site.EMBED, HookPoint.NO_LAYER, tokens);
        if (!config.wiring().absolutePositions() || pass.isStopped()) {
            return tokens;
        }
        long[] flat = new long[positions.length * input.length()];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = positions[i / input.length()][i % input.length()];
        }
        NDArray places = lookUp(step.create(flat, new Shape(positions.length, input.length())), need("wpe.weight"));
        if (pass.wants(Site.POS_EMBED, HookPoint.NO_LAYER)) {
            places = pass.show(Site.POS_EMBED, HookPoint.NO_LAYER, places.broadcast(tokens.getShape()));
        }
        return tokens.add(places);
    }

    /**
     * Appends the ghosts to the embeddings as further rows and picks, for each place, its token's row or its ghost's.
     */
    private NDArray replace(NDManager step, NDArray tokens, List<Ghost> ghosts) {
        int dModel = config.dModel();
        long length = tokens.getShape().get(1);
        int places = (int) (tokens.getShape().get(0) * length);
        long[] pick = new long[places];
        for (int i = 0; i < places; i++) {
            pick[i] = i;
        }
        float[] vectors = new float[ghosts.size() * dModel];
        for (int g = 0; g < ghosts.size(); g++) {
            Ghost ghost = ghosts.get(g);
            if (ghost.vector().length != dModel) {
                throw new Refusal(
                        "The ghost has " + ghost.vector().length + " dimensions",
                        dModel + ", the width of the model's embedding",
                        "Choose a vector made for this model");
            }
            System.arraycopy(ghost.vector(), 0, vectors, g * dModel, dModel);
            pick[Math.toIntExact(ghost.row() * length + ghost.position())] = Math.addExact(places, g);
        }
        NDArray rows = tokens.reshape(places, dModel).concat(step.create(vectors, new Shape(ghosts.size(), dModel)), 0);
        return lookUp(step.create(pick, new Shape(tokens.getShape().get(0), length)), rows);
    }

    private static NDArray lookUp(NDArray indices, NDArray table) {
        return Embedding.embedding(indices, table, SparseFormat.DENSE).singletonOrThrow();
    }

    @Override
    public void close() {
        weights.close();
        memory = List.of();
    }
}
