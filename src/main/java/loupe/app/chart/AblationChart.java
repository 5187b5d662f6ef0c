package loupe.app.chart;

import java.io.IOException;
import java.nio.file.Path;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.UsageException;
import loupe.app.command.ModelOptions;
import loupe.app.command.SaeArguments;
import loupe.app.effects.AblationOptions;
import loupe.state.text.AblationMaps;
import loupe.state.window.Provenance;
import loupe.ui.chart.HeatMaps;
import loupe.ui.text.AblatedTextPane;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code chart ablated-text}: the heat maps of the pane "Ablated text". */
@Command(
        name = "ablated-text",
        description = "What share of a feature's activation is lost without tokens of the text: single ones, pairs or "
                + "spans, in one text or over examples.")
final class AblationChart extends LoupeCommand<ChartCommand.Result> {
    @Mixin
    private ModelOptions.Required model;

    @Option(names = "--sae", required = true, paramLabel = "PATH", description = "Checkpoint of the feature.")
    private Path sae;

    @Mixin
    private SaeArguments reading;

    @Mixin
    private AblationOptions ablation;

    @Mixin
    private PictureOptions.Sized picture;

    @Override
    public ChartCommand.Result run(CommandContext context) throws IOException {
        picture.requireSensible();
        ablation.check();
        if (ablation.hasGroups()) {
            throw new UsageException("--groups have no chart; ablated-text lists them");
        }
        AblationOptions.Asked asked = ablation.ask(context, model, sae, reading);
        AblationMaps maps = asked instanceof AblationOptions.OfExamples examples
                ? AblationMaps.of(examples.question(), examples.summary())
                : of((AblationOptions.OfText) asked);
        if (maps.isEmpty()) {
            throw new UsageException("there is no token to ablate before the one that is read");
        }
        return picture.write(
                context,
                () -> {
                    HeatMaps chart = AblatedTextPane.chart();
                    AblatedTextPane.draw(chart, maps);
                    return chart;
                },
                Provenance.feature(LabelledFeature.all(asked.model(), asked.sae()), ablation.feature(), "") + ", "
                        + ablation.words());
    }

    private static AblationMaps of(AblationOptions.OfText asked) {
        return AblationMaps.of(
                asked.question(),
                asked.answer(),
                asked.question().ids().stream()
                        .map(id -> ModelOptions.text(asked.model(), id))
                        .toList());
    }
}
