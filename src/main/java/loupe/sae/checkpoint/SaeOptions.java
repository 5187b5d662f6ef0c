package loupe.sae.checkpoint;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import loupe.base.HookPoint;
import loupe.base.Refusal;
import loupe.base.Remedy;
import loupe.sae.InputNormalisation;

/**
 * What the user says about a checkpoint that its files may not say, or say wrongly. Empty means: as the files say.
 *
 * @param format name of a family, as {@code --sae-format} spells it, instead of the one sniffed
 * @param activation relu, topk, batchtopk, jumprelu or gated
 * @param normFactor the factor of {@link InputNormalisation#EXPECTED_AVERAGE_ONLY_IN}
 * @param centred whether it was trained on the processed residual stream
 * @param fold whether decoder norms are folded into the encoder
 * @param subtractDecoderBias whether b_dec is subtracted before encoding
 * @param side which model's part of a crosscoder, from 0
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
        OptionalInt side) {
    /** Everything as the files say. */
    public static final SaeOptions AS_STORED = new SaeOptions(
            Optional.empty(),
            OptionalInt.empty(),
            Optional.empty(),
            Optional.empty(),
            OptionalDouble.empty(),
            Optional.empty(),
            false);

    /** Of the first model's side, if it is a crosscoder. */
    public SaeOptions(
            Optional<String> format,
            OptionalInt k,
            Optional<HookPoint> hook,
            Optional<String> activation,
            OptionalDouble normFactor,
            Optional<Boolean> centred,
            boolean fold) {
        this(format, k, hook, activation, normFactor, centred, fold, Optional.empty(), OptionalInt.empty());
    }

    /**
     * The same with a choice made as a field says it, or taken back.
     *
     * @param value empty to take it back
     * @throws Refusal if the text is no such value
     */
    public SaeOptions with(Remedy.Choice choice, String value) {
        boolean back = value.isEmpty();
        return new SaeOptions(
                choice == Remedy.Choice.FORMAT ? said(value) : format,
                choice == Remedy.Choice.K ? whole(value) : k,
                choice != Remedy.Choice.HOOK
                        ? hook
                        : back
                                ? Optional.empty()
                                : Optional.of(HookPoint.parse(value).orElseThrow(() -> no(value))),
                choice == Remedy.Choice.ACTIVATION ? said(value) : activation,
                choice == Remedy.Choice.NORM_FACTOR ? number(value) : normFactor,
                centred,
                choice == Remedy.Choice.FOLD ? !back : fold,
                choice == Remedy.Choice.SUBTRACT_DECODER_BIAS ? said(value).map(Boolean::valueOf) : subtractDecoderBias,
                choice == Remedy.Choice.SIDE ? whole(value) : side);
    }

    private static Optional<String> said(String value) {
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
        return new Refusal(value + " is no hook point", "a name such as blocks.6.hook_resid_pre", "");
    }

    public SaeOptions withCentred(boolean other) {
        return new SaeOptions(
                format, k, hook, activation, normFactor, Optional.of(other), fold, subtractDecoderBias, side);
    }

    public SaeOptions withNormFactor(double other) {
        return new SaeOptions(
                format, k, hook, activation, OptionalDouble.of(other), centred, fold, subtractDecoderBias, side);
    }

    public SaeOptions withFold(boolean other) {
        return new SaeOptions(format, k, hook, activation, normFactor, centred, other, subtractDecoderBias, side);
    }

    public SaeOptions withSide(int other) {
        return new SaeOptions(
                format, k, hook, activation, normFactor, centred, fold, subtractDecoderBias, OptionalInt.of(other));
    }

    public SaeOptions withSubtractDecoderBias(boolean other) {
        return new SaeOptions(format, k, hook, activation, normFactor, centred, fold, Optional.of(other), side);
    }
}
