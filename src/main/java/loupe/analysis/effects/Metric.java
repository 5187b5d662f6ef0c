package loupe.analysis.effects;

import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One number about a prediction, by which runs are compared.
 *
 * @param token whose logit or log-probability is meant; 0 for {@link Kind#KL_DIVERGENCE}
 * @param other of {@link Kind#LOGIT_DIFFERENCE} the token whose logit is subtracted; else 0
 */
public record Metric(Kind kind, int token, int other) {
    private static final Pattern WRITTEN = Pattern.compile("([a-z-]+)(?::(\\d{1,9}))?(?::(\\d{1,9}))?");

    /** How metrics are written, for people. */
    public static final String FORMS = "logit-diff:A:B, logprob:A, logit:A or kl";

    /** How far a prediction is from that of the clean run. */
    public static final Metric KL = new Metric(Kind.KL_DIVERGENCE, 0, 0);

    /** What is measured. */
    public enum Kind {
        /** The logit of one token less that of another. */
        LOGIT_DIFFERENCE("logit-diff", 2),
        /** The natural logarithm of a token's probability. */
        LOG_PROBABILITY("logprob", 1),
        /** A token's logit. */
        LOGIT("logit", 1),
        /**
         * The divergence of a prediction q from the clean run's p, the sum over the vocabulary of p (ln p - ln q), in
         * nats. At the clean run it is 0 and so is its gradient.
         */
        KL_DIVERGENCE("kl", 0);

        private final String label;
        private final int tokens;

        Kind(String label, int tokens) {
            this.label = label;
            this.tokens = tokens;
        }

        /** How many tokens it is of. */
        public int tokens() {
            return tokens;
        }
    }

    /**
     * The metric as it is written: {@code logit-diff:A:B}, {@code logprob:A}, {@code logit:A} or {@code kl}; empty if
     * it is none.
     */
    public static Optional<Metric> parse(String text) {
        Matcher parts = WRITTEN.matcher(text);
        if (!parts.matches()) {
            return Optional.empty();
        }
        int given = parts.group(2) == null ? 0 : parts.group(3) == null ? 1 : 2;
        return Arrays.stream(Kind.values())
                .filter(kind -> kind.label.equals(parts.group(1)) && kind.tokens == given)
                .findFirst()
                .map(kind -> new Metric(
                        kind,
                        given < 1 ? 0 : Integer.parseInt(parts.group(2)),
                        given < 2 ? 0 : Integer.parseInt(parts.group(3))));
    }

    /** Whether the gradient at the clean run says anything: a divergence is least there, so that its gradient is 0. */
    public boolean hasGradientAtClean() {
        return kind != Kind.KL_DIVERGENCE;
    }

    @Override
    public String toString() {
        return switch (kind.tokens) {
            case 0 -> kind.label;
            case 1 -> kind.label + ":" + token;
            default -> kind.label + ":" + token + ":" + other;
        };
    }
}
