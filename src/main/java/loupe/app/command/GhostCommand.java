package loupe.app.command;

import java.nio.file.Path;
import loupe.analysis.ghost.GhostBasis;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.GhostVector;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.format.SafetensorsWriter;
import loupe.inference.OpenModel;
import loupe.tensor.HostTensor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ghost}: a feature's direction as a vector that can stand in a token's place. */
@Command(
        name = "ghost",
        description = "Make the ghost of a feature: its direction as a vector that can stand in a token's place.")
public final class GhostCommand extends LoupeCommand<GhostCommand.Result> {
    @Mixin
    private ModelOptions.Required model;

    @Mixin
    private GhostOptions.OfFeature ghost;

    @Option(
            names = "--out",
            paramLabel = "F",
            description = "Safetensors file to write: ghost, centroid and direction.")
    private Path out;

    @Override
    public Result run(CommandContext context) {
        if (out != null) {
            OptionPaths.writable(out, "--out");
        }
        ghost.requireSensible();
        OpenModel opened = model.openEmbeddings(context);
        GhostSettings settings = ghost.settings(context, opened);
        GhostVector vector = context.ask(new GhostBasis(opened.id(), settings)).vector(settings);
        if (out != null) {
            new SafetensorsWriter()
                    .add("ghost", vector.ghost())
                    .add("centroid", vector.centroid())
                    .add("direction", vector.direction())
                    .write(out);
        }
        return new Result(
                ghost.describeMade(opened, settings),
                vector.ghost().size(0),
                norm(vector.ghost()),
                norm(vector.centroid()),
                norm(vector.direction()));
    }

    /**
     * The result that is printed.
     *
     * @param d dimensions of the vectors
     * @param norm length of the ghost
     */
    record Result(GhostDescription.Made settings, int d, double norm, double centroidNorm, double directionNorm) {}

    private static double norm(HostTensor vector) {
        double sum = 0;
        for (float value : vector.data()) {
            sum += (double) value * value;
        }
        return Math.sqrt(sum);
    }
}
