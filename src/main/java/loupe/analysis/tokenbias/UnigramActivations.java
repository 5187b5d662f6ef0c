package loupe.analysis.tokenbias;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.sae.SaeConfig;
import loupe.sae.SparseAutoencoder;
import loupe.sae.SparseFeatures;

/**
 * The activation of every feature on every token's unigram residual: the encoder's own answer to what a token alone
 * means to a feature. In blocks of tokens.
 *
 * @param top tokens kept of each feature, those of the largest absolute activation
 */
public record UnigramActivations(SaeId sae, UnigramTable residuals, int top)
        implements Query.Stepped<UnigramActivations.Answer> {
    private static final int ROWS_PER_STEP = 128;

    public UnigramActivations {
        if (top < 1) {
            throw new IllegalArgumentException("top is " + top);
        }
    }

    @Override
    public Query.Sweep<Answer> begin() {
        return new Blocks(this);
    }

    @Override
    public long bytes(Answer answer) {
        return (8L * answer.top() + 4) * answer.counts().length;
    }

    /**
     * One entry per feature; the arrays are not to be written.
     *
     * @param done tokens reached
     * @param top tokens kept of each feature
     * @param counts tokens at which it is active
     * @param tokens those of the largest absolute activation, largest first, (features, top) row-major; -1 where fewer
     *     are active
     * @param values their activations; 0 where fewer are active
     */
    public record Answer(int done, int top, int[] counts, int[] tokens, float[] values) {
        /** The activation at the token at which it is largest; 0 if it is active at none. */
        public float largest(int feature) {
            return values[feature * top];
        }

        /** The tokens kept of a feature, largest activation first. */
        public int[] tokens(int feature) {
            int kept = Math.min(top, counts[feature]);
            return Arrays.copyOfRange(tokens, feature * top, feature * top + kept);
        }

        /** The activations at {@link #tokens(int)}. */
        public float[] values(int feature) {
            int kept = Math.min(top, counts[feature]);
            return Arrays.copyOfRange(values, feature * top, feature * top + kept);
        }
    }

    private static final class Blocks implements Query.Sweep<Answer> {
        private final UnigramActivations query;
        private int[] counts = new int[0];
        private int[] tokens = new int[0];
        private float[] values = new float[0];
        private int done;

        Blocks(UnigramActivations query) {
            this.query = query;
        }

        @Override
        public boolean step(Scope scope) {
            SparseAutoencoder sae = scope.sae(query.sae);
            SaeConfig config = sae.config();
            if (counts.length == 0) {
                tokens = new int[Math.multiplyExact(config.dSae(), query.top)];
                Arrays.fill(tokens, -1);
                values = new float[tokens.length];
                counts = new int[config.dSae()];
            }
            int end = Math.min(query.residuals.tokens(), done + ROWS_PER_STEP);
            NDManager step = scope.arrays();
            NDArray rows = FeatureTokens.asTrained(scope, config, query.residuals, step, done, end);
            SparseFeatures active = sae.encodeSparse(rows);
            for (int row = 0; row < active.rows(); row++) {
                for (int i = active.offsets()[row]; i < active.offsets()[row + 1]; i++) {
                    if (SparseFeatures.isActive(active.values()[i])) {
                        add(active.features()[i], done + row, active.values()[i]);
                    }
                }
            }
            done = end;
            return done < query.residuals.tokens();
        }

        /** Takes one activation; those of a feature in the order of their tokens, so that ties go to the lower id. */
        private void add(int feature, int token, float value) {
            counts[feature]++;
            int first = feature * query.top;
            int place = query.top;
            while (place > 0 && Math.abs(values[first + place - 1]) < Math.abs(value)) {
                place--;
                if (place + 1 < query.top) {
                    values[first + place + 1] = values[first + place];
                    tokens[first + place + 1] = tokens[first + place];
                }
            }
            if (place < query.top) {
                values[first + place] = value;
                tokens[first + place] = token;
            }
        }

        @Override
        public Answer result() {
            return new Answer(done, query.top, counts.clone(), tokens.clone(), values.clone());
        }

        @Override
        public double fraction() {
            return (double) done / query.residuals.tokens();
        }
    }
}
