package loupe.app.chart;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import loupe.analysis.Fit;
import loupe.analysis.tokenbias.FeatureTokens;
import loupe.analysis.tokenbias.UnigramTable;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.UsageException;
import loupe.app.command.ModelOptions;
import loupe.app.command.SaeArguments;
import loupe.app.geometry.UnigramOptions;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.Processing;
import loupe.state.window.Provenance;
import loupe.ui.chart.HistogramChart;
import loupe.ui.map.TokenBiasPane;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code chart token-bias}: as the pane "Token biases" shows it. */
@Command(
        name = "token-bias",
        description = "The largest cosine of each feature with any token's unigram residual, or bias.")
final class TokenBiasChart extends LoupeCommand<ChartCommand.Result> {
    @Mixin
    private ModelOptions.Required model;

    @Option(names = "--sae", required = true, paramLabel = "PATH", description = "Checkpoint.")
    private Path sae;

    @Mixin
    private SaeArguments reading;

    @Mixin
    private UnigramOptions unigrams;

    @Option(names = "--biases", description = "With the checkpoint's biases instead of the residuals.")
    private boolean biases;

    @Option(names = "--centred", description = "Remove the mean vector, which all have in common.")
    private boolean centred;

    @Mixin
    private PictureOptions.Sized picture;

    @Override
    public ChartCommand.Result run(CommandContext context) throws IOException {
        picture.requireSensible();
        OpenModel opened = model.open(context, Processing.RAW);
        OpenSae checkpoint = reading.openForDirections(context, sae, "--sae");
        SaeArguments.require(new Fit(opened.config(), checkpoint.config()).misfit(), checkpoint, opened);
        if (biases && !checkpoint.config().lookup()) {
            throw new UsageException("--biases: " + sae + " has no biases for tokens");
        }
        Optional<UnigramTable> table = biases
                ? Optional.empty()
                : Optional.of(unigrams.table(
                        context, opened, checkpoint.config().hook().orElseThrow()));
        FeatureTokens.Answer found = context.ask(new FeatureTokens(checkpoint.id(), table));
        return picture.write(
                context,
                () -> {
                    HistogramChart chart = TokenBiasPane.chart();
                    TokenBiasPane.draw(chart, found, centred, TokenBiasPane.axis(biases, centred));
                    return chart;
                },
                Provenance.of(
                        opened.id().name(),
                        checkpoint.id().name(),
                        checkpoint.config().hook()));
    }
}
