package loupe.training;

/**
 * A learning rate that rises linearly during warm-up and then falls linearly to a small remainder at the planned end.
 * Keyed to tokens, so that the plan can be lengthened or shortened during a run.
 *
 * @param peak the largest rate
 * @param warmUpTokens length of the rise
 * @param remainder rate at the end, as a fraction of the peak
 */
public record LearningRate(double peak, long warmUpTokens, double remainder) {
    /** The rate after {@code tokens} of {@code plannedTokens}. */
    public double at(long tokens, long plannedTokens) {
        double rise = Math.min(1, (tokens + 1.0) / warmUpTokens);
        double left = Math.max(0, 1 - (double) tokens / plannedTokens);
        return peak * Math.min(rise, remainder + (1 - remainder) * left);
    }
}
