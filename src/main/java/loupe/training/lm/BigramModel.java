package loupe.training.lm;

import java.util.HashMap;
import java.util.Map;

/**
 * The simplest model worth beating: P(next | last) = 0.9 bigram + 0.1 unigram, both counted. The unigram counts each
 * token once more than it was seen, so that an unseen token has a probability; after a last token that was never seen,
 * only the unigram is used.
 */
public final class BigramModel {
    private static final double BIGRAM_SHARE = 0.9;

    private final long[] unigrams;
    private final long[] followed;
    private final Map<Long, Integer> bigrams = new HashMap<>();
    private long total;

    public BigramModel(int vocabularySize) {
        unigrams = new long[vocabularySize];
        followed = new long[vocabularySize];
    }

    /** Counts a sentence, with a separator on both of its sides. */
    public void count(int[] sentence) {
        int last = 0;
        for (int i = 0; i <= sentence.length; i++) {
            int next = i < sentence.length ? sentence[i] : 0;
            unigrams[next]++;
            total++;
            followed[last]++;
            bigrams.merge(key(last, next), 1, Integer::sum);
            last = next;
        }
    }

    /** Negative log likelihood of {@code next} after {@code last}, in nats. */
    public double loss(int last, int next) {
        double unigram = (unigrams[next] + 1.0) / (total + unigrams.length);
        double bigram =
                followed[last] == 0 ? unigram : bigrams.getOrDefault(key(last, next), 0) / (double) followed[last];
        return -Math.log(BIGRAM_SHARE * bigram + (1 - BIGRAM_SHARE) * unigram);
    }

    private static long key(int last, int next) {
        return (long) last << 32 | next;
    }
}
