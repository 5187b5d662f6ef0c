package loupe.sae;

import java.util.Optional;
import java.util.OptionalInt;
import loupe.base.HookPoint;

/**
 * What is known about a sparse autoencoder besides its weights.
 *
 * @param format the family of files it came from, as {@code --sae-format} spells it
 * @param dIn width of the activations it reads
 * @param dSae number of features
 * @param dOut width of what it writes; differs from {@code dIn} for transcoders only
 * @param subtractDecoderBias whether b_dec is subtracted before encoding
 * @param joinsHeads whether it reads the concatenated heads of {@code hook_z}: an input (..., heads, dHead) is taken as
 *     (..., heads * dHead) and the reconstruction given back as (..., heads, dHead)
 * @param centred whether it was trained on the processed (mean-centred) residual stream of TransformerLens
 * @param lookup whether a per-token decoder bias is added after decoding
 * @param model name of the model it was trained on, as the file gives it; empty if it does not
 * @param hook where in the model it reads; empty if the file does not say and nobody was asked yet
 * @param hookOut where in the model it writes, for transcoders that say so; empty for autoencoders, which write where
 *     they read
 * @param transcodes whether what it writes is meant for another place than what it reads
 * @param head the only head it reads and writes, of values (..., heads, dHead) with dHead = dIn = dOut; empty if it
 *     reads all there is
 */
public record SaeConfig(
        String format,
        int dIn,
        int dSae,
        int dOut,
        Activation activation,
        boolean subtractDecoderBias,
        InputNormalisation normalisation,
        boolean joinsHeads,
        boolean centred,
        boolean lookup,
        String model,
        Optional<HookPoint> hook,
        Optional<HookPoint> hookOut,
        boolean transcodes,
        OptionalInt head) {

    public SaeConfig {
        requirePositive("dIn", dIn);
        requirePositive("dSae", dSae);
        requirePositive("dOut", dOut);
        int k = activation instanceof Activation.TopK topK
                ? topK.k()
                : activation instanceof Activation.BatchTopK batch
                        ? batch.k()
                        : activation instanceof Activation.GroupMax groups
                                ? groups.k()
                                : activation instanceof Activation.SignedTopK signed ? signed.k() : 1;
        if (k < 1 || k > dSae) {
            throw new IllegalArgumentException("k is " + k + ", dictionary has " + dSae + " features");
        }
        if (head.isPresent() && (head.getAsInt() < 0 || dIn != dOut || joinsHeads || hookOut.isPresent())) {
            throw new IllegalArgumentException("head is " + head.getAsInt() + ", of an autoencoder " + dIn + " to "
                    + dOut
                    + (joinsHeads ? " that joins heads" : hookOut.isPresent() ? " that writes at another place" : ""));
        }
        if (activation instanceof Activation.GroupMax && dSae % k != 0) {
            throw new IllegalArgumentException(
                    "k is " + k + ", which does not divide the " + dSae + " features into equal groups");
        }
    }

    /** One that reads all heads, if there are heads where it reads. */
    public SaeConfig(
            String format,
            int dIn,
            int dSae,
            int dOut,
            Activation activation,
            boolean subtractDecoderBias,
            InputNormalisation normalisation,
            boolean joinsHeads,
            boolean centred,
            boolean lookup,
            String model,
            Optional<HookPoint> hook,
            Optional<HookPoint> hookOut,
            boolean transcodes) {
        this(
                format,
                dIn,
                dSae,
                dOut,
                activation,
                subtractDecoderBias,
                normalisation,
                joinsHeads,
                centred,
                lookup,
                model,
                hook,
                hookOut,
                transcodes,
                OptionalInt.empty());
    }

    /** One that transcodes if it writes at a hook point of its own, or vectors of another width. */
    public SaeConfig(
            String format,
            int dIn,
            int dSae,
            int dOut,
            Activation activation,
            boolean subtractDecoderBias,
            InputNormalisation normalisation,
            boolean joinsHeads,
            boolean centred,
            boolean lookup,
            String model,
            Optional<HookPoint> hook,
            Optional<HookPoint> hookOut) {
        this(
                format,
                dIn,
                dSae,
                dOut,
                activation,
                subtractDecoderBias,
                normalisation,
                joinsHeads,
                centred,
                lookup,
                model,
                hook,
                hookOut,
                hookOut.isPresent() || dIn != dOut);
    }

    /** One that reads vectors, not heads, and writes where it reads. */
    public SaeConfig(
            String format,
            int dIn,
            int dSae,
            int dOut,
            Activation activation,
            boolean subtractDecoderBias,
            InputNormalisation normalisation,
            boolean centred,
            boolean lookup,
            String model,
            Optional<HookPoint> hook) {
        this(
                format,
                dIn,
                dSae,
                dOut,
                activation,
                subtractDecoderBias,
                normalisation,
                false,
                centred,
                lookup,
                model,
                hook,
                Optional.empty());
    }

    /** An autoencoder (dOut = dIn) without input normalisation, lookup, model or hook, trained on raw activations. */
    public static SaeConfig of(String format, int dIn, int dSae, Activation activation, boolean subtractDecoderBias) {
        return new SaeConfig(
                format,
                dIn,
                dSae,
                dIn,
                activation,
                subtractDecoderBias,
                InputNormalisation.NONE,
                false,
                false,
                false,
                "",
                Optional.empty(),
                Optional.empty());
    }

    /**
     * Whether an input (..., heads, dHead) is taken as (..., heads * dHead): said by the files, or because it reads
     * {@code hook_z}.
     */
    public boolean readsHeads() {
        return head.isEmpty()
                && (joinsHeads
                        || hook.map(HookPoint::site)
                                .filter(HookPoint.Site.Z::equals)
                                .isPresent());
    }

    /**
     * The hook point it reads, and the head there, for people: {@code blocks.3.attn.hook_z, head 2}; empty if the hook
     * point is unknown.
     */
    public Optional<String> place() {
        return hook.map(at -> at.name() + (head.isPresent() ? ", head " + head.getAsInt() : ""));
    }

    public SaeConfig withNormalisation(InputNormalisation other) {
        return new SaeConfig(
                format,
                dIn,
                dSae,
                dOut,
                activation,
                subtractDecoderBias,
                other,
                joinsHeads,
                centred,
                lookup,
                model,
                hook,
                hookOut,
                transcodes,
                head);
    }

    public SaeConfig withActivation(Activation other) {
        return new SaeConfig(
                format,
                dIn,
                dSae,
                dOut,
                other,
                subtractDecoderBias,
                normalisation,
                joinsHeads,
                centred,
                lookup,
                model,
                hook,
                hookOut,
                transcodes,
                head);
    }

    public SaeConfig withSubtractDecoderBias(boolean other) {
        return new SaeConfig(
                format,
                dIn,
                dSae,
                dOut,
                activation,
                other,
                normalisation,
                joinsHeads,
                centred,
                lookup,
                model,
                hook,
                hookOut,
                transcodes,
                head);
    }

    public SaeConfig withLookup(boolean other) {
        return new SaeConfig(
                format,
                dIn,
                dSae,
                dOut,
                activation,
                subtractDecoderBias,
                normalisation,
                joinsHeads,
                centred,
                other,
                model,
                hook,
                hookOut,
                transcodes,
                head);
    }

    /** Where it was trained: the model's name, the hook point and whether the activations were centred. */
    public SaeConfig trainedAt(String modelName, HookPoint at, boolean onCentred) {
        return new SaeConfig(
                format,
                dIn,
                dSae,
                dOut,
                activation,
                subtractDecoderBias,
                normalisation,
                joinsHeads,
                onCentred,
                lookup,
                modelName,
                Optional.of(at),
                hookOut,
                transcodes,
                head);
    }

    private static void requirePositive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " is " + value + ", must be positive");
        }
    }
}
