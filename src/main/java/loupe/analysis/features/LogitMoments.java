package loupe.analysis.features;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import loupe.analysis.DeviceArrays;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.lm.Embeddings;

/**
 * For every feature the moments of its {@link LogitWeights} and the tokens it promotes most: columns of the feature
 * table.
 *
 * @param top how many tokens per feature
 */
public record LogitMoments(ModelId model, SaeId sae, int top) implements Query.Stepped<LogitMoments.Answer> {
    private static final long ELEMENTS_PER_STEP = 1 << 21;

    @Override
    public Query.Sweep<Answer> begin() {
        return new Blocks(this);
    }

    @Override
    public long bytes(Answer answer) {
        return answer.features() * (16L + 4L * top);
    }

    /**
     * One entry per feature; features not reached yet have zeros and no tokens. The arrays are not to be written.
     *
     * @param done how many features have been reached
     * @param tokens promoted tokens, most promoted first, (features, top) row-major
     */
    public record Answer(
            int done, int top, float[] mean, float[] deviation, float[] skewness, float[] kurtosis, int[] tokens) {
        public int features() {
            return mean.length;
        }

        /** The tokens this feature promotes most. */
        public int[] tokens(int feature) {
            return feature < done
                    ? java.util.Arrays.copyOfRange(tokens, feature * top, (feature + 1) * top)
                    : new int[0];
        }
    }

    private static final class Blocks implements Query.Sweep<Answer> {
        private final LogitMoments query;

        @SuppressWarnings("NullAway.Init") // made by the first step
        private float[][] moments;

        @SuppressWarnings("NullAway.Init") // made by the first step
        private int[] tokens;

        private int features = 1;
        private int top;
        private int done;

        Blocks(LogitMoments query) {
            this.query = query;
        }

        @Override
        public boolean step(Scope scope) {
            Embeddings lm = scope.embeddings(query.model);
            NDArray decoder = scope.sae(query.sae).decoder();
            features = (int) decoder.getShape().get(0);
            int vocabulary = lm.tokens();
            if (moments == null) {
                top = Math.min(query.top, vocabulary);
                moments = new float[4][features];
                tokens = new int[features * top];
            }
            int end = (int) Math.min(features, done + Math.max(1, ELEMENTS_PER_STEP / vocabulary));
            NDArray weights = LogitWeights.ofTokens(
                    LogitWeights.weights(DeviceArrays.rows(scope.arrays(), decoder, done, end), lm), lm);
            float[] values = DeviceArrays.floats(weights);
            long[] best = new long[0];
            if (top > 0) {
                NDList largest = weights.topK(top, 1, true, true);
                best = DeviceArrays.longs(largest.get(1));
            }
            for (int i = done; i < end; i++) {
                Moments of = Moments.of(values, (i - done) * vocabulary, (i - done + 1) * vocabulary);
                moments[0][i] = (float) of.mean();
                moments[1][i] = (float) of.deviation();
                moments[2][i] = (float) of.skewness();
                moments[3][i] = (float) of.kurtosis();
            }
            for (int i = 0; i < best.length; i++) {
                tokens[done * top + i] = (int) best[i];
            }
            done = end;
            return done < features;
        }

        /** Shares the arrays with later answers: a feature once reached does not change. */
        @Override
        public Answer result() {
            return new Answer(done, top, moments[0], moments[1], moments[2], moments[3], tokens);
        }

        @Override
        public double fraction() {
            return (double) done / features;
        }
    }
}
