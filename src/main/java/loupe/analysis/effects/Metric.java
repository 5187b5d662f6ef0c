package loupe.analysis.effects;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.base.Refusal;

/**
 * One number about a prediction, by which runs are compared.
 *
 * @param token whose logit or log-probability is meant
 * @param other of {@link Kind#LOGIT_DIFFERENCE} the token whose logit is subtracted; else 0
 */
public record Metric(Kind kind, int token, int other) {
    private static final Pattern WRITTEN = Pattern.compile("([a-z-]+):(\\d{1,9})(?::(\\d{1,9}))?");

    /** What is measured. */
    public enum Kind {
        /** The logit of one token less that of another. */
        LOGIT_DIFFERENCE("logit-diff"),
        /** The natural logarithm of a token's probability. */
        LOG_PROBABILITY("logprob"),
        /** A token's logit. */
        LOGIT("logit");

        private final String label;

        Kind(String label) {
            this.label = label;
        }
    }

    /**
     * The metric as it is written: {@code logit-diff:A:B}, {@code logprob:A} or {@code logit:A}; empty if it is none.
     */
    public static Optional<Metric> parse(String text) {
        Matcher parts = WRITTEN.matcher(text);
        if (!parts.matches()) {
            return Optional.empty();
        }
        String other = parts.group(3);
        return Arrays.stream(Kind.values())
                .filter(kind -> kind.label.equals(parts.group(1)))
                .filter(kind -> (kind == Kind.LOGIT_DIFFERENCE) == (other != null))
                .findFirst()
                .map(kind -> new Metric(
                        kind, Integer.parseInt(parts.group(2)), other == null ? 0 : Integer.parseInt(other)));
    }

    /**
     * The metric of each prediction, differentiable.
     *
     * @param logits (N, V)
     * @return N values, of the manager of the logits
     * @throws Refusal if there is no such token
     */
    NDArray of(NDArray logits) {
        long vocabulary = logits.getShape().get(1);
        int largest = Math.max(token, other);
        if (largest >= vocabulary) {
            throw new Refusal(
                    "There is no token " + largest,
                    "0 to " + (vocabulary - 1),
                    "Choose ids of the model's own tokenizer");
        }
        return switch (kind) {
            case LOGIT_DIFFERENCE -> column(logits, token).sub(column(logits, other));
            case LOG_PROBABILITY -> column(logits.logSoftmax(-1), token);
            case LOGIT -> column(logits, token);
        };
    }

    private static NDArray column(NDArray matrix, int column) {
        return matrix.get(":, {}:{}", column, column + 1)
                .reshape(matrix.getShape().get(0));
    }

    @Override
    public String toString() {
        return kind.label + ":" + token + (kind == Kind.LOGIT_DIFFERENCE ? ":" + other : "");
    }
}
