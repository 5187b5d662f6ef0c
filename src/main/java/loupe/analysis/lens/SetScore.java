package loupe.analysis.lens;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import loupe.base.Cancellation;

/**
 * What is known of one set of tokens for one feature.
 *
 * @param size how many of the ranked tokens are in it
 * @param score -1 to 1
 * @param p the share of sets of the same size whose score is at least as far from 0
 * @param q the false discovery rate over the sets
 */
public record SetScore(String set, int size, double score, double p, double q) {
    /** The height in a Manhattan plot with the sign of the score; infinite where that is 1 or -1. */
    public double height() {
        return Math.copySign(-Math.log1p(-Math.abs(score)), score);
    }

    /** The sets of one feature that have a score, in the order they were given. */
    public static List<SetScore> of(
            List<TokenSet> sets, double[] scores, EnrichmentNulls nulls, Cancellation cancellation) {
        EnrichmentNulls.Judged judged = nulls.judge(sets, scores, cancellation);
        List<SetScore> all = new ArrayList<>();
        for (int s = 0; s < scores.length; s++) {
            if (!Double.isNaN(scores[s])) {
                all.add(new SetScore(sets.get(s).name(), sets.get(s).size(), scores[s], judged.p()[s], judged.q()[s]));
            }
        }
        return List.copyOf(all);
    }

    /** The furthest from 0 first. */
    public static List<SetScore> furthestFirst(List<SetScore> scores) {
        return scores.stream()
                .sorted(Comparator.comparingDouble((SetScore one) -> -Math.abs(one.score)))
                .toList();
    }
}
