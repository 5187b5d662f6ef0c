package loupe.analysis.lens;

import java.util.Arrays;
import java.util.List;

/**
 * How far the tokens of a set lie together at one end of the order of logit weights: the tokens by falling weight,
 * equal ones by id, a running sum rises by 1/|S| at each of the set and falls by 1/(V - |S|) at each other; the score
 * is its value, sign kept, where it is furthest from 0, at the first such place. It is 1 for a set that is the most
 * promoted, -1 for one that is the most suppressed, and NaN for a set of no token or of all.
 *
 * <p>The sum is counted in whole numbers: of j members among the first k tokens it is (j V - k |S|) / (|S| (V - |S|)).
 * It turns only beside members, so that for a small set only their ranks are looked at; for a large one all, without a
 * branch. Reusable; one thread at a time.
 *
 * @see <a href="https://www.lesswrong.com/posts/qykrYY6rXXM7EEs8Q">Bloom and Lin 2024</a>
 */
public final class Enrichment {
    private static final int SETS_PER_WORD = Long.SIZE;
    /** A set of more than this part of the tokens is walked token by token. */
    private static final int LARGE = 24;

    private final int tokens;
    private final int sets;
    private final TokenOrder order;
    private final int[] sizes;
    /** One array for each 64 sets, in it for each token a bit for each set it is in. */
    private final long[][] member;
    /** For each 64 sets those that are small. */
    private final long[] small;
    /** What {@code member} has, by rank. */
    private final long[] ranked;

    private final long[] highest;
    private final long[] lowest;
    private final long[] risen;

    /** @param tokens how many there are, the ids of members below it */
    public Enrichment(List<TokenSet> sets, int tokens) {
        this.tokens = tokens;
        this.sets = sets.size();
        order = new TokenOrder(tokens);
        sizes = sets.stream().mapToInt(TokenSet::size).toArray();
        member = new long[(this.sets + SETS_PER_WORD - 1) / SETS_PER_WORD][tokens];
        small = new long[member.length];
        ranked = new long[tokens];
        for (int s = 0; s < this.sets; s++) {
            long[] word = member[s / SETS_PER_WORD];
            for (int id : sets.get(s).members()) {
                word[id] |= 1L << s;
            }
            if (!isLarge(s)) {
                small[s / SETS_PER_WORD] |= 1L << s;
            }
        }
        highest = new long[this.sets];
        lowest = new long[this.sets];
        risen = new long[this.sets];
    }

    private boolean isLarge(int set) {
        return (long) sizes[set] * LARGE > tokens;
    }

    /** The scores of all sets for weights in an array of its own. */
    public double[] scores(float[] weights) {
        double[] scores = new double[sets];
        score(weights, 0, scores);
        return scores;
    }

    /** Sorts the weights from index {@code from} on and fills in the score of each set. */
    void score(float[] weights, int from, double[] scores) {
        order.sort(weights, from);
        for (int w = 0; w < member.length; w++) {
            long[] word = member[w];
            for (int k = 0; k < tokens; k++) {
                ranked[k] = word[order.token(k)];
            }
            int first = w * SETS_PER_WORD;
            int end = Math.min(sets, first + SETS_PER_WORD);
            Arrays.fill(highest, first, end, 0);
            Arrays.fill(lowest, first, end, 0);
            Arrays.fill(risen, first, end, 0);
            walkSmall(first, small[w]);
            for (int s = first; s < end; s++) {
                if (isLarge(s)) {
                    walk(s);
                }
                scores[s] = score(s);
            }
        }
    }

    private double score(int set) {
        if (sizes[set] == 0 || sizes[set] == tokens) {
            return Double.NaN;
        }
        boolean top = highest[set] > -lowest[set] || (highest[set] == -lowest[set] && isFirst(set, highest[set]));
        return (double) (top ? highest[set] : lowest[set]) / ((double) sizes[set] * (tokens - sizes[set]));
    }

    /** Whether the sum comes to this before it comes to the negative of it. */
    private boolean isFirst(int set, long wanted) {
        long sum = 0;
        for (int k = 0; sum != wanted && sum != -wanted; k++) {
            sum += (ranked[k] >>> set & 1) * tokens - sizes[set];
        }
        return sum == wanted;
    }

    private void walkSmall(int first, long wanted) {
        for (int k = 0; k < tokens; k++) {
            for (long left = ranked[k] & wanted; left != 0; left &= left - 1) {
                int s = first + Long.numberOfTrailingZeros(left);
                long before = risen[s] - (long) k * sizes[s];
                lowest[s] = Math.min(lowest[s], before);
                highest[s] = Math.max(highest[s], before + tokens - sizes[s]);
                risen[s] += tokens;
            }
        }
    }

    private void walk(int set) {
        long size = sizes[set];
        long sum = 0;
        long high = 0;
        long low = 0;
        for (int k = 0; k < tokens; k++) {
            sum += (-(ranked[k] >>> set & 1) & tokens) - size;
            high = Math.max(high, sum);
            low = Math.min(low, sum);
        }
        highest[set] = high;
        lowest[set] = low;
    }

    /** The tokens in the order of the weights that were looked at last. */
    TokenOrder order() {
        return order;
    }
}
