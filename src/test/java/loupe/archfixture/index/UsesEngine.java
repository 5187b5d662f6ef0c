package loupe.archfixture.index;

/** Talks to the engine, and draws a chart. */
public class UsesEngine {
    ai.djl.ndarray.NDManager manager;
    org.jfree.chart.JFreeChart chart;
}
