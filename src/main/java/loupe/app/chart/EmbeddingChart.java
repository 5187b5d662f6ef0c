package loupe.app.chart;

import java.io.IOException;
import java.util.Arrays;
import java.util.stream.Collectors;
import loupe.analysis.tokenbias.EmbeddingGeometry;
import loupe.analysis.tokenbias.TokenMatrix;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionRange;
import loupe.app.cli.UsageException;
import loupe.app.command.ModelOptions;
import loupe.inference.OpenModel;
import loupe.state.map.EmbeddingModel.Measure;
import loupe.ui.chart.HistogramChart;
import loupe.ui.map.EmbeddingPane;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code chart embedding}: as the pane "Embedding" shows it. */
@Command(name = "embedding", description = "How many rows of the embedding or unembedding lie how far out.")
final class EmbeddingChart extends LoupeCommand<ChartCommand.Result> {
    @Mixin
    private ModelOptions.Required model;

    @Option(
            names = "--which",
            paramLabel = "MATRIX",
            defaultValue = "input",
            description = "input (the embedding) or output (the unembedding) (default: ${DEFAULT-VALUE}).")
    private String which;

    @Option(
            names = "--measure",
            paramLabel = "WHAT",
            defaultValue = "distance",
            description = "distance (from the centroid), norm or cosine-distance (default: ${DEFAULT-VALUE}).")
    private String measure;

    @Option(
            names = "--shells",
            paramLabel = "N",
            defaultValue = "" + EmbeddingPane.SHELLS,
            description = "Shells of equal width (default: ${DEFAULT-VALUE}).")
    @OptionRange(least = 1, most = 10_000)
    private int shells;

    @Mixin
    private PictureOptions.Sized picture;

    @Override
    public ChartCommand.Result run(CommandContext context) throws IOException {
        picture.requireSensible();
        TokenMatrix matrix = Arrays.stream(TokenMatrix.values())
                .filter(one -> one.word().equals(which))
                .findFirst()
                .orElseThrow(() -> new UsageException("--which is " + which + ", expected input or output"));
        Measure of = Arrays.stream(Measure.values())
                .filter(one -> one.word().equals(measure))
                .findFirst()
                .orElseThrow(() -> new UsageException("--measure is " + measure + ", expected one of "
                        + Arrays.stream(Measure.values()).map(Measure::word).collect(Collectors.joining(", "))));
        OpenModel opened = model.openEmbeddings(context);
        EmbeddingGeometry.Answer found = context.ask(new EmbeddingGeometry(opened.id(), matrix));
        return picture.write(
                context,
                () -> {
                    HistogramChart chart = EmbeddingPane.chart();
                    EmbeddingPane.draw(chart, found, of, shells);
                    return chart;
                },
                opened.id().name() + ", " + matrix.title());
    }
}
