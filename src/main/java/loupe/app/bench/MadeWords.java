package loupe.app.bench;

import java.util.SplittableRandom;

/** Draws made-up words, as common as words are: the n-th is n times rarer than the first. */
final class MadeWords {
    private static final int VOCABULARY = 40_000;
    private static final String[] SYLLABLES = {
        "re", "ta", "lo", "min", "ed", "sto", "ka", "hun", "dr", "co", "ver", "ing", "pa", "su", "bel", "no"
    };

    private final SplittableRandom random;
    private final String[] vocabulary = new String[VOCABULARY];

    MadeWords(int seed) {
        random = new SplittableRandom(seed);
        for (int i = 0; i < VOCABULARY; i++) {
            StringBuilder word = new StringBuilder();
            for (int rest = i + 1; rest > 0; rest /= SYLLABLES.length) {
                word.append(SYLLABLES[rest % SYLLABLES.length]);
            }
            vocabulary[i] = word.toString();
        }
        vocabulary[100] = "red";
        vocabulary[200] = "hundred";
    }

    String several(int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            int rank = (int) Math.min(VOCABULARY, Math.exp(random.nextDouble() * Math.log(VOCABULARY + 1.0)));
            text.append(i == 0 ? "" : " ").append(vocabulary[rank - 1]);
        }
        return text.toString();
    }
}
