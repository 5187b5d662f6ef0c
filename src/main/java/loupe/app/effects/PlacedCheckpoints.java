package loupe.app.effects;

import java.util.List;
import java.util.stream.IntStream;
import loupe.app.cli.CommandContext;
import loupe.app.cli.OptionRange;
import loupe.app.command.ModelOptions;
import loupe.app.command.SaeArguments;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.Processing;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of commands that put checkpoints into a model and follow gradients through them. */
final class PlacedCheckpoints {
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

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "10",
            description = "Steps of integrated gradients between the two runs; the end is left out "
                    + "(default: ${DEFAULT-VALUE}).")
    @OptionRange(least = 1, most = MOST_STEPS)
    private int steps;

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

    int steps() {
        return steps;
    }

    /** Opens the model and all checkpoints. */
    Opened open(CommandContext context) {
        return open(context, IntStream.range(0, saes.size()).toArray());
    }

    /** Opens the model and some checkpoints, by their places in the order of {@code --sae}. */
    Opened open(CommandContext context, int... which) {
        List<OpenSae> checkpoints =
                SaeAt.open(context, IntStream.of(which).mapToObj(saes::get).toList(), reading);
        OpenModel opened = model.open(context, Processing.RAW);
        SaeAt.requireFit(checkpoints, opened);
        return new Opened(opened, checkpoints);
    }
}
