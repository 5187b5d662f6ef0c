package loupe.lm;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A model's parameters in the host's memory, ready for a device. Read on any thread, never written after that. */
public final class ModelWeights {
    private final ModelConfig config;
    private final Map<String, HostWeight> weights;

    ModelWeights(ModelConfig config, Map<String, HostWeight> weights) {
        this.config = config;
        this.weights = weights;
    }

    public ModelConfig config() {
        return config;
    }

    /** Size in bytes, here and on the device. */
    public long bytes() {
        return weights.values().stream().mapToLong(weight -> weight.bytes().capacity()).sum();
    }

    /**
     * The model on the owner's device. On the CPU nothing is copied: the arrays are these weights, which the model keeps
     * reachable. (Of direct buffers, only a ByteBuffer is taken over without a copy.)
     *
     * @param owner owns every parameter; closed with the model
     */
    public LanguageModel on(NDManager owner) {
        Map<String, NDArray> parameters = new LinkedHashMap<>();
        weights.forEach((name, weight) -> parameters.put(name, owner.create(weight.bytes(), new Shape(weight.shape()), DataType.FLOAT32)));
        boolean aliased = owner.getDevice().getDeviceType().equals(Device.Type.CPU);
        return new LanguageModel(config, owner, parameters, aliased ? List.copyOf(weights.values()) : List.of());
    }

    /**
     * Gives the memory back at once. To be called by whoever read the weights, when the models made from them on the CPU
     * are closed; nothing may use either afterwards.
     */
    public void free() {
        weights.values().forEach(HostWeight::free);
    }
}
