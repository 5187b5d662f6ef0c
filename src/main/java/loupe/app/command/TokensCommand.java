package loupe.app.command;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.tokens.NullTokenList;
import loupe.analysis.tokens.TokenCoherence;
import loupe.analysis.tokens.TokenColumns;
import loupe.analysis.tokens.TokenFilter;
import loupe.analysis.tokens.TokenList;
import loupe.analysis.tokens.TokenListSettings;
import loupe.analysis.tokens.TokenMask;
import loupe.analysis.tokens.TokenMetric;
import loupe.analysis.tokens.TokenRanking;
import loupe.analysis.tokens.TokenSides;
import loupe.analysis.tokens.TokenStability;
import loupe.app.cli.CommandContext;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.UsageException;
import loupe.inference.OpenModel;
import loupe.lm.Processing;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tokens}: the real tokens nearest to a ghost. */
@Command(name = "tokens", description = "List the tokens nearest to a ghost, best first.")
public final class TokensCommand extends LoupeCommand {
    @Mixin
    private ModelOptions model;

    @Mixin
    private GhostOptions ghost;

    @Option(
            names = "--vector",
            paramLabel = "F:NAME",
            converter = ArrayReference.Converter.class,
            description = "A finished ghost, used as it is.")
    private ArrayReference vector;

    @Option(
            names = "--exponent",
            paramLabel = "M",
            defaultValue = "1.4",
            description = "Exponent of the ratio (default: ${DEFAULT-VALUE}).")
    private double exponent;

    @Option(
            names = "--metric",
            paramLabel = "NAME",
            defaultValue = "ratio",
            description = "ratio, cosine, centred, csls, dot or mahalanobis (default: ratio).")
    private TokenMetric metric;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "100",
            description = "How many tokens (default: ${DEFAULT-VALUE}).")
    private int top;

    @Mixin
    private TokenFilterOptions filters;

    @Option(
            names = "--sides",
            description =
                    "List encoder's and decoder's tokens too, side by side, each with its rank in the other's list.")
    private boolean sides;

    @Option(names = "--stability", description = "Say each token's rank at a scale a tenth smaller and a tenth larger.")
    private boolean stability;

    @Option(
            names = "--null",
            paramLabel = "SEED",
            description = "List the tokens of a random direction too, and how alike the tokens of both lists are.")
    private Long nullSeed;

    @Override
    public Map<String, Object> run(CommandContext context) {
        if (vector != null && (nullSeed != null || stability || sides)) {
            throw new UsageException(
                    "--vector is a finished ghost without direction and scale, so it goes without --null, --stability and --sides");
        }
        if (top < 1) {
            throw new UsageException("--top is " + top + ", at least 1 is needed");
        }
        if (!(exponent >= 0 && Double.isFinite(exponent))) {
            throw new UsageException("--exponent is " + exponent + ", expected 0 or more");
        }
        TokenFilter filter = filters.filter();
        ghost.requireSensible(vector);
        OpenModel opened = model.open(context, Processing.RAW);
        GhostSettings settings = ghost.settings(context, opened, vector);
        TokenColumns.Answer columns = context.ask(new TokenColumns(opened.id(), settings, metric));
        TokenMask mask = TokenFilterOptions.mask(context, opened, filter, columns.tokens());
        TokenListSettings asked = new TokenListSettings(settings, metric, exponent, top, mask);
        TokenRanking ranking = new TokenRanking();
        TokenList list = ranking.rank(columns, asked);
        List<Map<String, Object>> rows = rows(opened, list);
        if (stability) {
            TokenStability moved = TokenStability.of(ranking, columns, list);
            for (int i = 0; i < rows.size(); i++) {
                rows.get(i).put("rank_at_smaller_scale", moved.smaller()[i]);
                rows.get(i).put("rank_at_larger_scale", moved.larger()[i]);
                rows.get(i).put("rank_spread", moved.spread(i));
            }
        }
        Map<String, Object> said = ghost.describe(opened, settings, vector);
        said.put("metric", metric.label());
        said.put("exponent", exponent);
        said.put("top", top);
        said.put("filter", TokenFilterOptions.describe(filter, mask));
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("settings", said);
        result.put("tokens", rows);
        if (sides) {
            TokenSides both = TokenSides.of(ranking, columns, asked);
            result.put(
                    "sides",
                    Map.of(
                            "deepest",
                            both.deepest(),
                            "encoder",
                            rows(opened, both.encoder(), "rank_in_decoder", both.encoderInDecoder()),
                            "decoder",
                            rows(opened, both.decoder(), "rank_in_encoder", both.decoderInEncoder())));
        }
        if (nullSeed != null) {
            TokenList random = context.ask(new NullTokenList(opened.id(), asked, nullSeed));
            result.put("coherence", coherence(context, opened, list));
            Map<String, Object> nothing = new LinkedHashMap<>();
            nothing.put("seed", nullSeed);
            nothing.put("coherence", coherence(context, opened, random));
            nothing.put("tokens", rows(opened, random));
            result.put("null", nothing);
        }
        return result;
    }

    private static List<Map<String, Object>> rows(OpenModel opened, TokenList list) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("id", list.tokens()[i]);
            row.put("token", ModelOptions.text(opened, list.tokens()[i]));
            row.put("score", list.scores()[i]);
            row.put("cosine", list.cosines()[i]);
            rows.add(row);
        }
        return rows;
    }

    /** @param key of the rank in the other list; one more than the deepest that was looked at for tokens beyond it */
    private static List<Map<String, Object>> rows(OpenModel opened, TokenList list, String key, int[] ranks) {
        List<Map<String, Object>> rows = rows(opened, list);
        for (int i = 0; i < rows.size(); i++) {
            rows.get(i).put(key, ranks[i]);
        }
        return rows;
    }

    private static Map<String, Object> coherence(CommandContext context, OpenModel opened, TokenList list) {
        TokenCoherence.Answer answer = context.ask(new TokenCoherence(
                opened.id(), Arrays.stream(list.tokens()).boxed().toList()));
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("mean_cosine", answer.meanCosine());
        said.put("mean_centred_cosine", answer.meanCentredCosine());
        return said;
    }
}
