package loupe.app.effects;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import loupe.analysis.Fit;
import loupe.analysis.Misfit;
import loupe.app.cli.CommandContext;
import loupe.app.cli.OptionRange;
import loupe.app.command.ModelOptions;
import loupe.app.command.SaeArguments;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.Processing;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of commands that put checkpoints into a model. */
class PlacedCheckpoints {
    private static final int MOST_STEPS = 100_000;

    @Mixin
    private ModelOptions.Required model;

    @Option(
            names = "--sae",
            required = true,
            paramLabel = SaeAt.LABEL,
            converter = SaeAt.Converter.class,
            description = "Checkpoint, and the hook point where it reads; one or several, each in a place of its own.")
    private List<SaeAt> saes;

    @Mixin
    private SaeArguments reading;

    /** Likewise, and follow gradients through them. */
    static final class WithSteps extends PlacedCheckpoints {
        @Option(
                names = "--steps",
                paramLabel = "N",
                defaultValue = "10",
                description = "Steps of integrated gradients between the two runs; the end is left out "
                        + "(default: ${DEFAULT-VALUE}).")
        @OptionRange(least = 1, most = MOST_STEPS)
        private int steps;

        int steps() {
            return steps;
        }
    }

    /**
     * A model, and checkpoints that fit it.
     *
     * @param saes in the order in which they were asked for
     */
    record Opened(OpenModel model, List<OpenSae> saes) {}

    ModelOptions model() {
        return model;
    }

    /** How many checkpoints were given. */
    int count() {
        return saes.size();
    }

    /** Opens the model and all checkpoints. */
    Opened open(CommandContext context) {
        return open(context, opened -> {});
    }

    /**
     * Likewise.
     *
     * @param check refuses what can be refused once the checkpoints are open and before the model is
     */
    Opened open(CommandContext context, Consumer<List<OpenSae>> check) {
        return open(context, saes, check, Fit::misfitOfOutput);
    }

    /** Likewise, for what only reads the model's values, so that it does not matter where a checkpoint writes. */
    Opened openToRead(CommandContext context, Consumer<List<OpenSae>> check) {
        return open(context, saes, check, Fit::misfit);
    }

    /** Opens the model and some checkpoints, by their places in the order of {@code --sae}. */
    Opened open(CommandContext context, int... which) {
        return open(context, IntStream.of(which).mapToObj(saes::get).toList(), opened -> {}, Fit::misfitOfOutput);
    }

    private Opened open(
            CommandContext context,
            List<SaeAt> given,
            Consumer<List<OpenSae>> check,
            Function<Fit, Optional<Misfit>> misfit) {
        List<OpenSae> checkpoints = SaeAt.open(context, given, reading);
        check.accept(checkpoints);
        OpenModel opened = model.open(context, Processing.RAW);
        for (OpenSae sae : checkpoints) {
            SaeArguments.require(misfit.apply(new Fit(opened.config(), sae.config())), sae, opened);
        }
        return new Opened(opened, checkpoints);
    }
}
