package loupe.app.chart;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import loupe.analysis.Fit;
import loupe.analysis.lens.LogitWeights;
import loupe.analysis.lens.TokenSet;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionRange;
import loupe.app.cli.UsageException;
import loupe.app.command.ModelOptions;
import loupe.app.command.SaeArguments;
import loupe.app.features.LabelOptions;
import loupe.app.geometry.ProjectionOptions;
import loupe.app.geometry.SetOptions;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.state.nearest.LogitSplit;
import loupe.ui.chart.HistogramChart;
import loupe.ui.nearest.LogitChart;
import loupe.ui.nearest.LogitPane;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code chart logits}: as the pane "Logit weights" shows them. */
@Command(
        name = "logits",
        description = "Bars of the tokens whose logits a feature's decoder direction raises and lowers most.")
final class LogitsChart extends LoupeCommand<ChartCommand.Result> {
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
    private ProjectionOptions.OfOne projected;

    @Option(
            names = "--histogram",
            paramLabel = "SPLIT",
            description = "Instead of bars the histogram of all weights: whole, or split by leading-space, capital or "
                    + "latin.")
    private String histogram;

    @Mixin
    private PictureOptions.Sized picture;

    @Mixin
    private LabelOptions labels;

    @Override
    public ChartCommand.Result run(CommandContext context) throws IOException {
        picture.requireSensible();
        Optional<LogitSplit> split = split();
        OpenSae checkpoint = reading.open(context, sae, "--sae");
        LabelledFeature.require(feature, checkpoint, sae);
        OpenModel opened = model.openEmbeddings(context);
        SaeArguments.require(new Fit(opened.config(), checkpoint.config()).misfitOfGhost(), checkpoint, opened);
        LogitWeights.Answer answer = context.ask(
                new LogitWeights(opened.id(), checkpoint.id(), feature, projected.projection(), LogitChart.MOST_ROWS));
        String caption = LabelledFeature.caption(context, opened, checkpoint, feature, labels);
        if (split.isPresent()) {
            List<TokenSet> sets = SetOptions.builtIn(context, opened);
            return picture.write(
                    context,
                    () -> {
                        HistogramChart chart = LogitPane.histogram();
                        chart.logarithmicProperty().set(true);
                        LogitPane.draw(chart, answer, split.get(), sets);
                        return chart;
                    },
                    caption);
        }
        return picture.write(
                context,
                () -> {
                    LogitChart chart = new LogitChart();
                    LogitPane.draw(chart, answer, id -> ModelOptions.text(opened, id));
                    return chart;
                },
                caption);
    }

    private Optional<LogitSplit> split() {
        return Optional.ofNullable(histogram).map(word -> switch (word) {
            case "whole" -> LogitSplit.NONE;
            case "leading-space" -> LogitSplit.LEADING_SPACE;
            case "capital" -> LogitSplit.CAPITAL;
            case "latin" -> LogitSplit.LATIN;
            default ->
                throw new UsageException(
                        "--histogram is " + word + ", expected whole, leading-space, capital or latin");
        });
    }
}
