package loupe.training.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.norm.LayerNorm;
import java.util.function.UnaryOperator;
import loupe.lm.ModelConfig;
import loupe.lm.Scalars;

/**
 * GPT-2's forward pass written for gradients: fused linear layers, no hooks, no cache. It computes what
 * {@link loupe.lm.LanguageModel} computes from the exported weights. Device thread only.
 */
public final class Gpt {
    private static final float MASKED = -1e9f;

    private final ModelConfig config;
    private final GptParameters parameters;
    private final NDArray causal;

    public Gpt(NDManager manager, ModelConfig config) {
        this.config = config;
        this.parameters = new GptParameters(manager, config);
        int context = config.context();
        float[] mask = new float[context * context];
        for (int q = 0; q < context; q++) {
            for (int k = q + 1; k < context; k++) {
                mask[q * context + k] = MASKED;
            }
        }
        this.causal = manager.create(mask, new Shape(context, context));
    }

    public ModelConfig config() {
        return config;
    }

    public GptParameters parameters() {
        return parameters;
    }

    /**
     * Negative log likelihoods in nats, (N, S).
     *
     * @param inputs token ids, (B, T)
     * @param places where in the flattened inputs to ask for the next token, (N), int64
     * @param targets the token that follows each of them, (N), or several for each, (N, S), int64
     */
    public NDArray losses(NDArray inputs, NDArray places, NDArray targets) {
        return losses(inputs, places, targets, 0);
    }

    /**
     * @param dropout share of the embedding and of what each layer adds that is left out at random, the rest made
     *     larger
     */
    NDArray losses(NDArray inputs, NDArray places, NDArray targets, float dropout) {
        UnaryOperator<NDArray> drop = dropout == 0
                ? UnaryOperator.identity()
                : x -> Dropout.dropout(x, dropout, true).singletonOrThrow();
        NDArray hidden = Embedding.embedding(places, hidden(inputs, UnaryOperator.identity(), drop), SparseFormat.DENSE)
                .singletonOrThrow();
        return logits(hidden)
                .logSoftmax(-1)
                .gather(targets.reshape(places.size(), -1), 1)
                .neg();
    }

    /** Scores of the next token, (N, V), from final residual vectors (N, dModel) after the last norm. */
    public NDArray logits(NDArray hidden) {
        return Linear.linear(hidden, parameters.get("wte.weight")).singletonOrThrow();
    }

    /**
     * The residual stream after the last norm, (B*T, dModel).
     *
     * @param inputs token ids, (B, T), T at most the context
     * @param middle applied to the residual stream entering the middle block, (B*T, dModel)
     */
    public NDArray hidden(NDArray inputs, UnaryOperator<NDArray> middle) {
        return hidden(inputs, middle, UnaryOperator.identity());
    }

    private NDArray hidden(NDArray inputs, UnaryOperator<NDArray> middle, UnaryOperator<NDArray> drop) {
        long rows = inputs.getShape().get(0);
        long length = inputs.getShape().get(1);
        long d = config.dModel();
        NDArray positions = parameters.get("wpe.weight");
        NDArray mask = causal;
        if (length < config.context()) {
            positions = positions.get("0:" + length);
            mask = causal.get("0:" + length + ",0:" + length);
        }
        NDArray x = Embedding.embedding(inputs, parameters.get("wte.weight"), SparseFormat.DENSE)
                .singletonOrThrow()
                .add(positions)
                .reshape(rows * length, d);
        x = drop.apply(x);
        for (int layer = 0; layer < config.nLayers(); layer++) {
            if (layer == config.nLayers() / 2) {
                x = middle.apply(x);
            }
            String block = "h." + layer + ".";
            x = x.add(drop.apply(attention(norm(x, block + "ln_1"), block + "attn.", rows, length, mask)));
            NDArray inner = Activation.gelu(linear(norm(x, block + "ln_2"), block + "mlp.c_fc"));
            x = x.add(drop.apply(linear(inner, block + "mlp.c_proj")));
        }
        return norm(x, "ln_f");
    }

    private NDArray attention(NDArray x, String name, long rows, long length, NDArray mask) {
        long heads = config.nHeads();
        long dHead = config.dHead();
        NDArray qkv = linear(x, name + "c_attn")
                .reshape(rows, length, 3, heads, dHead)
                .transpose(2, 0, 3, 1, 4);
        NDArray q = Scalars.mul(qkv.get(0), 1 / Math.sqrt(dHead));
        NDArray scores = q.matMul(qkv.get(1).transpose(0, 1, 3, 2)).add(mask);
        NDArray mixed = scores.softmax(-1).matMul(qkv.get(2));
        return linear(mixed.transpose(0, 2, 1, 3).reshape(rows * length, heads * dHead), name + "c_proj");
    }

    private NDArray norm(NDArray x, String name) {
        NDList result = LayerNorm.layerNorm(
                x, new Shape(config.dModel()), parameters.get(name + ".weight"), parameters.get(name + ".bias"), (float)
                        config.normEpsilon());
        return result.singletonOrThrow();
    }

    private NDArray linear(NDArray x, String name) {
        return Linear.linear(x, parameters.get(name + ".weight"), parameters.get(name + ".bias"))
                .singletonOrThrow();
    }
}
