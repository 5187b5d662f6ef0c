package loupe.app.chart;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import loupe.analysis.lens.LogitMoments;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.UsageException;
import loupe.app.command.SaeArguments;
import loupe.app.features.FeatureSources;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.sae.checkpoint.SaeFile;
import loupe.search.FeatureColumn;
import loupe.search.FeatureValues;
import loupe.search.NearestFeatures;
import loupe.state.corpus.CountedShare;
import loupe.state.features.FeatureScatterModel;
import loupe.state.window.Provenance;
import loupe.ui.chart.ScatterChart;
import loupe.ui.features.ScatterPane;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code chart scatter}: as the pane "All features" shows it. */
@Command(name = "scatter", description = "Two numbers of every feature against each other.")
final class ScatterPlot extends LoupeCommand<ChartCommand.Result> {
    private static final String COLUMNS = "number, density, trained-density, max, mean, std, min, norm, encoder-norm, "
            + "cosine, skew, kurtosis, logit-mean, logit-std, entropy, two-sided, nearest-cosine, nearest or in-degree";

    @Option(names = "--sae", required = true, paramLabel = "PATH", description = "Checkpoint whose features are meant.")
    private Path sae;

    @Mixin
    private SaeArguments reading;

    @Mixin
    private FeatureSources sources;

    @Option(names = "--x", required = true, paramLabel = "COLUMN", description = "Across: " + COLUMNS + ".")
    private String across;

    @Option(names = "--y", required = true, paramLabel = "COLUMN", description = "Upwards: one of the same.")
    private String up;

    @Option(names = "--log-x", description = "A logarithmic axis, on which features with 0 or less are not.")
    private boolean logAcross;

    @Option(names = "--log-y", description = "The same upwards.")
    private boolean logUp;

    @Mixin
    private PictureOptions.Sized picture;

    @Override
    public ChartCommand.Result run(CommandContext context) throws IOException {
        picture.requireSensible();
        FeatureColumn x = column(across, "--x");
        FeatureColumn y = column(up, "--y");
        OpenSae opened = reading.open(context, sae, "--sae");
        Optional<OpenModel> lm = sources.openModel(context);
        Optional<LogitMoments.Answer> moments = isOfLogits(x) || isOfLogits(y)
                ? lm.map(model -> sources.moments(context, model, opened))
                : Optional.empty();
        FeatureValues values = sources.values(
                context,
                opened,
                SaeFile.read(sae, reading.options(sae)),
                lm,
                moments,
                Optional.empty(),
                NearestFeatures.isIn(List.of(x, y)));
        FeatureScatterModel.Points points = new FeatureScatterModel.Points(
                x,
                y,
                values.numbers(x),
                values.numbers(y),
                new double[0],
                new double[0],
                CountedShare.WHOLE,
                CountedShare.WHOLE);
        if (points.count() == 0) {
            throw new UsageException("Nothing is known of --x " + across + " with --y " + up
                    + "; those of logit weights need --model, densities and activations --index");
        }
        return picture.write(
                context,
                () -> {
                    ScatterChart chart = ScatterPane.chart();
                    ScatterPane.draw(chart, points, null, (side, feature) -> "", logAcross, logUp);
                    return chart;
                },
                lm.map(model -> LabelledFeature.all(model, opened))
                                .orElse(opened.id()
                                        + opened.config()
                                                .hook()
                                                .map(hook -> " at " + hook.name())
                                                .orElse(""))
                        + sources.info()
                                .map(info -> ", " + Provenance.corpus(info))
                                .orElse(""));
    }

    private static boolean isOfLogits(FeatureColumn column) {
        return switch (column) {
            case SKEWNESS, KURTOSIS, LOGIT_MEAN, LOGIT_SPREAD, ENTROPY, TWO_SIDED -> true;
            default -> false;
        };
    }

    private static FeatureColumn column(String name, String option) {
        return FeatureColumn.named(name)
                .filter(column -> !column.isText() && column != FeatureColumn.MATCH)
                .orElseThrow(() -> new UsageException(option + " is " + name + ", expected " + COLUMNS));
    }
}
