package loupe.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import loupe.lm.ModelConfig.ExtraNorm;
import loupe.lm.ModelConfig.NormKind;

/** Which parameters a configuration calls for, by {@link LanguageModel}'s names, and with which shapes. */
public final class ParameterShapes {
    private ParameterShapes() {}

    /**
     * Parameters that must be there, in the order of the forward pass. Biases of matrices are optional and checked only
     * if present.
     */
    public static Map<String, Shape> required(ModelConfig config) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        shapes.put("transformer.wte.weight", new Shape(config.vocabularySize(), config.dModel()));
        if (config.wiring().absolutePositions()) {
            shapes.put("transformer.wpe.weight", new Shape(config.context(), config.dModel()));
        }
        for (int layer = 0; layer < config.nLayers(); layer++) {
            String at = "transformer.h." + layer + ".";
            if (config.wiring().inputNorms()) {
                putNorm(shapes, at + "ln_1", config.dModel(), config);
            }
            shapes.put(at + "attn.c_attn.weight", new Shape(config.dModel(), qkvWidth(config)));
            shapes.put(at + "attn.c_proj.weight", new Shape((long) config.nHeads() * config.dHead(), config.dModel()));
            if (config.wiring().headNorms()) {
                putNorm(shapes, at + "attn.q_norm", headNorm(config, config.nHeads()), config);
                putNorm(shapes, at + "attn.k_norm", headNorm(config, config.nKeyValueHeads()), config);
            }
            if (config.wiring().outputNorms()) {
                putNorm(shapes, at + "ln_1_out", config.dModel(), config);
            }
            if (config.wiring().inputNorms()) {
                putNorm(shapes, at + "ln_2", config.dModel(), config);
            }
            if (config.wiring().gatedMlp()) {
                shapes.put(at + "mlp.c_gate.weight", new Shape(config.dModel(), config.dMlp()));
            }
            shapes.put(at + "mlp.c_fc.weight", new Shape(config.dModel(), config.dMlp()));
            shapes.put(at + "mlp.c_proj.weight", new Shape(config.dMlp(), config.dModel()));
            if (config.wiring().outputNorms()) {
                putNorm(shapes, at + "ln_2_out", config.dModel(), config);
            }
        }
        putNorm(shapes, "transformer.ln_f", config.dModel(), config);
        return shapes;
    }

    /** Parameters that some models have. */
    public static Map<String, Shape> optional(ModelConfig config) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        for (int layer = 0; layer < config.nLayers(); layer++) {
            String at = "transformer.h." + layer + ".";
            shapes.put(at + "attn.c_attn.bias", new Shape(qkvWidth(config)));
            shapes.put(at + "attn.c_proj.bias", new Shape(config.dModel()));
            if (config.wiring().gatedMlp()) {
                shapes.put(at + "mlp.c_gate.bias", new Shape(config.dMlp()));
            }
            shapes.put(at + "mlp.c_fc.bias", new Shape(config.dMlp()));
            shapes.put(at + "mlp.c_proj.bias", new Shape(config.dModel()));
        }
        shapes.put("lm_head.weight", new Shape(config.vocabularySize(), config.dModel()));
        shapes.put("lm_head.bias", new Shape(config.vocabularySize()));
        return shapes;
    }

    /**
     * Refuses parameters that do not fit.
     *
     * @param wanted which of the model's parameters should be there
     */
    static void check(ModelConfig config, Map<String, NDArray> parameters, Predicate<String> wanted) {
        Map<String, Shape> required = required(config);
        for (String name : required.keySet()) {
            if (wanted.test(name) && !parameters.containsKey(name)) {
                throw new IllegalArgumentException("parameter " + name + " is missing");
            }
        }
        Map<String, Shape> allowed = optional(config);
        allowed.putAll(required);
        parameters.forEach((name, array) -> {
            Shape expected = allowed.get(name);
            if (expected == null) {
                throw new IllegalArgumentException("parameter " + name + " is not one of this model's");
            }
            if (!expected.equals(array.getShape())) {
                throw new IllegalArgumentException(
                        "parameter " + name + " is " + array.getShape() + ", expected " + expected);
            }
        });
    }

    private static long qkvWidth(ModelConfig config) {
        return (config.nHeads() + 2L * config.nKeyValueHeads()) * config.dHead();
    }

    /** The shape of the gain with which queries or keys are normalised. */
    private static Shape headNorm(ModelConfig config, long heads) {
        Set<ExtraNorm> norms = config.wiring().extraNorms();
        return norms.contains(ExtraNorm.QUERIES_AND_KEYS_BY_HEAD)
                ? new Shape(heads, config.dHead())
                : new Shape(
                        norms.contains(ExtraNorm.ALL_QUERIES_AND_ALL_KEYS) ? heads * config.dHead() : config.dHead());
    }

    private static void putNorm(Map<String, Shape> shapes, String name, int width, ModelConfig config) {
        putNorm(shapes, name, new Shape(width), config);
    }

    private static void putNorm(Map<String, Shape> shapes, String name, Shape shape, ModelConfig config) {
        shapes.put(name + ".weight", shape);
        if (config.wiring().norm() == NormKind.LAYER_NORM) {
            shapes.put(name + ".bias", shape);
        }
    }
}
