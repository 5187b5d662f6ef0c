package loupe.app.chart;

import java.io.IOException;
import java.util.Optional;
import loupe.analysis.Fit;
import loupe.analysis.effects.InterventionList;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.GhostPrompt;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.ScaleSweep;
import loupe.analysis.ghost.TokenGeometry;
import loupe.analysis.ghost.TreeLimits;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.command.GhostOptions;
import loupe.app.command.ListedInterventions;
import loupe.app.command.ModelOptions;
import loupe.app.command.PromptOptions;
import loupe.app.command.TreeLimitOptions;
import loupe.app.features.LabelOptions;
import loupe.inference.OpenModel;
import loupe.lm.Processing;
import loupe.state.ghost.GhostCaption;
import loupe.ui.export.PaperFonts;
import loupe.ui.ghost.ScaleCurves;
import loupe.ui.tree.TreeFigure;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** A chart of what the model does with a feature's ghost. */
abstract class GhostChart extends LoupeCommand<ChartCommand.Result> {
    @Mixin
    private ModelOptions.Required model;

    @Mixin
    private GhostOptions.OfFeature ghost;

    @Mixin
    private PromptOptions prompt;

    @Mixin
    private LabelOptions labels;

    @Override
    public final ChartCommand.Result run(CommandContext context) throws IOException {
        picture().requireSensible();
        ghost.requireSensible();
        OpenModel opened = model.open(context, Processing.RAW);
        GhostSettings settings = prompt.apply(context, opened, ghost.settings(context, opened));
        return draw(context, opened, settings, prompt.tokens(opened, model));
    }

    abstract PictureOptions picture();

    abstract ChartCommand.Result draw(
            CommandContext context, OpenModel opened, GhostSettings settings, GhostPrompt tokens) throws IOException;

    /** The feature and the settings of its ghost. */
    final String caption(
            CommandContext context, OpenModel opened, GhostSettings settings, Optional<TreeLimits> limits) {
        int feature = ghost.feature().orElseThrow();
        String of = ghost.sae()
                .map(sae -> LabelledFeature.caption(context, opened, sae, feature, labels))
                .orElseGet(() -> opened.id() + ", direction " + feature + " of a file of vectors");
        return of
                + GhostCaption.of(
                        settings, prompt.text(), limits, opened, ghost.sae().orElse(null));
    }

    final GhostOptions ghost() {
        return ghost;
    }

    /** {@code chart tree}: as the pane "Definition tree" draws it. */
    @Command(name = "tree", description = "The definition tree of a ghost, whole, at its natural size.")
    static final class Tree extends GhostChart {
        @Mixin
        private TreeLimitOptions.OfOne limit;

        @Mixin
        private ListedInterventions done;

        @Mixin
        private PictureOptions picture;

        @Override
        PictureOptions picture() {
            return picture;
        }

        @Override
        ChartCommand.Result draw(CommandContext context, OpenModel opened, GhostSettings settings, GhostPrompt tokens)
                throws IOException {
            TreeLimits limits = limit.of(opened);
            InterventionList listed = done.read();
            DefinitionTree.Answer tree = context.ask(new DefinitionTree(opened.id(), settings, tokens, limits)
                    .with(done.of(
                            context, listed, opened, ghost().sae().stream().toList())));
            limit.warnOfNothing(tree, context);
            return picture.write(
                    context,
                    () -> new TreeFigure(tree, id -> ModelOptions.text(opened, id), PaperFonts.FAMILY),
                    caption(context, opened, settings, Optional.of(limits)) + GhostCaption.with(listed.words()));
        }
    }

    /** {@code chart scale}: the curves of the scale finder. */
    @Command(name = "scale", description = "What each scale of a ghost does: the curves of the command scale.")
    static final class Scales extends GhostChart {
        @Mixin
        private PictureOptions.Sized picture;

        @Override
        PictureOptions picture() {
            return picture;
        }

        @Override
        ChartCommand.Result draw(CommandContext context, OpenModel opened, GhostSettings settings, GhostPrompt tokens)
                throws IOException {
            double natural = context.ask(new TokenGeometry(opened.id())).meanDistance();
            ScaleSweep.Answer sweep = context.ask(new ScaleSweep(
                    opened.id(),
                    settings,
                    tokens,
                    ScaleSweep.grid(natural, ScaleSweep.DEFAULT_COUNT),
                    true,
                    ScaleSweep.DEFAULT_NODES,
                    TreeLimits.DEFAULT.topK(),
                    ScaleSweep.DEFAULT_BASELINE,
                    ScaleSweep.DEFAULT_ENTROPY_WEIGHT,
                    ghost().sae().flatMap(sae -> new Fit(opened.config(), sae.config()).residualPlace())));
            return picture.write(
                    context,
                    () -> ScaleCurves.figure(sweep, natural, settings.scale()),
                    caption(context, opened, settings, Optional.empty()));
        }
    }
}
