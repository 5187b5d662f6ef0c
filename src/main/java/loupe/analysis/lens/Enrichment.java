package loupe.analysis.lens;

import java.util.Arrays;
import java.util.List;

/**
 * How far the tokens of a set lie together at one end of the order of logit weights: the tokens by falling weight,
 * equal ones by id, a running sum rises by 1/|S| at each of the set and falls by 1/(V - |S|) at each other; the score
 * is its value, sign kept, where it is furthest from 0, at the first such place. It is 1 for a set that is the most
 * promoted, -1 for one that is the most suppressed, and NaN for a set of no token or of all.
 *
 * <p>The sum turns only beside members, so that only their ranks are looked at, or those of the others where these are
 * fewer, of which the sum is the negative. It is counted in whole numbers. Reusable; one thread at a time.
 *
 * @see <a href="https://www.lesswrong.com/posts/qykrYY6rXXM7EEs8Q">Bloom and Lin 2024</a>
 */
public final class Enrichment {
    private static final int SETS_PER_WORD = Long.SIZE;

    private final int tokens;
    private final TokenOrder order;
    private final int[] sizes;
    private final int sets;
    /** One array for each 64 sets, in it for each token a bit for each set it is walked for. */
    private final long[][] member;

    private final boolean[] ofOthers;
    private final long[] risen;
    private final long[] highest;
    private final int[] highestAt;
    private final long[] lowest;
    private final int[] lowestAt;

    /** @param tokens how many there are, the ids of members below it */
    public Enrichment(List<TokenSet> sets, int tokens) {
        this.tokens = tokens;
        this.sets = sets.size();
        order = new TokenOrder(tokens);
        sizes = sets.stream().mapToInt(TokenSet::size).toArray();
        member = new long[(this.sets + SETS_PER_WORD - 1) / SETS_PER_WORD][tokens];
        ofOthers = new boolean[this.sets];
        for (int s = 0; s < this.sets; s++) {
            long bit = 1L << s;
            long[] word = member[s / SETS_PER_WORD];
            ofOthers[s] = 2L * sizes[s] > tokens;
            if (ofOthers[s]) {
                for (int t = 0; t < tokens; t++) {
                    word[t] |= bit;
                }
            }
            for (int id : sets.get(s).members()) {
                word[id] ^= bit;
            }
        }
        risen = new long[this.sets];
        highest = new long[this.sets];
        highestAt = new int[this.sets];
        lowest = new long[this.sets];
        lowestAt = new int[this.sets];
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
        Arrays.fill(risen, 0);
        Arrays.fill(highest, 0);
        Arrays.fill(lowest, 0);
        for (int w = 0; w < member.length; w++) {
            walk(member[w], w * SETS_PER_WORD);
        }
        for (int s = 0; s < sets; s++) {
            int walked = ofOthers[s] ? tokens - sizes[s] : sizes[s];
            boolean top = highest[s] > -lowest[s] || (highest[s] == -lowest[s] && highestAt[s] < lowestAt[s]);
            double score = (double) (top ? highest[s] : lowest[s]) / ((double) walked * (tokens - walked));
            scores[s] = walked == 0 ? Double.NaN : ofOthers[s] ? -score : score;
        }
    }

    private void walk(long[] of, int first) {
        for (int k = 0; k < tokens; k++) {
            for (long left = of[order.token(k)]; left != 0; left &= left - 1) {
                int s = first + Long.numberOfTrailingZeros(left);
                long size = ofOthers[s] ? tokens - sizes[s] : sizes[s];
                // of j members among the first k tokens the sum is (j V - k |S|) / (|S| (V - |S|))
                long before = risen[s] - k * size;
                if (before < lowest[s]) {
                    lowest[s] = before;
                    lowestAt[s] = k;
                }
                long after = before + tokens - size;
                if (after > highest[s]) {
                    highest[s] = after;
                    highestAt[s] = k + 1;
                }
                risen[s] += tokens;
            }
        }
    }

    /** The tokens in the order of the weights that were looked at last. */
    TokenOrder order() {
        return order;
    }
}
