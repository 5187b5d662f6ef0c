package loupe.analysis.prompts;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.lm.Input;
import loupe.lm.Logits;
import loupe.sae.SparseAutoencoder;

/**
 * What a feature's activation at the last token of a text becomes when each earlier token is removed, or another put in
 * its place. Later tokens cannot matter to it. Definition: {@code src/site/markdown/methods.md}, section 5.
 *
 * @param ids the context from its first token to the one the activation is read at
 * @param from index of the first token to ablate; those before it always stay
 * @param replacement the token put in place of each; empty to remove it, so that what follows moves up by one position
 */
public record AblatedText(ModelId model, SaeId sae, int feature, List<Integer> ids, int from, OptionalInt replacement)
        implements Query.Stepped<AblatedText.Answer> {
    /** Tokens computed in one step. */
    private static final int STEP_TOKENS = 1_024;

    public AblatedText {
        ids = List.copyOf(ids);
        if (from < 0 || from >= ids.size()) {
            throw new IllegalArgumentException("from is " + from + ", the text has " + ids.size() + " tokens");
        }
    }

    /**
     * A feature's activation at the end of a text, and what becomes of it without each token.
     *
     * @param activation at the last token of the whole text
     * @param without for each token from {@code from} on the activation without it, NaN while it is not known; for the
     *     last token itself 0 if it is removed, since there is nothing left to read the activation at
     */
    public record Answer(float activation, float[] without) {
        /**
         * How much nearer to 0 the activation is without a token; negative if the token suppresses the feature.
         *
         * @param i counted from {@code from}
         */
        public float share(int i) {
            return activation < 0 ? without[i] - activation : activation - without[i];
        }
    }

    @Override
    public Ablation begin() {
        return new Ablation();
    }

    /** The text as it is, then without one token after the other. */
    public final class Ablation implements Query.Sweep<Answer> {
        private final int last = ids.size() - 1;
        private final float[] without = new float[ids.size() - from];
        private float activation = Float.NaN;
        private int next = from;

        private Ablation() {
            Arrays.fill(without, Float.NaN);
            if (replacement.isEmpty()) {
                without[last - from] = 0;
            }
        }

        @Override
        public boolean step(Scope scope) {
            if (Float.isNaN(activation)) {
                activation = activations(
                        scope,
                        new int[][] {ids.stream().mapToInt(Integer::intValue).toArray()})[0];
                return next <= end();
            }
            int count = Math.min(end() - next + 1, Math.max(1, STEP_TOKENS / ids.size()));
            float[] some = activations(
                    scope,
                    IntStream.range(next, next + count).mapToObj(this::without).toArray(int[][]::new));
            System.arraycopy(some, 0, without, next - from, count);
            next += count;
            return next <= end();
        }

        /** Index of the last token whose ablation needs a forward pass. */
        private int end() {
            return replacement.isPresent() ? last : last - 1;
        }

        private int[] without(int place) {
            return replacement.isPresent()
                    ? IntStream.rangeClosed(0, last)
                            .map(i -> i == place ? replacement.getAsInt() : ids.get(i))
                            .toArray()
                    : IntStream.rangeClosed(0, last)
                            .filter(i -> i != place)
                            .map(ids::get)
                            .toArray();
        }

        @Override
        public Answer result() {
            return new Answer(activation, without.clone());
        }

        @Override
        public double fraction() {
            return Float.isNaN(activation) ? 0 : (double) (next - from + 1) / (end() - from + 2);
        }
    }

    /** The feature at the last token of each text; texts are of one length. */
    private float[] activations(Scope scope, int[][] texts) {
        SparseAutoencoder read = scope.sae(sae);
        HookPoint hook = CorpusActivations.hookOf(read.config());
        CorpusActivations.Catch caught = new CorpusActivations.Catch(List.of(hook));
        scope.model(model).forward(scope.arrays(), Input.of(texts), caught, null, Logits.NONE, scope.cancellation());
        NDArray value = caught.value(hook).get(":, {}", texts[0].length - 1);
        return read.encode(TrainedValues.of(scope.model(model), read.config(), hook, value))
                .get(":, {}", feature)
                .toFloatArray();
    }
}
