package loupe.training.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Function;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;
import loupe.training.FlatParameters;

/**
 * The parameters of a GPT-2 while it learns. Matrices come first, because weight decay is for them only. Linear weights
 * are kept (out, in) here, the layout the engine multiplies fastest; {@link #export} gives GPT-2's (in, out). Device
 * thread only.
 */
public final class GptParameters {
    private static final double INITIAL_DEVIATION = 0.02;

    private final Map<String, Kind> kinds = new LinkedHashMap<>();
    private final Map<String, Shape> shapes = new LinkedHashMap<>();
    private final FlatParameters parameters;
    private final long decayed;

    private enum Kind {
        EMBEDDING,
        LINEAR,
        RESIDUAL_LINEAR,
        BIAS,
        GAIN
    }

    /** All zero until {@link #initialise}. */
    public GptParameters(NDManager manager, ModelConfig config) {
        long d = config.dModel();
        add("wte.weight", Kind.EMBEDDING, config.vocabularySize(), d);
        add("wpe.weight", Kind.EMBEDDING, config.context(), d);
        for (int layer = 0; layer < config.nLayers(); layer++) {
            String block = "h." + layer + ".";
            add(block + "attn.c_attn.weight", Kind.LINEAR, 3 * d, d);
            add(block + "attn.c_proj.weight", Kind.RESIDUAL_LINEAR, d, d);
            add(block + "mlp.c_fc.weight", Kind.LINEAR, config.dMlp(), d);
            add(block + "mlp.c_proj.weight", Kind.RESIDUAL_LINEAR, d, config.dMlp());
        }
        decayed = shapes.values().stream().mapToLong(Shape::size).sum();
        for (int layer = 0; layer < config.nLayers(); layer++) {
            String block = "h." + layer + ".";
            add(block + "ln_1.weight", Kind.GAIN, d);
            add(block + "ln_1.bias", Kind.BIAS, d);
            add(block + "attn.c_attn.bias", Kind.BIAS, 3 * d);
            add(block + "attn.c_proj.bias", Kind.BIAS, d);
            add(block + "ln_2.weight", Kind.GAIN, d);
            add(block + "ln_2.bias", Kind.BIAS, d);
            add(block + "mlp.c_fc.bias", Kind.BIAS, config.dMlp());
            add(block + "mlp.c_proj.bias", Kind.BIAS, d);
        }
        add("ln_f.weight", Kind.GAIN, d);
        add("ln_f.bias", Kind.BIAS, d);
        parameters = new FlatParameters(manager, shapes);
    }

    private void add(String name, Kind kind, long... axes) {
        kinds.put(name, kind);
        shapes.put(name, new Shape(axes));
    }

    /** The tensors and the flat vector they are views of. */
    public FlatParameters flat() {
        return parameters;
    }

    /** How many of the first parameters weight decay applies to. */
    long decayed() {
        return decayed;
    }

    /** A tensor by its GPT-2 name, without {@code transformer.} before it. */
    NDArray get(String name) {
        return parameters.get(name);
    }

    /**
     * Initialises as GPT-2 does: normal with deviation 0.02, projections into the residual stream divided by sqrt(2
     * nLayers).
     */
    public void initialise(long seed, int nLayers) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[Math.toIntExact(parameters.size())];
        int at = 0;
        for (Map.Entry<String, Shape> tensor : shapes.entrySet()) {
            Kind kind = Objects.requireNonNull(kinds.get(tensor.getKey()));
            double deviation =
                    kind == Kind.RESIDUAL_LINEAR ? INITIAL_DEVIATION / Math.sqrt(2.0 * nLayers) : INITIAL_DEVIATION;
            for (long i = 0; i < tensor.getValue().size(); i++) {
                values[at++] = switch (kind) {
                    case GAIN -> 1;
                    case BIAS -> 0;
                    default -> (float) (deviation * FlatParameters.gaussian(random));
                };
            }
        }
        parameters.set(values);
    }

    /** The tensors under their Hugging Face names and in their layout. */
    public Map<String, HostTensor> export() {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        kinds.forEach((name, kind) -> {
            HostTensor tensor = parameters.host(name);
            boolean turned = kind == Kind.LINEAR || kind == Kind.RESIDUAL_LINEAR;
            tensors.put("transformer." + name, turned ? transpose(tensor) : tensor);
        });
        return tensors;
    }

    /**
     * Restores tensors from {@link #export}.
     *
     * @param tensors by their Hugging Face names
     */
    void take(Function<String, HostTensor> tensors) {
        float[] values = new float[Math.toIntExact(parameters.size())];
        int at = 0;
        for (Map.Entry<String, Kind> tensor : kinds.entrySet()) {
            HostTensor stored = tensors.apply("transformer." + tensor.getKey());
            boolean turned = tensor.getValue() == Kind.LINEAR || tensor.getValue() == Kind.RESIDUAL_LINEAR;
            float[] data = (turned ? transpose(stored) : stored).data();
            System.arraycopy(data, 0, values, at, data.length);
            at += data.length;
        }
        parameters.set(values);
    }

    private static HostTensor transpose(HostTensor matrix) {
        int rows = matrix.size(0);
        int columns = matrix.size(1);
        float[] turned = new float[rows * columns];
        for (int row = 0; row < rows; row++) {
            for (int column = 0; column < columns; column++) {
                turned[column * rows + row] = matrix.get(row, column);
            }
        }
        return new HostTensor(turned, columns, rows);
    }
}
