package loupe.analysis.tokens;

import java.util.HashMap;
import java.util.Map;

/**
 * How the ranks of a list's tokens move when the ghost's scale is a tenth smaller or larger: a list whose order changes
 * much within that is weak evidence about the feature. Ranks count from 1; a token beyond {@code deepest} has rank
 * {@code deepest} + 1. The arrays are not to be written.
 *
 * @param tokens of the list
 * @param smaller ranks at nine tenths of the scale, one per token of the list
 * @param larger ranks at eleven tenths
 * @param deepest the largest rank computed
 */
public record TokenStability(int[] tokens, int[] smaller, int[] larger, int deepest) {
    private static final double CHANGE = 0.1;
    private static final int DEEPER = 5;

    /** Measures a list's stability, on the host and with two further rankings. */
    public static TokenStability of(TokenRanking ranking, TokenColumns.Answer columns, TokenList list) {
        int deepest = Math.min(columns.tokens(), DEEPER * list.settings().top());
        return new TokenStability(
                list.tokens(),
                ranks(ranking, columns, list, 1 - CHANGE, deepest),
                ranks(ranking, columns, list, 1 + CHANGE, deepest),
                deepest);
    }

    private static int[] ranks(
            TokenRanking ranking, TokenColumns.Answer columns, TokenList list, double factor, int deepest) {
        TokenListSettings settings = list.settings();
        TokenList other = ranking.rank(
                columns,
                settings.withGhost(settings.ghost()
                                .withScale(factor * settings.ghost().scale()))
                        .withTop(deepest));
        Map<Integer, Integer> rankOf = new HashMap<>();
        for (int i = 0; i < other.size(); i++) {
            rankOf.put(other.tokens()[i], i + 1);
        }
        int[] ranks = new int[list.size()];
        for (int i = 0; i < ranks.length; i++) {
            ranks[i] = rankOf.getOrDefault(list.tokens()[i], deepest + 1);
        }
        return ranks;
    }

    /** The largest less the smallest rank of the list's token at this index, over the three scales. */
    public int spread(int index) {
        int rank = index + 1;
        return Math.max(rank, Math.max(smaller[index], larger[index]))
                - Math.min(rank, Math.min(smaller[index], larger[index]));
    }
}
