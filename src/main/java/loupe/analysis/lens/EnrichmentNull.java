package loupe.analysis.lens;

import java.util.Arrays;
import java.util.SplittableRandom;
import loupe.base.Cancellation;
import loupe.base.Refusal;

/**
 * The scores that sets of one size have when their members are any tokens: they depend on ranks alone, so that they are
 * the same for all features. Immutable.
 */
public final class EnrichmentNull {
    /** As many sets can be looked at one by one. */
    static final long MOST_EXACT = 20_000_000;

    private static final double EQUAL = 1e-9;

    /** Scores as they are, rising. */
    private final double[] signed;
    /** Their magnitudes, rising. */
    private final double[] magnitudes;
    /** 1 where the observed set is not among those that were drawn, and counts as one more. */
    private final int more;

    private EnrichmentNull(double[] scores, int more) {
        signed = scores.clone();
        Arrays.sort(signed);
        magnitudes = Arrays.stream(scores).map(Math::abs).sorted().toArray();
        this.more = more;
    }

    /**
     * Of all sets of this size.
     *
     * @param members 1 to tokens - 1
     * @throws Refusal if there are more than can be looked at one by one
     */
    public static EnrichmentNull exact(int tokens, int members, Cancellation cancellation) {
        long sets = sets(tokens, members);
        if (sets > MOST_EXACT) {
            throw new Refusal(
                    "Of " + tokens + " tokens there are "
                            + (sets == Long.MAX_VALUE ? "far more than " + MOST_EXACT : Long.toString(sets))
                            + " sets of " + members,
                    "at most " + MOST_EXACT + " to look at all",
                    "Draw some of them: --permutations 10000");
        }
        int[] ranks = new int[members];
        Arrays.setAll(ranks, i -> i);
        double[] scores = new double[(int) sets];
        for (int n = 0; n < scores.length; n++) {
            if (n % 4096 == 0) {
                cancellation.check();
            }
            scores[n] = score(ranks, members, tokens);
            next(ranks, tokens);
        }
        return new EnrichmentNull(scores, 0);
    }

    /** The binomial coefficient, or the largest long if it is above {@link #MOST_EXACT}. */
    private static long sets(int tokens, int members) {
        long sets = 1;
        for (int i = 1; i <= Math.min(members, tokens - members); i++) {
            sets = sets * (tokens - i + 1) / i;
            if (sets > MOST_EXACT) {
                return Long.MAX_VALUE;
            }
        }
        return sets;
    }

    /** The next set in lexicographic order; after the last anything. */
    private static void next(int[] ranks, int tokens) {
        int i = ranks.length - 1;
        while (i > 0 && ranks[i] == tokens - ranks.length + i) {
            i--;
        }
        ranks[i]++;
        for (int j = i + 1; j < ranks.length; j++) {
            ranks[j] = ranks[j - 1] + 1;
        }
    }

    /**
     * Of sets drawn at random, to which the observed one is added: a p-value is at least 1 / (draws + 1).
     *
     * @param members 1 to tokens - 1
     * @param seed the same seed draws the same sets
     */
    public static EnrichmentNull sampled(int tokens, int members, int draws, long seed, Cancellation cancellation) {
        int walked = Math.min(members, tokens - members);
        SplittableRandom random = new SplittableRandom(seed * 31 + walked);
        double sign = walked == members ? 1 : -1;
        int[] ranks = new int[walked];
        boolean[] drawn = new boolean[tokens];
        double[] scores = new double[draws];
        for (int n = 0; n < draws; n++) {
            if (n % 64 == 0) {
                cancellation.check();
            }
            draw(random, drawn, ranks);
            scores[n] = sign * score(ranks, walked, tokens);
        }
        return new EnrichmentNull(scores, 1);
    }

    /** Fills in a set of ranks, rising, any as probable as any other (Floyd's algorithm). */
    private static void draw(SplittableRandom random, boolean[] drawn, int[] ranks) {
        int tokens = drawn.length;
        boolean few = ranks.length < tokens / 32;
        for (int i = tokens - ranks.length, n = 0; i < tokens; i++, n++) {
            int candidate = random.nextInt(i + 1);
            int chosen = drawn[candidate] ? i : candidate;
            drawn[chosen] = true;
            ranks[n] = chosen;
        }
        if (few) {
            Arrays.sort(ranks);
            for (int rank : ranks) {
                drawn[rank] = false;
            }
        } else {
            int n = 0;
            for (int rank = 0; rank < tokens; rank++) {
                if (drawn[rank]) {
                    ranks[n++] = rank;
                }
            }
            Arrays.fill(drawn, false);
        }
    }

    /**
     * The score of a set by the ranks of its members.
     *
     * @param ranks from 0, rising
     * @see Enrichment
     */
    static double score(int[] ranks, int members, int tokens) {
        long highest = 0;
        long lowest = 0;
        int highestAt = 0;
        int lowestAt = 0;
        for (int j = 0; j < members; j++) {
            long before = (long) j * tokens - (long) ranks[j] * members;
            if (before < lowest) {
                lowest = before;
                lowestAt = ranks[j];
            }
            long after = before + tokens - members;
            if (after > highest) {
                highest = after;
                highestAt = ranks[j] + 1;
            }
        }
        boolean top = highest > -lowest || (highest == -lowest && highestAt < lowestAt);
        return (double) (top ? highest : lowest) / ((double) members * (tokens - members));
    }

    /** The share of sets whose score is at least as far from 0, the observed set among them. */
    public double p(double score) {
        return (double) (magnitudes.length - firstFrom(magnitudes, Math.abs(score) - EQUAL) + more)
                / (magnitudes.length + more);
    }

    /** The share of sets whose score is at least as large, or as small if it is negative. */
    public double signedP(double score) {
        int as = score >= 0
                ? signed.length - firstFrom(signed, score - EQUAL)
                : firstFrom(signed, Math.nextUp(score + EQUAL));
        return (double) (as + more) / (signed.length + more);
    }

    /** How many are below a bound. */
    private static int firstFrom(double[] rising, double bound) {
        int low = 0;
        int high = rising.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (rising[middle] < bound) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
