package loupe.lm;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.tensor.DirectMemory;

/** A model's parameters in the host's memory, ready for a device. Read on any thread; then one thread at a time. */
public final class ModelWeights {
    private final ModelConfig config;
    private final Map<String, HostWeight> weights;
    private final int tokens;
    private final Optional<String> doubt;

    /**
     * Takes over weights that have been read.
     *
     * @param tokens see {@link Embeddings#tokens}
     * @param doubt see {@link #doubt}
     */
    public ModelWeights(ModelConfig config, int tokens, Map<String, HostWeight> weights, Optional<String> doubt) {
        this.config = config;
        this.tokens = tokens;
        this.weights = new LinkedHashMap<>(weights);
        this.doubt = doubt;
    }

    /** Why nothing that is computed from them can be trusted, as a sentence without a full stop; usually empty. */
    public Optional<String> doubt() {
        return doubt;
    }

    /** Size in bytes, here and on the device. */
    public long bytes() {
        return weights.values().stream().mapToLong(HostWeight::size).sum();
    }

    /**
     * The model on the owner's device. On the CPU nothing is copied: the arrays are these weights, which the model
     * keeps reachable. (Of direct buffers, only a ByteBuffer is taken over without a copy.) A parameter larger than one
     * buffer is copied nevertheless, its memory here given back buffer by buffer, and these weights cannot be used for
     * another model, nor again if this fails.
     *
     * @param owner owns every parameter; closed with the model
     */
    public LanguageModel on(NDManager owner) {
        Map<String, NDArray> parameters = arrays(owner);
        return new LanguageModel(config, owner, parameters, tokens, memory(owner));
    }

    /**
     * The model of these layers and of embeddings that are on the owner's device already. As {@link #on(NDManager)}.
     *
     * @param owner owns the parameters of the layers
     * @param embeddings stay when the model is closed
     */
    public LanguageModel on(NDManager owner, Embeddings embeddings) {
        Map<String, NDArray> layers = arrays(owner);
        return new LanguageModel(owner, layers, embeddings, memory(owner));
    }

    /** The embeddings alone, if these are no more than {@link ModelPart#EMBEDDINGS}. As {@link #on(NDManager)}. */
    public Embeddings embeddingsOn(NDManager owner) {
        Map<String, NDArray> parameters = arrays(owner);
        return new Embeddings(config, owner, parameters, tokens, memory(owner));
    }

    private Map<String, NDArray> arrays(NDManager owner) {
        Map<String, NDArray> parameters = new LinkedHashMap<>();
        weights.forEach((name, weight) -> parameters.put(
                name,
                weight.blocks().size() == 1
                        ? owner.create(weight.blocks().get(0), new Shape(weight.shape()), DataType.FLOAT32)
                        : copy(owner, weight)));
        return parameters;
    }

    /** What arrays on the owner's device are views of. */
    private List<?> memory(NDManager owner) {
        if (!owner.getDevice().getDeviceType().equals(Device.Type.CPU)) {
            return List.of();
        }
        weights.values().removeIf(weight -> weight.blocks().size() > 1);
        return List.copyOf(weights.values());
    }

    /** Takes the parameters of a part out of these. */
    public ModelWeights take(ModelPart part) {
        Map<String, HostWeight> taken = new LinkedHashMap<>(weights);
        taken.keySet().removeIf(name -> !part.has(name));
        weights.keySet().removeAll(taken.keySet());
        return new ModelWeights(config, tokens, taken, doubt);
    }

    private static NDArray copy(NDManager owner, HostWeight weight) {
        NDArray whole = owner.create(new Shape(weight.shape()), DataType.FLOAT32);
        long first = 0;
        for (ByteBuffer block : weight.blocks()) {
            long rows = block.capacity() / 4 / weight.width();
            try (NDArray part = owner.create(block, new Shape(rows, weight.width()), DataType.FLOAT32)) {
                whole.set(new NDIndex("{}:{}", first, first + rows), part);
            }
            DirectMemory.free(block);
            first += rows;
        }
        return whole;
    }

    /**
     * Frees the memory at once. To be called by whoever read the weights, when the models made from them on the CPU are
     * closed; nothing may use either afterwards.
     */
    public void free() {
        weights.values().forEach(HostWeight::free);
    }
}
