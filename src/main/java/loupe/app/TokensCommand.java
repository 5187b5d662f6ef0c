package loupe.app;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.tokens.TokenColumns;
import loupe.analysis.tokens.TokenList;
import loupe.analysis.tokens.TokenListSettings;
import loupe.analysis.tokens.TokenMetric;
import loupe.analysis.tokens.TokenRanking;
import loupe.inference.OpenModel;
import loupe.lm.Processing;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tokens}: the real tokens nearest to a ghost. */
@Command(name = "tokens", description = "List the tokens nearest to a ghost, best first.")
final class TokensCommand extends LoupeCommand {
    @Mixin
    private ModelOptions model;

    @Mixin
    private GhostOptions ghost;

    @Option(names = "--vector", paramLabel = "F:NAME", converter = ArrayReference.Converter.class, description = "A finished ghost, used as it is.")
    private ArrayReference vector;

    @Option(names = "--exponent", paramLabel = "M", defaultValue = "1.4", description = "Exponent of the ratio (default: ${DEFAULT-VALUE}).")
    private double exponent;

    @Option(names = "--metric", paramLabel = "NAME", defaultValue = "ratio", description = "ratio, cosine, centred, csls, dot or mahalanobis (default: ratio).")
    private TokenMetric metric;

    @Option(names = "--top", paramLabel = "N", defaultValue = "100", description = "How many tokens (default: ${DEFAULT-VALUE}).")
    private int top;

    @Override
    Map<String, Object> run(CommandContext context) {
        if (top < 1) {
            throw Refusal.usage("--top is " + top + ", at least 1 is needed");
        }
        if (!(exponent >= 0 && Double.isFinite(exponent))) {
            throw Refusal.usage("--exponent is " + exponent + ", expected 0 or more");
        }
        ghost.requireSensible(vector);
        OpenModel opened = model.open(context, Processing.RAW);
        GhostSettings settings = ghost.settings(context, opened, vector);
        TokenListSettings asked = new TokenListSettings(settings, metric, exponent, top);
        TokenList list = new TokenRanking().rank(context.ask(new TokenColumns(opened.id(), settings, metric)), asked);
        List<Map<String, Object>> rows = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            Map<String, Object> row = new LinkedHashMap<>();
            row.put("id", list.tokens()[i]);
            row.put("token", ModelOptions.text(opened, list.tokens()[i]));
            row.put("score", list.scores()[i]);
            row.put("cosine", list.cosines()[i]);
            rows.add(row);
        }
        Map<String, Object> said = ghost.describe(opened, settings, vector);
        said.put("metric", metric.label());
        said.put("exponent", exponent);
        said.put("top", top);
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("settings", said);
        result.put("tokens", rows);
        return result;
    }
}
