package loupe.ui.chart;

/**
 * Bars that are compared with: drawn as a line around them, not filled.
 *
 * @param name in the legend and in exported data
 * @param edges the ends of the bins, ascending, one more than counts; not to be written
 * @param counts how many values fall into each bin; not to be written
 */
public record HistogramOutline(String name, double[] edges, double[] counts) {
    public HistogramOutline {
        if (edges.length != counts.length + 1) {
            throw new IllegalArgumentException(
                    "edges has " + edges.length + " values, counts " + counts.length + "; one more edge is needed");
        }
    }
}
