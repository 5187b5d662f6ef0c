package loupe.analysis.prompts;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.Objects;
import java.util.Optional;
import loupe.analysis.DeviceArrays;
import loupe.analysis.Vectors;
import loupe.base.HookPoint;
import loupe.base.Refusal;
import loupe.lm.LanguageModel;
import loupe.lm.ModelConfig;
import loupe.lm.ProcessingEffect;
import loupe.sae.SaeConfig;
import org.jspecify.annotations.Nullable;

/**
 * Values at a hook point as an autoencoder has seen them in training: of its head only, and as TransformerLens'
 * processed weights give them if it was trained on those, which is for each place as {@link ProcessingEffect} says.
 */
public final class TrainedValues {
    private TrainedValues() {}

    /**
     * The value as the autoencoder was trained to see it.
     *
     * @param value at {@code at}, which is where {@code config} reads or writes
     * @throws Refusal if it is NaN or infinite anywhere, when no feature has an activation
     */
    public static NDArray of(LanguageModel lm, SaeConfig config, HookPoint at, NDArray value) {
        if (!DeviceArrays.isFinite(value)) {
            throw Vectors.nonFinite("What the model computes at " + at);
        }
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
        return switch (ProcessingEffect.of(lm.config(), at.site())) {
            case NONE -> read;
            case MEAN -> read.sub(read.mean(new int[] {-1}, true));
            case VALUE_BIAS ->
                valueBias(lm, at).map(bias -> read.sub(atItsHead(config, bias))).orElse(read);
            case GAIN ->
                Optional.ofNullable(normBias(lm, at))
                        .map(read::sub)
                        .orElse(read)
                        .div(gain(lm, at));
        };
    }

    /** Whether processed weights give another value at a hook point of this model. */
    public static boolean differ(LanguageModel lm, HookPoint at) {
        return switch (ProcessingEffect.of(lm.config(), at.site())) {
            case NONE -> false;
            case MEAN, GAIN -> true;
            case VALUE_BIAS -> valueBias(lm, at).isPresent();
        };
    }

    /**
     * A value in which an autoencoder's output replaces what it reconstructs: that of its head, and with the value
     * bias, or the norm's gain and bias, that the processed weights keep elsewhere. The mean over dModel is left out,
     * because where it is taken out, all that reads the residual stream does so through a norm that takes it out.
     *
     * @param value at {@code at}, where {@code config} writes
     * @param written in the shape that {@link #of} gives
     */
    public static NDArray with(LanguageModel lm, SaeConfig config, HookPoint at, NDArray value, NDArray written) {
        ProcessingEffect effect =
                config.trained().centred() ? ProcessingEffect.of(lm.config(), at.site()) : ProcessingEffect.NONE;
        NDArray whole =
                switch (effect) {
                    case NONE, MEAN -> written;
                    case VALUE_BIAS ->
                        valueBias(lm, at)
                                .map(bias -> written.add(atItsHead(config, bias)))
                                .orElse(written);
                    case GAIN -> {
                        NDArray scaled = written.mul(gain(lm, at));
                        yield Optional.ofNullable(normBias(lm, at))
                                .map(scaled::add)
                                .orElse(scaled);
                    }
                };
        if (config.head().isEmpty()) {
            return whole;
        }
        NDArray changed = value.duplicate();
        changed.set(new NDIndex("..., {}, :", config.head().getAsInt()), whole);
        return changed;
    }

    /**
     * What a change of an autoencoder's output changes of the value it is written to.
     *
     * @param value at {@code at}, where {@code config} writes
     * @param change in the shape that {@link #of} gives
     * @return in the shape of {@code value}; 0 in other heads
     */
    public static NDArray change(LanguageModel lm, SaeConfig config, HookPoint at, NDArray value, NDArray change) {
        NDArray scaled = hasGain(lm, config, at) ? change.mul(gain(lm, at)) : change;
        if (config.head().isEmpty()) {
            return scaled;
        }
        NDArray whole = value.zerosLike();
        whole.set(new NDIndex("..., {}, :", config.head().getAsInt()), scaled);
        return whole;
    }

    /**
     * The gradient with respect to an autoencoder's output, from that with respect to the value it is written to: the
     * transpose of {@link #change}.
     */
    public static NDArray gradient(LanguageModel lm, SaeConfig config, HookPoint at, NDArray gradient) {
        NDArray own = atItsHead(config, gradient);
        return hasGain(lm, config, at) ? own.mul(gain(lm, at)) : own;
    }

    private static boolean hasGain(LanguageModel lm, SaeConfig config, HookPoint at) {
        return config.trained().centred() && ProcessingEffect.of(lm.config(), at.site()) == ProcessingEffect.GAIN;
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
     * The gain of the norm that a value comes from, (dModel).
     *
     * @throws Refusal if it is 0 somewhere, so that the value before it is lost
     */
    private static NDArray gain(LanguageModel lm, HookPoint at) {
        NDArray gain = Objects.requireNonNull(lm.parameters().get(norm(at) + ".weight"));
        if (gain.abs().min().getFloat() == 0) {
            throw new Refusal(
                    "The norm in front of " + at + " has a gain of 0, so what comes before it is not known",
                    "an autoencoder that was trained on the model as it is",
                    "Read it as trained on raw activations");
        }
        return gain;
    }

    private static @Nullable NDArray normBias(LanguageModel lm, HookPoint at) {
        return lm.parameters().get(norm(at) + ".bias");
    }

    private static String norm(HookPoint at) {
        return "transformer."
                + switch (at.site()) {
                    case LN_FINAL_NORMALIZED -> "ln_f";
                    case LN1_NORMALIZED, ATTN_MODULE_IN -> "h." + at.layer() + ".ln_1";
                    default -> "h." + at.layer() + ".ln_2";
                };
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
