package loupe.analysis.geometry;

import java.util.Arrays;
import java.util.List;
import loupe.analysis.features.Histogram;

/**
 * Bins in which several sets of cosines are counted and drawn together: equal parts of -1 to 1, of which those from the
 * first to the last that any set needs.
 *
 * @param parts into which -1 to 1 is divided
 * @param first of those parts that is a bin
 * @param count of bins, at least 1
 */
public record CosineBins(int parts, int first, int count) {
    private static final int[] PARTS = {200, 500, 1000, 2000, 5000};
    private static final int ENOUGH = 40;

    /** Bins so fine that the values, NaN left out, spread over enough of them; the finest there are otherwise. */
    public static CosineBins over(List<float[]> sets) {
        for (int parts : PARTS) {
            CosineBins bins = over(sets, parts);
            if (bins.count >= ENOUGH) {
                return bins;
            }
        }
        return over(sets, PARTS[PARTS.length - 1]);
    }

    private static CosineBins over(List<float[]> sets, int parts) {
        int least = parts;
        int most = -1;
        for (float[] set : sets) {
            long[] counts = CosineSummary.histogram(set, parts).counts();
            for (int part = 0; part < parts; part++) {
                if (counts[part] > 0) {
                    least = Math.min(least, part);
                    most = Math.max(most, part);
                }
            }
        }
        return most < 0 ? new CosineBins(parts, parts / 2, 1) : new CosineBins(parts, least, most - least + 1);
    }

    /** The ends of the bins, ascending, one more than bins. */
    public double[] edges() {
        double[] edges = new double[count + 1];
        Arrays.setAll(edges, i -> 2.0 * (first + i) / parts - 1);
        return edges;
    }

    /** How many values are in each bin; those outside, and NaN, are left out. */
    public double[] counts(float[] values) {
        long[] counts = CosineSummary.histogram(values, parts).counts();
        double[] within = new double[count];
        Arrays.setAll(within, i -> counts[first + i]);
        return within;
    }

    /** The bin of a value, -1 for NaN and for values outside. */
    public int bin(float value) {
        int part = Histogram.bin(Math.max(-1, Math.min(1, value)), -1, 1, parts);
        return part < first || part >= first + count ? -1 : part - first;
    }

    /** The number of the edge nearest to a value. */
    public int edge(double value) {
        return (int) Math.max(0, Math.min(count, Math.round((value + 1) * parts / 2) - first));
    }
}
