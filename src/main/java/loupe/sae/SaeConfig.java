package loupe.sae;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import loupe.base.HookPoint;

/**
 * What is known about a sparse autoencoder besides its weights.
 *
 * @param format the family of files it came from
 * @param dSae number of features
 * @param activation how pre-activations become feature activations
 * @param normalisation what is done to an input before it is encoded
 * @param lookup whether a per-token decoder bias is added after decoding
 * @param reading what it reads
 * @param writing what its output is meant for
 * @param trained what it was trained on
 */
public record SaeConfig(
        String format,
        int dSae,
        Activation activation,
        InputNormalisation normalisation,
        boolean lookup,
        Reading reading,
        Writing writing,
        Training trained) {

    public SaeConfig {
        Objects.requireNonNull(format, "format");
        Objects.requireNonNull(normalisation, "normalisation");
        Objects.requireNonNull(trained, "trained");
        requirePositive("dSae", dSae);
        int k = k(activation).orElse(1);
        if (k < 1 || k > dSae) {
            throw new IllegalArgumentException("k is " + k + ", dictionary has " + dSae + " features");
        }
        if (activation instanceof Activation.GroupMax && dSae % k != 0) {
            throw new IllegalArgumentException(
                    "k is " + k + ", which does not divide the " + dSae + " features into equal groups");
        }
        if (reading.heads() instanceof Heads.One one
                && writing instanceof Writing.Elsewhere elsewhere
                && (elsewhere.at().isPresent() || elsewhere.width() != reading.width())) {
            throw new IllegalArgumentException("head is " + one.index() + ", of an autoencoder that reads "
                    + reading.width() + " numbers and writes " + elsewhere.width() + " at another place");
        }
    }

    /**
     * What it reads: vectors x of {@code width} numbers.
     *
     * @param at where in the model; empty if neither the files nor the user has given it
     * @param width dIn, length of x
     * @param heads which of the heads there make up x
     * @param subtractsDecoderBias whether b_dec is subtracted from x before encoding
     */
    public record Reading(Optional<HookPoint> at, int width, Heads heads, boolean subtractsDecoderBias) {
        public Reading {
            Objects.requireNonNull(at, "at");
            Objects.requireNonNull(heads, "heads");
            requirePositive("dIn", width);
        }
    }

    /** Which heads make up the vectors that are read, where values have shape (..., heads, dHead). */
    public sealed interface Heads {
        /** The files do not say: all heads, concatenated, at {@code hook_z}; elsewhere vectors are read as they are. */
        record Unstated() implements Heads {}

        /**
         * All heads, concatenated: (..., heads, dHead) is taken as (..., heads * dHead), and the reconstruction given
         * back as (..., heads, dHead).
         */
        record Joined() implements Heads {}

        /**
         * One head alone; dIn = dHead.
         *
         * @param index from 0
         */
        record One(int index) implements Heads {
            public One {
                if (index < 0) {
                    throw new IllegalArgumentException("head is " + index + ", must be 0 or more");
                }
            }
        }
    }

    /** What the output is meant for. */
    public sealed interface Writing {
        /** The place that was read, as in an autoencoder: dOut = dIn. */
        record Back() implements Writing {}

        /**
         * Another place, as in a transcoder.
         *
         * @param at where in the model; empty if the files do not say
         * @param width dOut, length of the output
         */
        record Elsewhere(Optional<HookPoint> at, int width) implements Writing {
            public Elsewhere {
                Objects.requireNonNull(at, "at");
                requirePositive("dOut", width);
            }
        }
    }

    /**
     * What it was trained on.
     *
     * @param model name of the model, as the files give it; empty if they do not
     * @param centred whether the activations were those of the processed (mean-centred) residual stream of
     *     TransformerLens
     */
    public record Training(String model, boolean centred) {
        public Training {
            Objects.requireNonNull(model, "model");
        }
    }

    /**
     * An autoencoder without input normalisation, lookup, model or hook point, trained on activations as they are.
     *
     * @param subtractsDecoderBias as in {@link Reading}
     */
    public static SaeConfig of(String format, int dIn, int dSae, Activation activation, boolean subtractsDecoderBias) {
        return new SaeConfig(
                format,
                dSae,
                activation,
                InputNormalisation.NONE,
                false,
                new Reading(Optional.empty(), dIn, new Heads.Unstated(), subtractsDecoderBias),
                new Writing.Back(),
                new Training("", false));
    }

    /** Length of the vectors it reads. */
    public int dIn() {
        return reading.width();
    }

    /** Length of the vectors it writes. */
    public int dOut() {
        return writing instanceof Writing.Elsewhere elsewhere ? elsewhere.width() : reading.width();
    }

    /** Where in the model it reads; empty if that is unknown. */
    public Optional<HookPoint> hook() {
        return reading.at();
    }

    /** Where in the model a transcoder writes; empty if that is unknown, and for an autoencoder. */
    public Optional<HookPoint> hookOut() {
        return writing instanceof Writing.Elsewhere elsewhere ? elsewhere.at() : Optional.empty();
    }

    /** Whether what it writes is meant for another place than what it reads. */
    public boolean transcodes() {
        return writing instanceof Writing.Elsewhere;
    }

    /** The only head it reads and writes; empty if it reads all there is. */
    public OptionalInt head() {
        return reading.heads() instanceof Heads.One one ? OptionalInt.of(one.index()) : OptionalInt.empty();
    }

    /**
     * Whether an input (..., heads, dHead) is taken as (..., heads * dHead): stated by the files, or because it reads
     * queries, keys, values or {@code hook_z}.
     */
    public boolean readsHeads() {
        return reading.heads() instanceof Heads.Joined
                || (reading.heads() instanceof Heads.Unstated
                        && hook().map(HookPoint::site)
                                .filter(HookPoint.Site::hasHeads)
                                .isPresent());
    }

    /**
     * The hook point it reads, and the head there, as text: {@code blocks.3.attn.hook_z, head 2}; empty if the hook
     * point is unknown.
     */
    public Optional<String> place() {
        return hook().map(at -> at.name() + (head().isPresent() ? ", head " + head().getAsInt() : ""));
    }

    public SaeConfig withNormalisation(InputNormalisation other) {
        return new SaeConfig(format, dSae, activation, other, lookup, reading, writing, trained);
    }

    public SaeConfig withActivation(Activation other) {
        return new SaeConfig(format, dSae, other, normalisation, lookup, reading, writing, trained);
    }

    public SaeConfig withLookup(boolean other) {
        return new SaeConfig(format, dSae, activation, normalisation, other, reading, writing, trained);
    }

    public SaeConfig withReading(Reading other) {
        return new SaeConfig(format, dSae, activation, normalisation, lookup, other, writing, trained);
    }

    public SaeConfig withWriting(Writing other) {
        return new SaeConfig(format, dSae, activation, normalisation, lookup, reading, other, trained);
    }

    /** A copy that subtracts b_dec before encoding, or does not. */
    public SaeConfig withSubtractDecoderBias(boolean other) {
        return withReading(new Reading(reading.at(), reading.width(), reading.heads(), other));
    }

    /** A copy that reads at a hook point and was trained there on a model's activations. */
    public SaeConfig trainedAt(String modelName, HookPoint at, boolean onCentred) {
        return new SaeConfig(
                format,
                dSae,
                activation,
                normalisation,
                lookup,
                new Reading(Optional.of(at), reading.width(), reading.heads(), reading.subtractsDecoderBias()),
                writing,
                new Training(modelName, onCentred));
    }

    private static OptionalInt k(Activation activation) {
        if (activation instanceof Activation.TopK topK) {
            return OptionalInt.of(topK.k());
        } else if (activation instanceof Activation.BatchTopK batch) {
            return OptionalInt.of(batch.k());
        } else if (activation instanceof Activation.TopKByDecoderNorm byNorm) {
            return OptionalInt.of(byNorm.k());
        } else if (activation instanceof Activation.GroupMax groups) {
            return OptionalInt.of(groups.k());
        } else if (activation instanceof Activation.SignedTopK signed) {
            return OptionalInt.of(signed.k());
        }
        Objects.requireNonNull(activation, "activation");
        return OptionalInt.empty();
    }

    private static void requirePositive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " is " + value + ", must be positive");
        }
    }
}
