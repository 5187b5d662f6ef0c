package loupe.analysis.tokens;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import loupe.analysis.DeviceArrays;
import loupe.analysis.ghost.TokenGeometry;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;

/**
 * For every token the mean cosine with its ten nearest other tokens, r(E_t) of {@link TokenMetric#CSLS}: all pairs, in
 * row blocks. Once per model; long for a large vocabulary.
 *
 * @see <a href="https://arxiv.org/abs/1710.04087">Conneau et al. 2017</a>, cross-domain similarity local scaling
 */
public record TokenHubness(ModelId model) implements Query.Stepped<TokenHubness.Answer> {
    /** How many neighbours the mean is taken over. */
    public static final int NEIGHBOURS = 10;

    private static final long ELEMENTS_PER_STEP = 1 << 23;

    @Override
    public Query.Sweep<Answer> begin() {
        return new Blocks(model);
    }

    @Override
    public long bytes(Answer answer) {
        return 8L * answer.means().length;
    }

    /**
     * Each token's hubness.
     *
     * @param means one per token; tokens not reached yet have 0. Not to be written
     */
    public record Answer(double[] means) {}

    private static final class Blocks implements Query.Sweep<Answer> {
        private final ModelId model;
        private double[] means = new double[0];
        private int done;

        Blocks(ModelId model) {
            this.model = model;
        }

        @Override
        public boolean step(Scope scope) {
            NDArray embedding = scope.embeddings(model).embedding();
            TokenGeometry.Answer geometry = scope.answer(new TokenGeometry(model));
            int tokens = geometry.tokens();
            int end = (int) Math.min(tokens, done + Math.max(1, ELEMENTS_PER_STEP / tokens));
            int near = Math.min(NEIGHBOURS, tokens - 1);
            double[] found = new double[end - done];
            if (near > 0) {
                NDManager step = scope.arrays();
                NDArray inverse = step.create(floats(geometry.inverseNorms()));
                NDArray rows = DeviceArrays.rows(step, embedding, done, end)
                        .mul(inverse.get(done + ":" + end).expandDims(1));
                NDArray cosines = rows.matMul(embedding.transpose()).muli(inverse);
                double[] nearest = DeviceArrays.doubles(
                        cosines.topK(near + 1, 1, true, true).get(0));
                for (int i = 0; i < found.length; i++) {
                    // The largest is the token's own cosine with itself.
                    for (int k = 1; k <= near; k++) {
                        found[i] += nearest[i * (near + 1) + k] / near;
                    }
                }
            }
            if (means.length == 0) {
                means = new double[tokens];
            }
            System.arraycopy(found, 0, means, done, found.length);
            done = end;
            return done < tokens;
        }

        private static float[] floats(double[] values) {
            float[] narrow = new float[values.length];
            for (int i = 0; i < narrow.length; i++) {
                narrow[i] = (float) values[i];
            }
            return narrow;
        }

        @Override
        public Answer result() {
            return new Answer(means.clone());
        }

        @Override
        public double fraction() {
            return means.length == 0 ? 0 : (double) done / means.length;
        }
    }
}
