package loupe.app.command;

import com.fasterxml.jackson.annotation.JsonProperty;
import loupe.analysis.compare.SaeEvaluation;
import loupe.analysis.compare.SaeMetrics;
import loupe.analysis.prompts.TokenRows;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.index.DocumentPacking;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code evaluate}: how faithful a checkpoint is to its model on a corpus. */
@Command(
        name = "evaluate",
        description = "Measure the fidelity of a checkpoint on a corpus: its reconstruction error, and the loss "
                + "it adds to the model.")
public final class EvaluateCommand extends LoupeCommand<EvaluateCommand.Result> {
    @Mixin
    private MeasuredCheckpoint measured;

    @Override
    public Result run(CommandContext context) {
        MeasuredCheckpoint.Opened opened = measured.open(context);
        OpenModel model = opened.model();
        OpenSae checkpoint = opened.sae();
        measured.reading().warnOfProcessing(context, checkpoint, model);
        TokenRows contexts = measured.contexts(context, opened);
        context.begin();
        ReadingCheck.warn(context, model, checkpoint, measured.reading(), measured.beginning(context, opened));
        CorpusOptions corpus = measured.corpus();
        return Result.of(
                context.ask(new SaeEvaluation(model.id(), checkpoint.id(), contexts, corpus.ignored(model))),
                corpus.documents());
    }

    /**
     * The result that is printed. Cross entropies (ce) are in nats per token.
     *
     * @param l0 mean number of active features at a token
     * @param mse mean squared error of a vector, summed over its dimensions
     * @param fve fraction of variance explained
     * @param ceSae with the reconstruction in place of the activations
     * @param ceZero with zeros in their place
     * @param ceRecovered the fraction of the loss by zeros that the reconstruction avoids
     * @param alive fraction of the features that were active at least once
     * @param tokens that were counted
     * @param documents how the model read them
     */
    record Result(
            double l0,
            double mse,
            double fve,
            double ceClean,
            double ceSae,
            double ceZero,
            double ceRecovered,
            double alive,
            long tokens,
            String documents,
            Variants variants) {
        static Result of(SaeEvaluation.Answer answer, DocumentPacking documents) {
            SaeMetrics metrics = answer.metrics();
            return new Result(
                    metrics.l0(),
                    metrics.mse(),
                    metrics.fve(),
                    answer.ceClean(),
                    answer.ceSae(),
                    answer.ceZero(),
                    answer.ceRecovered(),
                    metrics.alive(),
                    answer.tokens(),
                    documents.word(),
                    Variants.of(answer));
        }
    }

    /** The same qualities as other libraries define them, under the names they use. */
    record Variants(
            double l0Positive,
            double l1,
            double l2Loss,
            double nmse,
            double cossim,
            double l2Ratio,
            double relativeReconstructionBias,
            double explainedVarianceSaelens,
            double explainedVarianceLegacy,
            double klSae,
            double klZero,
            double klRecovered,
            double ceAdded,
            @JsonProperty("denser_than_10_percent") double denserThan10Percent,
            @JsonProperty("denser_than_1_percent") double denserThan1Percent) {
        static Variants of(SaeEvaluation.Answer answer) {
            SaeMetrics metrics = answer.metrics();
            return new Variants(
                    metrics.l0Positive(),
                    metrics.l1(),
                    metrics.errorNorm(),
                    metrics.nmse(),
                    metrics.cosine(),
                    metrics.normRatio(),
                    metrics.relativeReconstructionBias(),
                    metrics.explainedVarianceSaeLens(),
                    metrics.explainedVarianceLegacy(),
                    answer.klSae(),
                    answer.klZero(),
                    answer.klRecovered(),
                    answer.ceAdded(),
                    metrics.denserThan(0.1),
                    metrics.denserThan(0.01));
        }
    }
}
