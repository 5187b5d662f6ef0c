package loupe.analysis.lens;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import loupe.base.Cancellation;

/**
 * The null distributions that sets of several sizes are judged by, each made once. What is asked of many features, or
 * of one after the other, is judged by the same. Any thread.
 *
 * @see EnrichmentNull
 */
public final class EnrichmentNulls {
    /** What {@code --permutations} is unless it is given: a p-value is no less than 1 / 1001. */
    public static final int USUAL_PERMUTATIONS = 1000;

    private final int tokens;
    private final OptionalInt permutations;
    private final long seed;
    private final Map<Integer, EnrichmentNull> bySize = new HashMap<>();

    /**
     * @param tokens how many are ranked
     * @param permutations how many sets are drawn of each size; empty for all there are
     * @param seed the same seed draws the same sets
     */
    public EnrichmentNulls(int tokens, OptionalInt permutations, long seed) {
        this.tokens = tokens;
        this.permutations = permutations;
        this.seed = seed;
    }

    /** Of sets of this size; empty sets and those of all tokens have none. */
    private synchronized EnrichmentNull ofSize(int members, Cancellation cancellation) {
        EnrichmentNull made = bySize.get(members);
        if (made == null) {
            made = permutations.isEmpty()
                    ? EnrichmentNull.exact(tokens, members, cancellation)
                    : EnrichmentNull.sampled(tokens, members, permutations.getAsInt(), seed, cancellation);
            bySize.put(members, made);
        }
        return made;
    }

    /**
     * Judges the scores of one feature.
     *
     * @param sets within the tokens that are ranked
     * @param scores one for each set
     */
    public Judged judge(List<TokenSet> sets, double[] scores, Cancellation cancellation) {
        double[] p = new double[scores.length];
        double[] signedP = new double[scores.length];
        for (int s = 0; s < scores.length; s++) {
            if (Double.isNaN(scores[s])) {
                p[s] = Double.NaN;
                signedP[s] = Double.NaN;
            } else {
                EnrichmentNull by = ofSize(sets.get(s).size(), cancellation);
                p[s] = by.p(scores[s]);
                signedP[s] = by.signedP(scores[s]);
            }
        }
        return new Judged(scores, p, signedP, FalseDiscovery.adjusted(p));
    }

    /**
     * What is known of each set for one feature; NaN for sets that no token or every token is in. The arrays are not to
     * be written.
     *
     * @param scores -1 to 1
     * @param p of a score at least as far from 0
     * @param signedP of one at least as far on the same side
     * @param q the false discovery rate among the sets, of p
     */
    public record Judged(double[] scores, double[] p, double[] signedP, double[] q) {
        /** The height in a Manhattan plot: -ln(1 - |score|), infinite where the score is 1 or -1. */
        public double manhattan(int set) {
            return -Math.log1p(-Math.abs(scores[set]));
        }
    }
}
