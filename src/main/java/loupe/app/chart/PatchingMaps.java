package loupe.app.chart;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import loupe.analysis.Fit;
import loupe.analysis.effects.FeaturePatches;
import loupe.analysis.effects.PatchSite;
import loupe.analysis.effects.Patching;
import loupe.analysis.effects.StrongestFeatures;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.UsageException;
import loupe.app.command.ModelOptions;
import loupe.app.command.SaeArguments;
import loupe.app.effects.PairOptions;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.Processing;
import loupe.state.text.PatchMaps;
import loupe.state.text.PatchingModel;
import loupe.ui.chart.HeatMaps;
import loupe.ui.text.PatchingPane;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code chart patching}: the heat maps of the pane "Patching". */
@Command(
        name = "patching",
        description = "How far values of one run, put into another place by place, take its prediction: both "
                + "directions and their difference.")
final class PatchingMaps extends LoupeCommand<ChartCommand.Result> {
    @Mixin
    private ModelOptions.Required model;

    @Mixin
    private PairOptions texts;

    @Option(
            names = "--site",
            paramLabel = "NAME",
            description = "What is patched: resid_pre, attn_out or mlp_out by layer and token, or z by layer and head "
                    + "(default: resid_pre, without --sae).")
    private String site;

    @Option(
            names = "--sae",
            paramLabel = "PATH",
            description = "Checkpoint whose features are patched, those that contribute most, and its "
                    + "errors; instead of --site.")
    private Path sae;

    @Mixin
    private SaeArguments reading;

    @Mixin
    private PictureOptions.Sized picture;

    @Override
    public ChartCommand.Result run(CommandContext context) throws IOException {
        picture.requireSensible();
        texts.check(true);
        if (site != null && sae != null) {
            throw new UsageException("--site and --sae were both given; a chart shows one of them");
        }
        Optional<PatchSite> place = sae == null ? Optional.of(place()) : Optional.empty();
        Optional<OpenSae> checkpoint = Optional.ofNullable(sae).map(path -> reading.open(context, path, "--sae"));
        OpenModel opened = model.open(context, Processing.RAW);
        checkpoint.ifPresent(found ->
                SaeArguments.require(new Fit(opened.config(), found.config()).misfitOfOutput(), found, opened));
        PairOptions.Pair pair = texts.of(opened, model);
        Optional<FeaturePatches> patches = checkpoint.map(found -> new FeaturePatches(
                found.id(),
                context.ask(new StrongestFeatures(
                        opened.id(),
                        found.id(),
                        pair.clean(),
                        pair.corrupt(),
                        pair.metric(),
                        pair.position(),
                        PatchingModel.FEATURES)),
                List.of(),
                true));
        Patching question = new Patching(
                opened.id(),
                pair.clean(),
                pair.corrupt(),
                pair.metric(),
                pair.position(),
                Set.of(Patching.Direction.values()),
                place.map(List::of).orElse(List.of()),
                patches);
        PatchMaps maps = PatchMaps.of(
                question,
                context.ask(question),
                pair.clean().stream().map(id -> ModelOptions.text(opened, id)).toList());
        return picture.write(
                context,
                () -> {
                    HeatMaps chart = PatchingPane.chart();
                    PatchingPane.draw(chart, maps);
                    return chart;
                },
                checkpoint
                                .map(found -> LabelledFeature.all(opened, found))
                                .orElse(opened.id() + ", "
                                        + place.map(PatchSite::label).orElse(""))
                        + ", " + pair.metric());
    }

    private PatchSite place() {
        return site == null
                ? PatchSite.RESID_PRE
                : PatchSite.of(site)
                        .filter(found -> found != PatchSite.Z_BY_POSITION)
                        .orElseThrow(() -> new UsageException(
                                "--site is " + site + ", expected resid_pre, attn_out, mlp_out or z"));
    }
}
