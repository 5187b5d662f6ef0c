package loupe.app.geometry;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import loupe.analysis.Fit;
import loupe.analysis.lens.LogitMoments;
import loupe.analysis.lens.LogitProjection;
import loupe.analysis.tokenbias.FeatureTokens;
import loupe.analysis.tokenbias.RuleScore;
import loupe.analysis.tokenbias.TokenRule;
import loupe.analysis.tokenbias.TokenRules;
import loupe.analysis.tokenbias.UnigramCosines;
import loupe.analysis.tokenbias.UnigramTable;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.OptionPaths;
import loupe.app.cli.OptionRange;
import loupe.app.cli.ResultJson.LeftOutIfEmpty;
import loupe.app.cli.UsageException;
import loupe.app.command.IndexedCheckpoint;
import loupe.app.command.ModelOptions;
import loupe.app.command.SaeArguments;
import loupe.format.TextFiles;
import loupe.index.ActivationIndex;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.lm.Processing;
import loupe.search.CorpusRules;
import loupe.ui.export.Csv;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code rules}: what explains features without a language model. */
@Command(
        name = "rules",
        description = "Find for each feature the rule on tokens that explains best where it is active: the current "
                + "token, a set of tokens, the previous token, pairs of both, a property such as a script or a "
                + "capital, what it promotes, the cosine with the current token's residual. Rules are fitted to one "
                + "half of the contexts and chosen on a quarter; their balanced accuracy, with its 95 % interval, is "
                + "that on the last quarter.")
public final class RulesCommand extends LoupeCommand<RulesCommand.Result> {
    private static final int PROMOTED = 100;

    @Mixin
    private ModelOptions.Required model;

    @Option(names = "--sae", required = true, paramLabel = "PATH", description = "Checkpoint.")
    private Path sae;

    @Mixin
    private SaeArguments reading;

    @Option(
            names = "--index",
            required = true,
            paramLabel = "DIR",
            description = "Index of a corpus, with the activations of the checkpoint.")
    private Path folder;

    @Option(
            names = "--indexed-as",
            paramLabel = "NAME",
            description = "Checkpoint of the index (default: that of --sae, by its contents and how it is read).")
    private @Nullable String indexed;

    @Option(names = "--features", split = ",", paramLabel = "I", description = "Features (default: all).")
    @OptionRange(most = OptionRange.LARGEST_INDEX)
    private int @Nullable [] features;

    @Option(names = "--every-kind", description = "List one rule of each kind for each feature, not only the best.")
    private boolean everyKind;

    @Option(names = "--unigram", description = "Also try the cosine with the current token's unigram residual.")
    private boolean unigram;

    @Mixin
    private UnigramOptions unigrams;

    @Option(
            names = "--top",
            paramLabel = "N",
            description = "Features listed at most, those that a rule explains best first (default: all, by number).")
    @OptionRange(least = 1, most = OptionRange.MOST_LISTED)
    private @Nullable Integer top;

    @Option(names = "--out", paramLabel = "F.csv", description = "CSV file to write instead of listing the rules here.")
    private @Nullable Path out;

    @Override
    public Result run(CommandContext context) {
        if (out != null) {
            OptionPaths.writable(out, "--out");
        }
        OptionPaths.existing(folder, "--index");
        OpenModel opened = unigram ? model.open(context, Processing.RAW) : model.openEmbeddings(context);
        OpenSae checkpoint = reading.open(context, sae, "--sae");
        SaeArguments.require(new Fit(opened.config(), checkpoint.config()).misfit(), checkpoint, opened);
        int count = checkpoint.config().dSae();
        int[] chosen = features == null ? IntStream.range(0, count).toArray() : features;
        Arrays.stream(chosen).filter(f -> f >= count).findFirst().ifPresent(f -> {
            throw new UsageException("--features has " + f + ", the features are 0 to " + (count - 1));
        });
        Optional<LogitMoments.Answer> promoted =
                checkpoint.config().dOut() == opened.config().dModel()
                        ? Optional.of(context.ask(new LogitMoments(
                                opened.id(), checkpoint.id(), LogitProjection.DEFAULT, PROMOTED, List.of())))
                        : Optional.empty();
        Optional<UnigramTable> residuals =
                unigram ? Optional.of(residuals(context, opened, checkpoint)) : Optional.empty();
        List<Row> rows = new ArrayList<>();
        int active = 0;
        try (ActivationIndex index = ActivationIndex.open(folder)) {
            index.doubt().ifPresent(context::warn);
            int place = IndexedCheckpoint.of(context, index.info(), indexed, checkpoint.id(), count);
            CorpusRules rules = new CorpusRules(
                    index,
                    place,
                    opened.config().vocabularySize(),
                    id -> ModelOptions.text(opened, id),
                    context.cancellation());
            for (int i = 0; i < chosen.length; i++) {
                context.cancellation().check();
                context.progress().show((double) i / chosen.length);
                int feature = chosen[i];
                TokenRules.Known known = new TokenRules.Known(
                        promoted.map(answer -> answer.tokens(feature)).orElse(new int[0]),
                        residuals
                                .map(table -> context.ask(new UnigramCosines(checkpoint.id(), table, feature)))
                                .orElse(null));
                List<TokenRule> found = everyKind
                        ? rules.all(feature, known)
                        : rules.best(feature, known).stream().toList();
                active += found.isEmpty() ? 0 : 1;
                found.forEach(rule -> rows.add(row(opened, feature, rule)));
            }
            context.progress().clear();
        }
        return result(chosen.length, active, rows);
    }

    private UnigramTable residuals(CommandContext context, OpenModel opened, OpenSae checkpoint) {
        UnigramTable table =
                unigrams.table(context, opened, checkpoint.config().hook().orElseThrow());
        if (!FeatureTokens.fits(checkpoint.config(), table)) {
            throw new UsageException("--unigram compares directions with the values that a checkpoint reads, and " + sae
                    + " writes to another place");
        }
        return table;
    }

    private static Row row(OpenModel opened, int feature, TokenRule rule) {
        RuleScore score = rule.score();
        return new Row(
                feature,
                score.balanced(),
                score.low(),
                score.high(),
                score.sensitivity(),
                score.specificity(),
                rule.kind().word(),
                rule.words(id -> ModelOptions.text(opened, id)),
                rule.tokens());
    }

    private Result result(int asked, int active, List<Row> rows) {
        List<Row> listed = top == null
                ? rows
                : rows.stream()
                        .sorted(Comparator.comparingDouble((Row row) -> -row.balancedAccuracy()))
                        .limit(top)
                        .toList();
        if (out == null) {
            return new Result(asked, active, Optional.empty(), listed);
        }
        List<List<?>> cells = new ArrayList<>();
        listed.forEach(row -> cells.add(List.of(
                row.feature,
                row.balancedAccuracy,
                row.low,
                row.high,
                row.sensitivity,
                row.specificity,
                row.kind,
                row.rule)));
        TextFiles.write(
                out,
                new Csv(
                                List.of(
                                        "feature",
                                        "balanced accuracy",
                                        "low",
                                        "high",
                                        "sensitivity",
                                        "specificity",
                                        "kind",
                                        "rule"),
                                cells)
                        .text(false));
        return new Result(asked, active, Optional.of(out.toString()), List.of());
    }

    /**
     * The result that is printed.
     *
     * @param features that were looked at
     * @param explained those that are active often enough to have a rule at all
     * @param out the file written
     */
    record Result(
            int features, int explained, @LeftOutIfEmpty Optional<String> out, List<Row> rules) {}

    /**
     * A rule of a feature.
     *
     * @param low to {@code high}: the 95 % interval of the balanced accuracy
     * @param sensitivity of the active tokens, those where it holds
     * @param specificity of the others, those where it does not
     * @param tokens that it names; of pairs the previous and the current one in turn
     */
    record Row(
            int feature,
            double balancedAccuracy,
            double low,
            double high,
            double sensitivity,
            double specificity,
            String kind,
            String rule,
            List<Integer> tokens) {}
}
