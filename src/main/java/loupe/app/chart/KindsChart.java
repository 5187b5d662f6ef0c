package loupe.app.chart;

import java.io.IOException;
import java.nio.file.Path;
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
import loupe.state.map.KindsModel;
import loupe.ui.chart.ScatterChart;
import loupe.ui.map.KindsPane;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code chart kinds}: as the pane "Kinds" shows it. */
@Command(
        name = "kinds",
        description = "All features by skewness and kurtosis of their logit weights, coloured by their deviation.")
final class KindsChart extends LoupeCommand<ChartCommand.Result> {
    @Option(names = "--sae", required = true, paramLabel = "PATH", description = "Checkpoint whose features are meant.")
    private Path sae;

    @Mixin
    private SaeArguments reading;

    @Mixin
    private FeatureSources sources;

    @Mixin
    private PictureOptions.Sized picture;

    @Override
    public ChartCommand.Result run(CommandContext context) throws IOException {
        picture.requireSensible();
        OpenSae opened = reading.open(context, sae, "--sae");
        OpenModel lm = sources.openModel(context)
                .orElseThrow(() -> new UsageException("chart kinds needs --model DIR, for the logit weights"));
        LogitMoments.Answer moments = sources.moments(context, lm, opened);
        KindsModel.Points points = KindsModel.Points.of(sources.values(
                context,
                opened,
                SaeFile.read(sae, reading.options(sae)),
                Optional.of(lm),
                Optional.of(moments),
                Optional.empty(),
                false));
        return picture.write(
                context,
                () -> {
                    ScatterChart chart = KindsPane.chart();
                    KindsPane.draw(chart, points, feature -> "");
                    return chart;
                },
                LabelledFeature.all(lm, opened));
    }
}
