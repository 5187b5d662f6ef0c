package loupe.app.command;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import loupe.analysis.ModelName;
import loupe.analysis.compare.ReadingFit;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.sae.checkpoint.SaeAudit;
import loupe.sae.checkpoint.SaeFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code audit}: what is doubtful about a checkpoint and which reading of it fits, as its page in the window shows. */
@Command(
        name = "audit",
        description = "Say what is doubtful about a checkpoint, and measure on the beginning of a corpus how well "
                + "each way of reading it explains the model's activations.")
public final class AuditCommand extends LoupeCommand<AuditCommand.Result> {
    @Mixin
    private MeasuredCheckpoint measured;

    @Override
    public Result run(CommandContext context) {
        Path sae = OptionPaths.existing(measured.path(), "--sae");
        List<Finding> findings =
                SaeAudit.of(SaeFile.read(sae, measured.reading().options(sae)), context.cancellation()).stream()
                        .map(found -> new Finding(found.topic(), found.sentence()))
                        .toList();
        MeasuredCheckpoint.Opened opened = measured.open(context);
        ModelName.doubt(
                        sae.toString(),
                        opened.sae().config(),
                        opened.model().id().name())
                .ifPresent(context::warn);
        ReadingFit.Answer answer = context.ask(
                new ReadingFit(opened.model().id(), opened.sae().id(), measured.beginning(context, opened)));
        return new Result(
                findings,
                answer.readings().stream()
                        .map(one -> new Reading(
                                one.words(),
                                one.centred(),
                                one.subtracts(),
                                one.factor(),
                                one.explainedVariance(),
                                one.l0()))
                        .toList(),
                answer.better().map(ReadingFit.Reading::words),
                answer.conclusion(),
                answer.tokens());
    }

    /**
     * The result that is printed.
     *
     * @param findings from the checkpoint's files alone
     * @param readings the one that it is open with comes first
     * @param better a reading that fits clearly better; empty if there is none
     * @param tokens number of positions measured
     */
    record Result(
            List<Finding> findings, List<Reading> readings, Optional<String> better, String conclusion, long tokens) {}

    /** Something doubtful or worth knowing about the checkpoint. */
    record Finding(String topic, String sentence) {}

    /**
     * A way of reading the checkpoint.
     *
     * @param words all of it
     * @param centred whether it reads centred activations
     * @param subtracts whether b_dec is subtracted before encoding
     * @param factor that the input is multiplied by first
     * @param explainedVariance of the activations, at most 1
     * @param l0 mean number of active features at a token
     */
    record Reading(
            String words, boolean centred, boolean subtracts, double factor, double explainedVariance, double l0) {}
}
