package loupe.analysis.geometry;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import loupe.analysis.features.Histogram;

/** What follows from which vector is whose nearest. */
public final class NearestCounts {
    private NearestCounts() {}

    /**
     * A vector and how many others have it as nearest.
     *
     * @param inDegree their number
     */
    public record Hub(int vector, int inDegree) {}

    /**
     * The fullest bin of the largest cosines, the first if several are equally full.
     *
     * @param features in it
     * @param largestShare of them that have one and the same nearest neighbour; 0 if it is empty
     */
    public record Peak(int bin, long features, double largestShare) {}

    /**
     * How many vectors have each as nearest.
     *
     * @param nearest for each vector, -1 for none
     * @param count vectors there are
     */
    public static int[] inDegrees(int[] nearest, int count) {
        int[] degrees = new int[count];
        for (int near : nearest) {
            if (near >= 0) {
                degrees[near]++;
            }
        }
        return degrees;
    }

    /**
     * The nearest of most, by falling count, equal ones by their number.
     *
     * @param degrees as {@link #inDegrees} counts them
     */
    public static List<Hub> hubs(int[] degrees, int most) {
        List<Hub> hubs = new ArrayList<>();
        for (int i = 0; i < degrees.length; i++) {
            hubs.add(new Hub(i, degrees[i]));
        }
        hubs.sort(Comparator.comparingInt(Hub::inDegree).reversed().thenComparingInt(Hub::vector));
        return List.copyOf(hubs.subList(0, Math.min(most, hubs.size())));
    }

    /** The share of vectors that are their nearest one's nearest; NaN if there are none. */
    public static double mutualShare(int[] nearest) {
        int mutual = 0;
        for (int i = 0; i < nearest.length; i++) {
            if (nearest[i] >= 0 && nearest[i] < nearest.length && nearest[nearest[i]] == i) {
                mutual++;
            }
        }
        return nearest.length == 0 ? Double.NaN : (double) mutual / nearest.length;
    }

    /** The peak of the largest cosines in bins from -1 to 1. */
    public static Peak peak(float[] largest, int[] nearest, int count, int bins) {
        Histogram histogram = CosineSummary.histogram(largest, bins);
        int fullest = 0;
        for (int bin = 1; bin < bins; bin++) {
            if (histogram.counts()[bin] > histogram.counts()[fullest]) {
                fullest = bin;
            }
        }
        int[] within = new int[largest.length];
        for (int i = 0; i < largest.length; i++) {
            within[i] = histogram.bin(largest[i]) == fullest ? nearest[i] : -1;
        }
        List<Hub> hubs = hubs(inDegrees(within, count), 1);
        long features = histogram.counts()[fullest];
        return new Peak(
                fullest, features, features == 0 ? 0 : (double) hubs.get(0).inDegree() / features);
    }
}
