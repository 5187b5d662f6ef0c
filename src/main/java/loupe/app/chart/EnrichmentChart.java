package loupe.app.chart;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import loupe.analysis.Fit;
import loupe.analysis.lens.Enrichment;
import loupe.analysis.lens.EnrichmentNulls;
import loupe.analysis.lens.LogitProjection;
import loupe.analysis.lens.LogitWeights;
import loupe.analysis.lens.SetScore;
import loupe.analysis.lens.TokenSet;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionRange;
import loupe.app.command.ModelOptions;
import loupe.app.command.SaeArguments;
import loupe.app.features.LabelOptions;
import loupe.app.geometry.SetOptions;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.ui.map.EnrichmentPane;
import loupe.ui.map.ManhattanChart;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code chart enrichment}: as the pane "Enrichment" shows it. */
@Command(
        name = "enrichment",
        description = "Sets of tokens that a feature promotes or suppresses, as a Manhattan plot.")
final class EnrichmentChart extends LoupeCommand<ChartCommand.Result> {
    @Mixin
    private ModelOptions.Required model;

    @Option(names = "--sae", required = true, paramLabel = "PATH", description = "Checkpoint that has the feature.")
    private Path sae;

    @Mixin
    private SaeArguments reading;

    @Option(names = "--feature", required = true, paramLabel = "I", description = "Index of the feature, from 0.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int feature;

    @Mixin
    private SetOptions given;

    @Mixin
    private PictureOptions.Sized picture;

    @Mixin
    private LabelOptions labels;

    @Override
    public ChartCommand.Result run(CommandContext context) throws IOException {
        picture.requireSensible();
        OpenSae checkpoint = reading.open(context, sae, "--sae");
        LabelledFeature.require(feature, checkpoint, sae);
        OpenModel opened = model.openEmbeddings(context);
        SaeArguments.require(new Fit(opened.config(), checkpoint.config()).misfitOfGhost(), checkpoint, opened);
        LogitWeights.Answer answer =
                context.ask(new LogitWeights(opened.id(), checkpoint.id(), feature, LogitProjection.DEFAULT, 0));
        int tokens = answer.weights().length;
        List<TokenSet> sets = given.sets(context, Optional.of(opened), tokens);
        List<SetScore> scores = SetScore.of(
                sets,
                new Enrichment(sets, tokens).scores(answer.weights()),
                new EnrichmentNulls(tokens, OptionalInt.of(EnrichmentNulls.USUAL_PERMUTATIONS), 0),
                context.cancellation());
        return picture.write(
                context,
                () -> {
                    ManhattanChart chart = new ManhattanChart();
                    EnrichmentPane.draw(chart, scores);
                    return chart;
                },
                LabelledFeature.caption(context, opened, checkpoint, feature, labels));
    }
}
