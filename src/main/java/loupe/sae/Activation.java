package loupe.sae;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How pre-activations become feature activations. Parameters that are tensors (thresholds, gates) live with the
 * weights.
 */
public sealed interface Activation {
    /** The kind of function, without its parameters. */
    Kind kind();

    /** Its name, such as {@code topk}. */
    default String label() {
        return kind().label();
    }

    /** Whether what a vector gives depends on the vectors that are encoded together with it. */
    default boolean takesWholeBatch() {
        return false;
    }

    /** Whether pre-activations are multiplied by the decoder norms, and features divided by them before decoding. */
    default boolean byDecoderNorm() {
        return false;
    }

    /** Whether features can be negative, and say with their sign in which of two directions they write. */
    default boolean isSigned() {
        return false;
    }

    /** The functions by name, without their parameters. */
    enum Kind {
        RELU("relu"),
        TANH_RELU("tanh-relu"),
        TOPK("topk"),
        BATCHTOPK("batchtopk"),
        JUMPRELU("jumprelu"),
        GROUPMAX("groupmax"),
        SIGNED_TOPK("signed-topk"),
        MATCHING_PURSUIT("matching-pursuit"),
        GATED("gated");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        /** The function of this name; empty if there is none. */
        public static Optional<Kind> of(String label) {
            return Arrays.stream(values())
                    .filter(kind -> kind.label.equals(label))
                    .findFirst();
        }

        public String label() {
            return label;
        }

        /** Whether it has a parameter k, the number of features or groups it keeps. */
        public boolean hasK() {
            return this == TOPK || this == BATCHTOPK || this == GROUPMAX || this == SIGNED_TOPK;
        }
    }

    /** max(p, 0). */
    record Relu() implements Activation {
        @Override
        public Kind kind() {
            return Kind.RELU;
        }
    }

    /** tanh(max(p, 0)), of SAELens before version 6. */
    record TanhRelu() implements Activation {
        @Override
        public Kind kind() {
            return Kind.TANH_RELU;
        }
    }

    /**
     * The k largest per token; ties go to the lower index.
     *
     * @param relu whether negative values among the k become 0 (tokenized-sae keeps them, dictionary_learning does not)
     * @param byDecoderNorm whether pre-activations are multiplied by the decoder norms before the choice and features
     *     divided by them before decoding (SAELens rescale_acts_by_decoder_norm)
     */
    record TopK(int k, boolean relu, boolean byDecoderNorm) implements Activation {
        @Override
        public boolean isSigned() {
            return !relu;
        }

        @Override
        public Kind kind() {
            return Kind.TOPK;
        }
    }

    /**
     * max(p, 0) of the k features for which it is largest when multiplied by the decoder norm, which is how much they
     * write; ties go to the lower index. Other than in a {@link TopK} that chooses by decoder norm, features themselves
     * are not multiplied. lm-saes' sparsity_include_decoder_norm.
     *
     * @param ofBatch whether the k * B largest of a batch of B vectors are kept instead of the k largest of each: what
     *     a vector gives depends on the batch it is in
     */
    record TopKByDecoderNorm(int k, boolean ofBatch) implements Activation {
        @Override
        public Kind kind() {
            return ofBatch ? Kind.BATCHTOPK : Kind.TOPK;
        }

        @Override
        public boolean takesWholeBatch() {
            return ofBatch;
        }
    }

    /**
     * max(p, 0) where it exceeds one threshold fixed after training, else 0. The comparison is strict.
     *
     * @param threshold empty for files that hold none: then the k * B largest of a batch of B vectors are kept, and
     *     what a vector gives depends on the batch it is in
     */
    record BatchTopK(int k, OptionalDouble threshold) implements Activation {
        @Override
        public Kind kind() {
            return Kind.BATCHTOPK;
        }

        @Override
        public boolean takesWholeBatch() {
            return threshold.isEmpty();
        }
    }

    /** max(p, 0) where p exceeds the feature's own threshold, else 0. The comparison is strict. */
    record JumpRelu() implements Activation {
        @Override
        public Kind kind() {
            return Kind.JUMPRELU;
        }
    }

    /**
     * The largest of each of k equal groups of neighbouring features, if it is positive; sparsify. Ties go to the lower
     * index.
     *
     * @param k number of groups; divides the number of features
     */
    record GroupMax(int k) implements Activation {
        @Override
        public Kind kind() {
            return Kind.GROUPMAX;
        }
    }

    /**
     * The k largest by absolute value per token, each with its sign: SAELens' abstopk, and old sparsify files. Ties go
     * to the lower index.
     *
     * @param byDecoderNorm as in {@link TopK}
     */
    record SignedTopK(int k, boolean byDecoderNorm) implements Activation {
        @Override
        public boolean isSigned() {
            return true;
        }

        @Override
        public Kind kind() {
            return Kind.SIGNED_TOPK;
        }
    }

    /**
     * Not a function of pre-activations: starting from r = x - b_dec, the feature whose decoder direction has the
     * largest positive product with r gets that product added, and r loses as much of the direction, until a feature is
     * chosen a second time, none has a positive product or r is short; SAELens. Ties go to the lower index.
     *
     * @param residualThreshold the norm of r below which it ends; at least one feature is chosen before r is measured
     * @see <a href="https://arxiv.org/abs/2506.03093">Costa et al. 2025</a>
     */
    record MatchingPursuit(double residualThreshold) implements Activation {
        @Override
        public Kind kind() {
            return Kind.MATCHING_PURSUIT;
        }
    }

    /** A gate path decides which features are on, a magnitude path how much. */
    record Gated() implements Activation {
        @Override
        public Kind kind() {
            return Kind.GATED;
        }
    }
}
