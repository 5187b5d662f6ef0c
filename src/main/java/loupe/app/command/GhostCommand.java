package loupe.app.command;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import loupe.analysis.ghost.GhostBasis;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.GhostVector;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.format.SafetensorsWriter;
import loupe.inference.OpenModel;
import loupe.lm.Processing;
import loupe.tensor.HostTensor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ghost}: a feature's direction as a vector that can stand in a token's place. */
@Command(name = "ghost", description = "Make the ghost of a feature; write ghost, centroid and direction.")
public final class GhostCommand extends LoupeCommand {
    @Mixin
    private ModelOptions model;

    @Mixin
    private GhostOptions ghost;

    @Option(names = "--out", paramLabel = "F", description = "A safetensors file for ghost, centroid and direction.")
    private Path out;

    @Override
    public Map<String, Object> run(CommandContext context) {
        if (out != null) {
            OptionPaths.writable(out, "--out");
        }
        ghost.requireSensible(null);
        OpenModel opened = model.open(context, Processing.RAW);
        GhostSettings settings = ghost.settings(context, opened, null);
        GhostVector made = context.ask(new GhostBasis(opened.id(), settings)).vector(settings);
        if (out != null) {
            new SafetensorsWriter()
                    .add("ghost", made.ghost())
                    .add("centroid", made.centroid())
                    .add("direction", made.direction())
                    .write(out);
        }
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("settings", ghost.describe(opened, settings, null));
        result.put("d", made.ghost().size(0));
        result.put("norm", norm(made.ghost()));
        result.put("centroid_norm", norm(made.centroid()));
        result.put("direction_norm", norm(made.direction()));
        return result;
    }

    private static double norm(HostTensor vector) {
        double sum = 0;
        for (float value : vector.data()) {
            sum += (double) value * value;
        }
        return Math.sqrt(sum);
    }
}
