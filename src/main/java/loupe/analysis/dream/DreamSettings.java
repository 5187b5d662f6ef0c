package loupe.analysis.dream;

/**
 * How texts are searched for. With one slot and one penalty this is GCG.
 *
 * @param length tokens of a text, at least 2
 * @param slots texts that are kept, each with a penalty of its own
 * @param children new texts of each slot in an iteration
 * @param candidates tokens, those of the most promising gradient, among which a child's new token is drawn
 * @param leastPenalty on cross-entropy in the first slot
 * @param mostPenalty in the last; those between are spaced evenly on a logarithmic scale
 * @param restartEvery iterations after which all slots begin anew with the best text at a penalty drawn at random; 0
 *     for never
 * @param seed of everything that is drawn
 */
public record DreamSettings(
        int length,
        int slots,
        int children,
        int candidates,
        double leastPenalty,
        double mostPenalty,
        int restartEvery,
        long seed) {
    /** Those of the paper: 8 slots with penalties of 0.1 to 10, 12 tokens. */
    public static final DreamSettings DEFAULT = new DreamSettings(12, 8, 32, 512, 0.1, 10, 50, 0);

    /** Tokens, slots or children with which one iteration still ends. */
    public static final int MOST_OF_EACH = 4096;

    /** Iterations that can be asked for. */
    public static final int MOST_ITERATIONS = 10_000_000;

    /** Iterations of the paper. */
    public static final int ITERATIONS = 300;

    /** The penalty of a restart is drawn between so many times the middle penalty and {@link #MOST_RESTART} times. */
    static final double LEAST_RESTART = 2.0 / 3;

    static final double MOST_RESTART = 6;

    public DreamSettings {
        if (length < 2
                || slots < 1
                || children < 1
                || candidates < 1
                || restartEvery < 0
                || !(leastPenalty > 0)
                || !(mostPenalty >= leastPenalty)) {
            throw new IllegalArgumentException("length " + length + ", slots " + slots + ", children " + children
                    + ", candidates " + candidates + ", penalties " + leastPenalty + " to " + mostPenalty
                    + ", restart every " + restartEvery);
        }
    }

    /** The penalty of each slot. */
    public double[] penalties() {
        double[] penalties = new double[slots];
        double step = slots == 1 ? 0 : Math.log(mostPenalty / leastPenalty) / (slots - 1);
        for (int slot = 0; slot < slots; slot++) {
            penalties[slot] = leastPenalty * Math.exp(slot * step);
        }
        return penalties;
    }

    /** The penalty of a restart for a number drawn from 0 to 1. */
    double restartPenalty(double drawn) {
        return Math.sqrt(leastPenalty * mostPenalty) * (LEAST_RESTART + (MOST_RESTART - LEAST_RESTART) * drawn);
    }

    boolean restartsAt(int iteration) {
        return restartEvery > 0 && iteration % restartEvery == 0;
    }
}
