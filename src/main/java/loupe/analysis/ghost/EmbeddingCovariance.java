package loupe.analysis.ghost;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import loupe.analysis.DeviceArrays;
import loupe.analysis.Vectors;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;

/** Covariance of the token embeddings about their centroid, in float64, block by block. Once per model. */
public record EmbeddingCovariance(ModelId model) implements Query.Stepped<EmbeddingCovariance.Answer> {
    private static final long ELEMENTS_PER_STEP = 1 << 22;

    @Override
    public Query.Sweep<Answer> begin() {
        return new Blocks(model);
    }

    @Override
    public long bytes(Answer answer) {
        return (long) Double.BYTES * answer.sums.length;
    }

    /**
     * The sums from which the covariance of the token embeddings follows.
     *
     * @param dModel number of coordinates, d
     * @param tokens number of embeddings, n
     * @param sums sum over tokens of (E_t - c)(E_t - c)^T, (d, d) row-major; not to be written
     * @param fourthMoment sum over tokens of |E_t - c|^4
     */
    public record Answer(int dModel, int tokens, double[] sums, double fourthMoment) {
        /** Trace of the covariance: the total variance, divided by n. */
        public double totalVariance() {
            double trace = 0;
            for (int i = 0; i < dModel; i++) {
                trace += sums[i * dModel + i];
            }
            return trace / tokens;
        }

        /**
         * The share of the spherical part in the Ledoit-Wolf estimate, 0 to 1.
         *
         * @see <a href="https://doi.org/10.1016/S0047-259X(03)00096-4">Ledoit and Wolf 2004</a>, as scikit-learn 1.2
         *     {@code ledoit_wolf_shrinkage} computes it
         */
        public double shrinkage() {
            double squares = 0;
            for (double sum : sums) {
                squares += sum / tokens * (sum / tokens);
            }
            double mean = totalVariance() / dModel;
            double spread = squares / dModel - mean * mean;
            double noise = (fourthMoment / tokens - squares) / ((double) dModel * tokens);
            return spread <= 0 ? 1 : Math.max(0, Math.min(noise, spread)) / spread;
        }

        /** (1 - r) S + r mean(diag S) I with the shrinkage r, (d, d) row-major. */
        public double[] ledoitWolf() {
            double r = shrinkage();
            double[] shrunk = new double[sums.length];
            for (int i = 0; i < sums.length; i++) {
                shrunk[i] = (1 - r) * sums[i] / tokens;
            }
            double sphere = r * totalVariance() / dModel;
            for (int i = 0; i < dModel; i++) {
                shrunk[i * dModel + i] += sphere;
            }
            return shrunk;
        }
    }

    private static final class Blocks implements Query.Sweep<Answer> {
        private final ModelId model;

        @SuppressWarnings("NullAway.Init") // made by the first step
        private double[] sums;

        private double fourthMoment;
        private int dModel;
        private int tokens = 1;
        private int done;

        Blocks(ModelId model) {
            this.model = model;
        }

        @Override
        public boolean step(Scope scope) {
            NDArray embedding = scope.embeddings(model).embedding();
            double[] centroid = scope.answer(new TokenGeometry(model)).centroid();
            tokens = (int) embedding.getShape().get(0);
            dModel = centroid.length;
            int end = (int) Math.min(tokens, done + Math.max(dModel, ELEMENTS_PER_STEP / dModel));
            NDManager step = scope.arrays();
            NDArray rows = DeviceArrays.rows(step, embedding, done, end)
                    .toType(DataType.FLOAT64, false)
                    .sub(step.create(centroid));
            double[] added = DeviceArrays.doubles(rows.transpose().matMul(rows));
            NDArray squares = rows.square().sum(new int[] {1});
            double fourth = DeviceArrays.doubles(squares.square().sum())[0];
            if (sums == null) {
                sums = added;
            } else {
                Vectors.addScaled(sums, 1, added);
            }
            fourthMoment += fourth;
            done = end;
            return done < tokens;
        }

        @Override
        public Answer result() {
            return new Answer(dModel, done, sums.clone(), fourthMoment);
        }

        @Override
        public double fraction() {
            return (double) done / tokens;
        }
    }
}
