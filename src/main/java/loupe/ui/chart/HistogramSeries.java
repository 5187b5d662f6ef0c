package loupe.ui.chart;

import java.util.Objects;
import loupe.state.window.Side;

/**
 * The bars of one side, or of one part of what is counted, in the colour of a side.
 *
 * @param side the checkpoint that they belong to
 * @param name the side's name in the legend and in exported data
 * @param edges the ends of the bins, ascending, one more than counts; not to be written
 * @param counts how many values fall into each bin; not to be written
 * @param ofCheckpoint whether the side's letter goes before the name
 */
public record HistogramSeries(Side side, String name, double[] edges, double[] counts, boolean ofCheckpoint) {
    public HistogramSeries {
        Objects.requireNonNull(side, "side");
        Objects.requireNonNull(name, "name");
        if (edges.length != counts.length + 1) {
            throw new IllegalArgumentException(
                    "edges has " + edges.length + " values, counts " + counts.length + "; one more edge is needed");
        }
    }

    /** The bars of a checkpoint. */
    public HistogramSeries(Side side, String name, double[] edges, double[] counts) {
        this(side, name, edges, counts, true);
    }

    /** What the legend calls it. */
    String legend() {
        return ofCheckpoint && !name.equals(side.toString()) ? side + ": " + name : name;
    }

    /** The bin that holds {@code value}, or -1. */
    int bin(double value) {
        if (counts.length == 0 || value < edges[0] || value > edges[counts.length]) {
            return -1;
        }
        int at = java.util.Arrays.binarySearch(edges, value);
        return Math.min(counts.length - 1, at >= 0 ? at : -at - 2);
    }
}
