package loupe.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;

/**
 * The parameters of a GPT-2 while it learns: one flat float32 vector, so that the optimiser takes a handful of operations
 * however many tensors there are, and one view of it per tensor. Matrices come first, because weight decay is for them
 * only. Linear weights are kept (out, in) here, the layout the engine multiplies fastest; {@link #export} gives GPT-2's
 * (in, out). Device thread only; lives as long as its manager.
 */
final class GptParameters {
    private static final double INITIAL_DEVIATION = 0.02;

    private final List<Tensor> layout = new ArrayList<>();
    private final Map<String, NDArray> views = new LinkedHashMap<>();
    private final NDArray flat;
    private final long decayed;

    private enum Kind { EMBEDDING, LINEAR, RESIDUAL_LINEAR, BIAS, GAIN }

    private record Tensor(String name, Kind kind, long offset, Shape shape) {}

    /** All zero until {@link #initialise} or {@link #set}. */
    GptParameters(NDManager manager, ModelConfig config) {
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
        decayed = size();
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
        flat = manager.zeros(new Shape(size()));
        for (Tensor tensor : layout) {
            NDArray view = flat.get(new NDIndex(tensor.offset + ":" + (tensor.offset + tensor.shape.size()))).reshape(tensor.shape);
            views.put(tensor.name, view);
        }
    }

    private void add(String name, Kind kind, long... axes) {
        layout.add(new Tensor(name, kind, size(), new Shape(axes)));
    }

    /** Number of parameters. */
    long size() {
        if (layout.isEmpty()) {
            return 0;
        }
        Tensor last = layout.get(layout.size() - 1);
        return last.offset + last.shape.size();
    }

    /** How many of the first parameters weight decay applies to. */
    long decayed() {
        return decayed;
    }

    NDArray flat() {
        return flat;
    }

    /** A tensor by its GPT-2 name, without {@code transformer.} before it. */
    NDArray get(String name) {
        return views.get(name);
    }

    /** All tensors, in the order of the flat vector. */
    List<NDArray> all() {
        return List.copyOf(views.values());
    }

    /** Starts as GPT-2 does: normal with deviation 0.02, projections into the residual stream divided by sqrt(2 nLayers). */
    void initialise(long seed, int nLayers) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[Math.toIntExact(size())];
        for (Tensor tensor : layout) {
            double deviation = tensor.kind == Kind.RESIDUAL_LINEAR ? INITIAL_DEVIATION / Math.sqrt(2.0 * nLayers) : INITIAL_DEVIATION;
            for (int i = 0; i < tensor.shape.size(); i++) {
                values[(int) tensor.offset + i] = switch (tensor.kind) {
                    case GAIN -> 1;
                    case BIAS -> 0;
                    default -> (float) (deviation * gaussian(random));
                };
            }
        }
        set(values);
    }

    private static double gaussian(SplittableRandom random) {
        double radius = Math.sqrt(-2 * Math.log(1 - random.nextDouble()));
        return radius * Math.cos(2 * Math.PI * random.nextDouble());
    }

    /** Whether operations on the tensors are recorded for gradients. Off while the model is only asked. */
    void setLearning(boolean learning) {
        views.values().forEach(view -> view.setRequiresGradient(learning));
    }

    /** Overwrites all parameters. */
    void set(float[] values) {
        Flat.write(flat, values);
    }

    /** The tensors under their Hugging Face names and in their layout. */
    Map<String, HostTensor> export() {
        float[] values = Flat.read(flat);
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        for (Tensor tensor : layout) {
            int[] shape = java.util.stream.LongStream.of(tensor.shape.getShape()).mapToInt(Math::toIntExact).toArray();
            int offset = Math.toIntExact(tensor.offset);
            boolean transposed = tensor.kind == Kind.LINEAR || tensor.kind == Kind.RESIDUAL_LINEAR;
            float[] data = new float[Math.toIntExact(tensor.shape.size())];
            for (int i = 0; i < data.length; i++) {
                int target = transposed ? i % shape[1] * shape[0] + i / shape[1] : i;
                data[target] = values[offset + i];
            }
            tensors.put("transformer." + tensor.name,
                    transposed ? new HostTensor(data, shape[1], shape[0]) : new HostTensor(data, shape));
        }
        return tensors;
    }
}
