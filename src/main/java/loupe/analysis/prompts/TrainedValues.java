package loupe.analysis.prompts;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.Objects;
import java.util.Optional;
import loupe.base.HookPoint;
import loupe.lm.LanguageModel;
import loupe.lm.ModelConfig;
import loupe.sae.SaeConfig;

/**
 * Values at a hook point as an autoencoder has seen them in training: of its head only, and as TransformerLens'
 * processed weights give them if it was trained on those. {@code src/site/markdown/formats.md}, section H.9: what is
 * written to the residual stream, and the stream, lack their mean over dModel; values, and what attention makes of
 * them, lack the folded value bias; all else is the same.
 */
public final class TrainedValues {
    private TrainedValues() {}

    /**
     * The value as the autoencoder was trained to see it.
     *
     * @param value at {@code at}, which is where {@code config} reads or writes
     */
    public static NDArray of(LanguageModel lm, SaeConfig config, HookPoint at, NDArray value) {
        return of(lm, config, config.trained().centred(), at, value);
    }

    /**
     * Values as an autoencoder has seen them that was, or was not, trained on processed weights.
     *
     * @throws IllegalArgumentException if the value has no such head of the autoencoder's width
     */
    public static NDArray of(LanguageModel lm, SaeConfig config, boolean processed, HookPoint at, NDArray value) {
        NDArray read = atItsHead(config, value);
        if (!processed) {
            return read;
        }
        return switch (at.site()) {
            case EMBED, POS_EMBED, RESID_PRE, RESID_MID, RESID_POST, ATTN_OUT, MLP_OUT ->
                read.sub(read.mean(new int[] {-1}, true));
            case V, Z ->
                valueBias(lm, at).map(bias -> read.sub(atItsHead(config, bias))).orElse(read);
            default -> read;
        };
    }

    /**
     * A value in which an autoencoder's output replaces what it reconstructs: that of its head, and with the value bias
     * that the processed weights keep elsewhere. The mean over dModel is left out, because all that reads the residual
     * stream does so through a norm that takes it out.
     *
     * @param value at {@code at}, where {@code config} writes
     * @param written in the shape that {@link #of} gives
     */
    public static NDArray with(LanguageModel lm, SaeConfig config, HookPoint at, NDArray value, NDArray written) {
        boolean lacksBias =
                config.trained().centred() && (at.site() == HookPoint.Site.V || at.site() == HookPoint.Site.Z);
        NDArray whole = lacksBias
                ? valueBias(lm, at)
                        .map(bias -> written.add(atItsHead(config, bias)))
                        .orElse(written)
                : written;
        if (config.head().isEmpty()) {
            return whole;
        }
        NDArray changed = value.duplicate();
        changed.set(new NDIndex("..., {}, :", config.head().getAsInt()), whole);
        return changed;
    }

    private static NDArray atItsHead(SaeConfig config, NDArray value) {
        if (config.head().isEmpty()) {
            return value;
        }
        int head = config.head().getAsInt();
        Shape shape = value.getShape();
        if (shape.dimension() < 2
                || head >= shape.get(shape.dimension() - 2)
                || shape.get(shape.dimension() - 1) != config.dIn()) {
            throw new IllegalArgumentException("the values are " + shape + ", the autoencoder reads "
                    + config.place().orElse("head " + head) + " of " + config.dIn() + " numbers");
        }
        return value.get("..., {}, :", head);
    }

    /**
     * b_V + b_LN W_V, (heads there, dHead): a part of every value, and of every mean of values; empty if the model has
     * no such biases.
     */
    private static Optional<NDArray> valueBias(LanguageModel lm, HookPoint at) {
        ModelConfig config = lm.config();
        String block = "transformer.h." + at.layer() + ".";
        NDArray own = lm.parameters().get(block + "attn.c_attn.bias");
        NDArray ofNorm = lm.parameters().get(block + "ln_1.bias");
        int width = config.nKeyValueHeads() * config.dHead();
        int first = (config.nHeads() + config.nKeyValueHeads()) * config.dHead();
        NDArray bias = own == null ? null : own.get("{}:{}", first, first + width);
        if (ofNorm != null) {
            NDArray values = Objects.requireNonNull(lm.parameters().get(block + "attn.c_attn.weight"))
                    .get(":, {}:{}", first, first + width);
            NDArray moved = ofNorm.reshape(1, config.dModel()).matMul(values).reshape(width);
            bias = bias == null ? moved : bias.add(moved);
        }
        if (bias == null) {
            return Optional.empty();
        }
        NDArray byHead = bias.reshape(config.nKeyValueHeads(), config.dHead());
        return Optional.of(
                at.site() == HookPoint.Site.V ? byHead : byHead.repeat(0, config.nHeads() / config.nKeyValueHeads()));
    }
}
