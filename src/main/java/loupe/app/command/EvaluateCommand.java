package loupe.app.command;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import loupe.analysis.compare.SaeEvaluation;
import loupe.analysis.compare.SaeMetrics;
import loupe.analysis.prompts.TokenRows;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.Processing;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code evaluate}: how faithful a checkpoint is to its model on a corpus. */
@Command(
        name = "evaluate",
        description = "Measure a checkpoint's fidelity on a corpus: reconstruction, and what the model loses by it.")
public final class EvaluateCommand extends LoupeCommand {
    @Mixin
    private ModelOptions model;

    @Option(names = "--sae", required = true, paramLabel = "PATH", description = "The checkpoint.")
    private Path sae;

    @Mixin
    private SaeArguments reading;

    @Mixin
    private CorpusOptions corpus;

    @Option(
            names = "--ignore-tokens",
            split = ",",
            paramLabel = "ID",
            description = "Tokens at whose positions nothing is replaced or counted.")
    private Set<Integer> ignored = Set.of();

    @Override
    public Map<String, Object> run(CommandContext context) {
        OpenSae checkpoint = reading.open(context, sae, "--sae");
        OpenModel opened = model.open(context, Processing.RAW);
        Fit.require(opened, checkpoint);
        TokenRows contexts = corpus.contexts(context, opened, model.separator(opened));
        context.begin();
        SaeEvaluation.Answer answer = context.ask(new SaeEvaluation(opened.id(), checkpoint.id(), contexts, ignored));
        return describe(answer);
    }

    private static Map<String, Object> describe(SaeEvaluation.Answer answer) {
        SaeMetrics metrics = answer.metrics();
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("l0", metrics.l0());
        result.put("mse", metrics.mse());
        result.put("fve", metrics.fve());
        result.put("ce_clean", answer.ceClean());
        result.put("ce_sae", answer.ceSae());
        result.put("ce_zero", answer.ceZero());
        result.put("ce_recovered", answer.ceRecovered());
        result.put("alive", metrics.alive());
        result.put("tokens", answer.tokens());
        Map<String, Object> variants = new LinkedHashMap<>();
        variants.put("l0_positive", metrics.l0Positive());
        variants.put("l1", metrics.l1());
        variants.put("l2_loss", metrics.errorNorm());
        variants.put("nmse", metrics.nmse());
        variants.put("cossim", metrics.cosine());
        variants.put("l2_ratio", metrics.normRatio());
        variants.put("relative_reconstruction_bias", metrics.relativeReconstructionBias());
        variants.put("explained_variance_saelens", metrics.explainedVarianceSaeLens());
        variants.put("explained_variance_legacy", metrics.explainedVarianceLegacy());
        variants.put("kl_sae", answer.klSae());
        variants.put("kl_zero", answer.klZero());
        variants.put("kl_recovered", answer.klRecovered());
        variants.put("ce_added", (answer.ceSae() - answer.ceClean()) / (answer.ceClean() + 0.001));
        variants.put("denser_than_10_percent", metrics.denserThan(0.1));
        variants.put("denser_than_1_percent", metrics.denserThan(0.01));
        result.put("variants", variants);
        return result;
    }
}
