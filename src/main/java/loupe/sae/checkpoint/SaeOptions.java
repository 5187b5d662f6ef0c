package loupe.sae.checkpoint;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import loupe.base.HookPoint;
import loupe.base.Refusal;
import loupe.base.Remedy;
import loupe.sae.InputNormalisation;

/**
 * What the user states about a checkpoint where its files are silent or wrong. An empty value leaves the question to
 * the files.
 *
 * @param format name of a family, as {@code --sae-format} takes it, instead of the one detected
 * @param activation relu, topk, batchtopk, jumprelu or gated
 * @param normFactor the factor of {@link InputNormalisation#EXPECTED_AVERAGE_ONLY_IN}
 * @param centred whether it was trained on the processed residual stream
 * @param fold whether decoder norms are folded into the encoder
 * @param subtractDecoderBias whether b_dec is subtracted before encoding
 * @param subtractMean whether a mean that the files store is subtracted before encoding and added back after decoding
 * @param side which model's or layer's part of a crosscoder, or to which layer a cross-layer transcoder writes, from 0
 * @param tensors which tensors are the parts, for a file of no known family
 */
public record SaeOptions(
        Optional<String> format,
        OptionalInt k,
        Optional<HookPoint> hook,
        Optional<String> activation,
        OptionalDouble normFactor,
        Optional<Boolean> centred,
        boolean fold,
        Optional<Boolean> subtractDecoderBias,
        Optional<Boolean> subtractMean,
        OptionalInt side,
        Optional<TensorRoles> tensors) {
    /** Options that leave everything to the files. */
    public static final SaeOptions AS_STORED = builder().build();

    /** A builder for some of the options; the others are left to the files. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder that starts with these options. */
    public Builder change() {
        Builder builder = new Builder();
        builder.format = format;
        builder.k = k;
        builder.hook = hook;
        builder.activation = activation;
        builder.normFactor = normFactor;
        builder.centred = centred;
        builder.fold = fold;
        builder.subtractDecoderBias = subtractDecoderBias;
        builder.subtractMean = subtractMean;
        builder.side = side;
        builder.tensors = tensors;
        return builder;
    }

    /**
     * A copy with a choice made by the text of a field, or cleared.
     *
     * @param value empty to clear it
     * @throws Refusal if the text is no such value
     */
    public SaeOptions with(Remedy.Choice choice, String value) {
        boolean back = value.isEmpty();
        return new SaeOptions(
                choice == Remedy.Choice.FORMAT ? given(value) : format,
                choice == Remedy.Choice.K ? whole(value) : k,
                choice != Remedy.Choice.HOOK
                        ? hook
                        : back
                                ? Optional.empty()
                                : Optional.of(HookPoint.parse(value).orElseThrow(() -> no(value))),
                choice == Remedy.Choice.ACTIVATION ? given(value) : activation,
                choice == Remedy.Choice.NORM_FACTOR ? number(value) : normFactor,
                centred,
                choice == Remedy.Choice.FOLD ? !back : fold,
                choice == Remedy.Choice.SUBTRACT_DECODER_BIAS
                        ? given(value).map(Boolean::valueOf)
                        : subtractDecoderBias,
                subtractMean,
                choice == Remedy.Choice.SIDE ? whole(value) : side,
                choice == Remedy.Choice.TENSORS ? given(value).map(TensorRoles::parse) : tensors);
    }

    private static Optional<String> given(String value) {
        return value.isEmpty() ? Optional.empty() : Optional.of(value);
    }

    private static OptionalInt whole(String value) {
        try {
            return value.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(value));
        } catch (NumberFormatException e) {
            throw new Refusal(value + " is no whole number");
        }
    }

    private static OptionalDouble number(String value) {
        try {
            return value.isEmpty() ? OptionalDouble.empty() : OptionalDouble.of(Double.parseDouble(value));
        } catch (NumberFormatException e) {
            throw new Refusal(value + " is no number");
        }
    }

    private static Refusal no(String value) {
        return new Refusal(
                value + " is no hook point", "one such as " + String.join(", ", HookPoint.nearest(value)), "");
    }

    public SaeOptions withCentred(boolean other) {
        return change().centred(Optional.of(other)).build();
    }

    public SaeOptions withNormFactor(double other) {
        return change().normFactor(OptionalDouble.of(other)).build();
    }

    public SaeOptions withFold(boolean other) {
        return change().fold(other).build();
    }

    public SaeOptions withSide(int other) {
        return change().side(OptionalInt.of(other)).build();
    }

    public SaeOptions withSubtractMean(boolean other) {
        return change().subtractMean(Optional.of(other)).build();
    }

    public SaeOptions withSubtractDecoderBias(boolean other) {
        return change().subtractDecoderBias(Optional.of(other)).build();
    }

    /** Collects the user's statements, by the names of {@link SaeOptions}. */
    public static final class Builder {
        private Optional<String> format = Optional.empty();
        private OptionalInt k = OptionalInt.empty();
        private Optional<HookPoint> hook = Optional.empty();
        private Optional<String> activation = Optional.empty();
        private OptionalDouble normFactor = OptionalDouble.empty();
        private Optional<Boolean> centred = Optional.empty();
        private boolean fold;
        private Optional<Boolean> subtractDecoderBias = Optional.empty();
        private Optional<Boolean> subtractMean = Optional.empty();
        private OptionalInt side = OptionalInt.empty();
        private Optional<TensorRoles> tensors = Optional.empty();

        private Builder() {}

        public Builder format(Optional<String> given) {
            format = given;
            return this;
        }

        public Builder k(OptionalInt given) {
            k = given;
            return this;
        }

        public Builder hook(Optional<HookPoint> given) {
            hook = given;
            return this;
        }

        public Builder activation(Optional<String> given) {
            activation = given;
            return this;
        }

        public Builder normFactor(OptionalDouble given) {
            normFactor = given;
            return this;
        }

        public Builder centred(Optional<Boolean> given) {
            centred = given;
            return this;
        }

        public Builder fold(boolean given) {
            fold = given;
            return this;
        }

        public Builder subtractDecoderBias(Optional<Boolean> given) {
            subtractDecoderBias = given;
            return this;
        }

        public Builder subtractMean(Optional<Boolean> given) {
            subtractMean = given;
            return this;
        }

        public Builder side(OptionalInt given) {
            side = given;
            return this;
        }

        public Builder tensors(Optional<TensorRoles> given) {
            tensors = given;
            return this;
        }

        public SaeOptions build() {
            return new SaeOptions(
                    format,
                    k,
                    hook,
                    activation,
                    normFactor,
                    centred,
                    fold,
                    subtractDecoderBias,
                    subtractMean,
                    side,
                    tensors);
        }
    }
}
