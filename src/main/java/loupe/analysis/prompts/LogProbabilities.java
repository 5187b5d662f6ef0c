package loupe.analysis.prompts;

import loupe.tensor.HostTensor;

/** Natural logarithms of probabilities from logits, in double precision on the host. */
public final class LogProbabilities {
    private LogProbabilities() {}

    /**
     * The log-probability of one token.
     *
     * @param logits (rows, V)
     * @return ln of the probability that row {@code row} gives token {@code token}
     */
    public static double at(HostTensor logits, int row, int token) {
        int width = logits.size(-1);
        if (token < 0 || token >= width) {
            throw new IllegalArgumentException("token id is " + token + ", the vocabulary has " + width);
        }
        return logits.get(row, token) - logSumExp(logits.data(), row * width, width);
    }

    /** ln of the sum of the exponentials of {@code width} values from {@code offset}. */
    public static double logSumExp(float[] values, int offset, int width) {
        float largest = Float.NEGATIVE_INFINITY;
        for (int i = offset; i < offset + width; i++) {
            largest = Math.max(largest, values[i]);
        }
        if (largest == Float.NEGATIVE_INFINITY) {
            return Double.NEGATIVE_INFINITY;
        }
        double sum = 0;
        for (int i = offset; i < offset + width; i++) {
            sum += Math.exp((double) values[i] - largest);
        }
        return largest + Math.log(sum);
    }

    /**
     * Probabilities of a row of logits.
     *
     * @param into takes {@code width} probabilities
     * @return as {@link #logSumExp}
     */
    public static double probabilities(float[] values, int offset, int width, double[] into) {
        float largest = Float.NEGATIVE_INFINITY;
        for (int i = offset; i < offset + width; i++) {
            largest = Math.max(largest, values[i]);
        }
        double sum = 0;
        for (int i = 0; i < width; i++) {
            into[i] = Math.exp((double) values[offset + i] - largest);
            sum += into[i];
        }
        for (int i = 0; i < width; i++) {
            into[i] /= sum;
        }
        return largest == Float.NEGATIVE_INFINITY ? largest : largest + Math.log(sum);
    }
}
