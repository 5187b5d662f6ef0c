package loupe.analysis.ablation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import org.jspecify.annotations.Nullable;

/**
 * What a feature's activation at the last token of a text becomes when sets of tokens up to it are ablated. Later
 * tokens cannot matter to it. Definition: {@code src/site/markdown/methods.md}, section 5.
 *
 * @param ids the context from its first token to the one the activation is read at
 * @param from index of the first token that may be ablated; those before it always stay
 * @param sets of tokens that are ablated together; without the last token if tokens are removed, since nothing would be
 *     left to read the activation at
 */
public record AblatedText(
        ModelId model, SaeId sae, int feature, List<Integer> ids, int from, TokenSets sets, Replacement replacement)
        implements Query.Stepped<AblatedText.Answer> {
    public AblatedText {
        ids = List.copyOf(ids);
        if (from < 0 || from >= ids.size()) {
            throw new IllegalArgumentException("from is " + from + ", the text has " + ids.size() + " tokens");
        }
    }

    /** Index of the first token that may be ablated. */
    int first() {
        return replacement instanceof Replacement.NextBest ? Math.max(1, from) : from;
    }

    /** Index behind the last token that may be ablated. */
    int end() {
        return replacement instanceof Replacement.Removed ? ids.size() - 1 : ids.size();
    }

    /**
     * A feature's activation at the end of a text, and what becomes of it without some tokens.
     *
     * @param activation at the last token of the whole text; NaN while it is not known
     * @param put for each token of the text what stands in its place; negative for nothing
     * @param sets of tokens, each of ascending indices in the text
     * @param without for each set the activation without it, NaN while it is not known
     */
    public record Answer(float activation, int[] put, List<int[]> sets, float[] without) {
        /** How much nearer to 0 the activation is without a set; negative if the set suppresses the feature. */
        public float lost(int set) {
            return activation < 0 ? without[set] - activation : activation - without[set];
        }

        /** The part of the activation that is lost without a set; NaN if there is no activation. */
        public double share(int set) {
            return activation == 0 ? Double.NaN : lost(set) / (double) Math.abs(activation);
        }

        /** How many sets are known. */
        public int known() {
            int known = 0;
            for (float value : without) {
                known += Float.isNaN(value) ? 0 : 1;
            }
            return known;
        }

        /** The set of one token; empty if it is not ablated by itself. */
        public OptionalInt single(int token) {
            return IntStream.range(0, sets.size())
                    .filter(set -> sets.get(set).length == 1 && sets.get(set)[0] == token)
                    .findFirst();
        }

        /**
         * How much more two tokens together take from the activation than both do alone: above 0 where one does for the
         * other ("A or B"), below 0 where the feature needs both ("A and B").
         *
         * @param pair a set of two tokens, each of which is ablated by itself too
         */
        public float together(int pair) {
            int[] tokens = sets.get(pair);
            return lost(pair)
                    - lost(single(tokens[0]).orElseThrow())
                    - lost(single(tokens[1]).orElseThrow());
        }
    }

    /** @throws Refusal if there are too many sets, or a chosen token may not be ablated */
    @Override
    public Ablation begin() {
        return new Ablation(this);
    }

    /** The text as it is, then without one set of tokens after the other. */
    public static final class Ablation implements Query.Sweep<Answer> {
        private final AblatedText question;
        private final List<int[]> sets;
        private final float[] without;
        private final int[] put;
        private float activation = Float.NaN;
        private @Nullable AblationReadings readings;

        Ablation(AblatedText question) {
            this.question = question;
            sets = question.sets().of(question.first(), question.end());
            without = new float[sets.size()];
            Arrays.fill(without, Float.NaN);
            put = new int[question.ids().size()];
            Arrays.fill(put, -1);
            if (question.replacement() instanceof Replacement.By by) {
                Arrays.fill(put, question.first(), put.length, by.token());
            }
        }

        @Override
        public boolean step(Scope scope) {
            if (readings == null) {
                readings = AblationReadings.of(scope, question, put, sets);
                activation = readings.activation();
            } else {
                readings.step(scope, without);
            }
            return !readings.isDone();
        }

        @Override
        public Answer result() {
            return new Answer(activation, put.clone(), sets, without.clone());
        }

        @Override
        public double fraction() {
            return readings == null ? 0 : (1.0 + result().known()) / (1 + sets.size());
        }
    }

    /** The tokens that are read, as the model takes them. */
    static int[] array(List<Integer> ids) {
        return ids.stream().mapToInt(Integer::intValue).toArray();
    }

    /** A text with a set of tokens ablated. */
    static List<Integer> without(List<Integer> ids, int[] set, int[] put) {
        List<Integer> left = new ArrayList<>(ids);
        for (int i = set.length - 1; i >= 0; i--) {
            if (put[set[i]] < 0) {
                left.remove(set[i]);
            } else {
                left.set(set[i], put[set[i]]);
            }
        }
        return left;
    }
}
