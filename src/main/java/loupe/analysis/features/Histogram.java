package loupe.analysis.features;

/**
 * Counts in equal bins; the last bin includes its upper edge, as {@code torch.histc} and {@code numpy.histogram} have
 * it.
 *
 * @param low lower edge of the first bin
 * @param high upper edge of the last bin
 * @param counts one per bin; not to be written
 */
public record Histogram(double low, double high, long[] counts) {
    /** How many bins SAEDashboard shows. */
    public static final int DEFAULT_BINS = 50;

    /**
     * Counts the finite values in equal bins between their extremes. If all are equal the bins lie around the value and
     * are one wide together.
     */
    public static Histogram of(float[] values, int bins) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (float value : values) {
            if (Float.isFinite(value)) {
                low = Math.min(low, value);
                high = Math.max(high, value);
            }
        }
        if (low > high) {
            return new Histogram(0, 1, new long[bins]);
        }
        return low == high ? of(values, low - 0.5, high + 0.5, bins) : of(values, low, high, bins);
    }

    /** Counts the values from {@code low} to {@code high} in equal bins; others are left out. */
    public static Histogram of(float[] values, double low, double high, int bins) {
        long[] counts = new long[bins];
        for (float value : values) {
            int bin = bin(value, low, high, bins);
            if (bin >= 0) {
                counts[bin]++;
            }
        }
        return new Histogram(low, high, counts);
    }

    /** The one of equal bins that counts a value, -1 for none. */
    public static int bin(float value, double low, double high, int bins) {
        return value >= low && value <= high ? Math.min(bins - 1, (int) ((value - low) / (high - low) * bins)) : -1;
    }

    /** The bin that counts a value, -1 for none. */
    public int bin(float value) {
        return bin(value, low, high, counts.length);
    }

    public int bins() {
        return counts.length;
    }

    /** Lower edge of this bin; that of bin {@link #bins} is the upper edge of the last. */
    public double edge(int bin) {
        return low + (high - low) * bin / counts.length;
    }

    /** All edges, one more than bins. */
    public double[] edges() {
        double[] edges = new double[counts.length + 1];
        java.util.Arrays.setAll(edges, this::edge);
        return edges;
    }
}
