package loupe.analysis.effects;

import java.util.Arrays;
import java.util.Map;
import java.util.Random;

/**
 * How the next token is chosen from logits. The penalty is taken off first, then the temperature divides, then the
 * likeliest {@code topK} stay, then the fewest of them that have {@code topP} of the probability; one of these is
 * drawn.
 *
 * @param temperature 0 takes the likeliest token, the first of equals, and draws nothing
 * @param topK tokens that may be drawn; 0 for all
 * @param topP share of the probability that those that may be drawn have; 1 for all
 * @param frequencyPenalty taken off a token's logit for each time it was generated
 * @param seed of the draws
 */
public record Sampling(double temperature, int topK, double topP, double frequencyPenalty, long seed) {
    /** The likeliest token each time. */
    public static final Sampling GREEDY = new Sampling(0, 0, 1, 0, 0);

    private static final long LOW_BITS = 0xFFFF_FFFFL;

    public Sampling {
        if (!(temperature >= 0) || topK < 0 || !(topP > 0 && topP <= 1) || !Double.isFinite(frequencyPenalty)) {
            throw new IllegalArgumentException("temperature is " + temperature + ", topK " + topK + ", topP " + topP
                    + ", frequencyPenalty " + frequencyPenalty);
        }
    }

    /** The same with other draws. */
    public Sampling withSeed(long other) {
        return new Sampling(temperature, topK, topP, frequencyPenalty, other);
    }

    /**
     * The next token.
     *
     * @param logits of the whole vocabulary
     * @param generated how often each token was generated so far
     * @param random draws once, unless the likeliest token is taken
     */
    int pick(float[] logits, Map<Integer, Integer> generated, Random random) {
        float[] scores = frequencyPenalty == 0 ? logits : penalised(logits, generated);
        return temperature == 0 ? largest(scores) : draw(scores, random.nextDouble());
    }

    private float[] penalised(float[] logits, Map<Integer, Integer> generated) {
        float[] scores = logits.clone();
        generated.forEach((token, times) -> scores[token] -= (float) (frequencyPenalty * times));
        return scores;
    }

    private static int largest(float[] scores) {
        int best = 0;
        for (int token = 1; token < scores.length; token++) {
            if (scores[token] > scores[best]) {
                best = token;
            }
        }
        return best;
    }

    /** @param uniform from 0 to 1 */
    private int draw(float[] scores, double uniform) {
        int[] order = falling(scores);
        int count = topK == 0 ? order.length : Math.min(topK, order.length);
        double[] cumulative = new double[count];
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += Math.exp((scores[order[i]] - scores[order[0]]) / temperature);
            cumulative[i] = sum;
        }
        int last = first(cumulative, topP * sum);
        return order[first(cumulative, uniform * cumulative[last])];
    }

    /** The first place at which an ascending array reaches a value. */
    private static int first(double[] ascending, double value) {
        int found = Arrays.binarySearch(ascending, value);
        return Math.min(found < 0 ? -found - 1 : found, ascending.length - 1);
    }

    /** All tokens, the largest score first, equal ones by number. */
    private static int[] falling(float[] scores) {
        long[] keys = new long[scores.length];
        for (int token = 0; token < keys.length; token++) {
            int bits = Float.floatToIntBits(scores[token]);
            // order of the numbers as that of whole ones, turned round
            int ordered = ~(bits >= 0 ? bits : bits ^ Integer.MAX_VALUE);
            keys[token] = (long) ordered << Integer.SIZE | token;
        }
        Arrays.sort(keys);
        int[] tokens = new int[keys.length];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = (int) (keys[i] & LOW_BITS);
        }
        return tokens;
    }
}
