package loupe.app.command;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import loupe.analysis.compare.SaeMetrics;
import loupe.analysis.compare.VectorReadingFit;
import loupe.analysis.features.Encoding;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.UsageException;
import loupe.base.Refusal;
import loupe.format.SafetensorsWriter;
import loupe.inference.OpenSae;
import loupe.tensor.HostTensor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code encode}: a checkpoint applied to given activations. */
@Command(
        name = "encode",
        description = "Apply a checkpoint to given activations and write features and reconstruction.")
public final class EncodeCommand extends LoupeCommand<EncodeCommand.Result> {
    @Option(names = "--sae", required = true, paramLabel = "PATH", description = "Checkpoint to apply.")
    private Path sae;

    @Mixin
    private SaeArguments reading;

    @Option(
            names = "--input",
            required = true,
            paramLabel = "F:NAME",
            converter = ArrayReference.Converter.class,
            description = "Activations, an array [.., d] of a safetensors file.")
    private ArrayReference input;

    @Option(
            names = "--token-ids",
            split = ",",
            paramLabel = "ID",
            description = "Token id of each vector, for checkpoints with a lookup table.")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int[] tokenIds;

    @Option(names = "--out", paramLabel = "F", description = "Safetensors file to write: features and x_hat.")
    private Path out;

    @Override
    public Result run(CommandContext context) {
        if (out != null) {
            OptionPaths.writable(out, "--out");
        }
        OptionPaths.existing(sae, "--sae");
        HostTensor x = input.read("--input");
        OpenSae opened = reading.open(context, sae, "--sae");
        Optional<List<Integer>> ids = Optional.ofNullable(tokenIds)
                .map(given -> Arrays.stream(given).boxed().toList());
        if (opened.config().lookup() && ids.isEmpty()) {
            throw new UsageException(
                    "--token-ids is missing: " + sae + " adds a bias for each token to its reconstruction");
        }
        requireShape(opened, x, ids);
        ReadingCheck.warn(context, opened, reading, new VectorReadingFit(opened.id(), x, ids));
        Encoding.Answer answer = context.ask(new Encoding(opened.id(), x, ids));
        SaeMetrics metrics = answer.metrics();
        if (metrics.undefined() > 0) {
            context.warn(metrics.undefined() + " of " + (metrics.rows() + metrics.undefined())
                    + " vectors have no defined answer (such as a zero vector under "
                    + "constant_norm_rescale); they are NaN in the output and left out of the figures");
        }
        if (out != null) {
            new SafetensorsWriter()
                    .add("features", answer.features())
                    .add("x_hat", answer.xHat())
                    .write(out);
        }
        return new Result(metrics.l0(), metrics.mse(), metrics.fve());
    }

    /**
     * The result that is printed.
     *
     * @param l0 mean number of active features at a vector
     * @param mse mean squared error of a vector, summed over its dimensions
     * @param fve fraction of variance explained, pooled over all vectors
     */
    record Result(double l0, double mse, double fve) {}

    private void requireShape(OpenSae opened, HostTensor x, Optional<List<Integer>> ids) {
        int rank = x.shape().length;
        int width = opened.config().dIn();
        boolean heads =
                rank >= 2 && opened.config().readsHeads() && (long) x.size(rank - 1) * x.size(rank - 2) == width;
        if (rank == 0 || (x.size(rank - 1) != width && !heads)) {
            throw new Refusal(
                    "--input: " + input + " is " + Arrays.toString(x.shape()) + ", but " + sae + " reads vectors of "
                            + width + " numbers" + (opened.config().readsHeads() ? ", or heads that make as many" : "")
                            + ". Choose activations of the place it was trained on");
        }
        int vectors = x.data().length / width;
        if (ids.isPresent() && ids.get().size() != vectors) {
            throw new Refusal("--token-ids: there are " + ids.get().size() + " token ids, but " + input + " holds "
                    + vectors + " vectors. Give one id for each vector, row by row");
        }
    }
}
