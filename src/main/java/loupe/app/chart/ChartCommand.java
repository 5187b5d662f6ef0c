package loupe.app.chart;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code chart}: every chart of the window as a file. Needs no screen. */
@Command(
        name = "chart",
        description = "Write a chart of the window as a picture, or the numbers behind it. Needs no screen.",
        subcommands = {
            CountedChart.Activations.class,
            CountedChart.Density.class,
            LogitsChart.class,
            DoseChart.class,
            ScatterPlot.class,
            DreamChart.class,
            CosinesChart.class,
            KindsChart.class,
            EnrichmentChart.class,
            EmbeddingChart.class,
            TokenBiasChart.class,
            GhostChart.Tree.class,
            GhostChart.Scales.class,
            PatchingMaps.class,
            AblationChart.class
        })
public final class ChartCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "chart needs one of histogram, density, logits, dose, scatter, dream, cosines, kinds, enrichment, "
                        + "embedding, token-bias, tree, scale, patching and ablated-text");
    }

    /**
     * The result that is printed.
     *
     * @param out the file written
     * @param chart what it shows
     * @param caption what its numbers are of
     */
    record Result(String out, String chart, String caption) {}
}
