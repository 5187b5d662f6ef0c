package loupe.analysis.tokenbias;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import loupe.analysis.DeviceArrays;
import loupe.analysis.Vectors;
import loupe.analysis.features.NeighbourSpace;
import loupe.analysis.prompts.TrainedValues;
import loupe.base.Refusal;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.lm.LanguageModel;
import loupe.sae.SaeConfig;
import loupe.sae.SparseAutoencoder;

/**
 * For every feature the token whose vector its decoder direction is most like, and for every token the feature that is:
 * with the vectors as they are, and with their mean removed, which they have in common. The vectors are the unigram
 * residuals, as the autoencoder was trained to see them, or its own biases for tokens. All pairs, in blocks of tokens.
 *
 * @param residuals empty for the biases
 */
public record FeatureTokens(SaeId sae, Optional<UnigramTable> residuals)
        implements Query.Stepped<FeatureTokens.Answer> {
    private static final long ELEMENTS_PER_STEP = 1 << 22;

    @Override
    public Query.Sweep<Answer> begin() {
        return new Blocks(this);
    }

    @Override
    public long bytes(Answer answer) {
        return 16L * answer.cosines().length + 8L * answer.nearestFeatures().length;
    }

    /** Whether the features write vectors that can be compared with the residuals of their hook point. */
    public static boolean fits(SaeConfig sae, UnigramTable residuals) {
        return sae.dOut() == sae.dIn() && sae.dOut() == residuals.width() / (hasHead(sae) ? residuals.heads() : 1);
    }

    private static boolean hasHead(SaeConfig sae) {
        return sae.head().isPresent();
    }

    /**
     * Features and tokens; the arrays are not to be written.
     *
     * @param done tokens reached
     * @param cosines for each feature the largest with any token's vector reached
     * @param tokens for each feature that token, -1 if none is reached
     * @param cosinesCentred the same of the vectors less their mean
     * @param nearestFeatures for each token the feature whose direction has the largest cosine with its vector
     * @param featureCosines that cosine
     */
    public record Answer(
            int done,
            float[] cosines,
            int[] tokens,
            float[] cosinesCentred,
            int[] tokensCentred,
            int[] nearestFeatures,
            float[] featureCosines) {
        /** The share of features whose largest cosine is above a number, from 0 to 1. */
        public double shareAbove(double cut, boolean centred) {
            float[] of = centred ? cosinesCentred : cosines;
            return IntStream.range(0, of.length).filter(i -> of[i] > cut).count() / (double) of.length;
        }
    }

    /** Unit decoder directions, kept between steps. */
    private record Directions(SaeId sae) {}

    private static final class Blocks implements Query.Sweep<Answer> {
        private final FeatureTokens query;
        private double[] mean = new double[0];
        private float[][] cosines = new float[2][0];
        private int[][] tokens = new int[2][0];
        private int[] nearest = new int[0];
        private float[] nearestCosines = new float[0];
        private int done;

        Blocks(FeatureTokens query) {
            this.query = query;
        }

        @Override
        public boolean step(Scope scope) {
            SparseAutoencoder sae = scope.sae(query.sae);
            int features = sae.config().dSae();
            if (mean.length == 0) {
                begin(scope, sae);
            }
            int end = (int) Math.min(nearest.length, done + Math.max(1, ELEMENTS_PER_STEP / features));
            NDManager step = scope.arrays();
            NDArray directions = scope.kept(new Directions(query.sae), () -> directions(sae));
            NDArray rows = vectors(scope, sae, step, done, end);
            NDArray centred = rows.sub(step.create(narrow(mean)));
            NDArray turned = directions.transpose();
            turned.attach(step);
            NDArray inner = centred.matMul(turned);
            float[] ofMean = DeviceArrays.floats(
                    step.create(narrow(mean)).reshape(1, mean.length).matMul(turned));
            NDArray raw = inner.add(step.create(ofMean)).muli(inverseNorms(rows));
            keep(raw, 0, done);
            keep(inner.muli(inverseNorms(centred)), 1, done);
            long[] at = DeviceArrays.longs(raw.argMax(1));
            float[] largest = DeviceArrays.floats(raw.max(new int[] {1}));
            for (int i = done; i < end; i++) {
                nearest[i] = (int) at[i - done];
                nearestCosines[i] = largest[i - done];
            }
            done = end;
            return done < nearest.length;
        }

        private void begin(Scope scope, SparseAutoencoder sae) {
            int features = sae.config().dSae();
            double[] sum = new double[sae.config().dOut()];
            int count = count(scope);
            int block = DeviceArrays.blockRows(sum.length);
            for (int first = 0; first < count; first += block) {
                scope.cancellation().check();
                try (NDManager step = scope.arrays().newSubManager()) {
                    NDArray rows = vectors(scope, sae, step, first, Math.min(count, first + block));
                    Vectors.addScaled(
                            sum,
                            1.0 / count,
                            DeviceArrays.doubles(
                                    rows.toType(DataType.FLOAT64, false).sum(new int[] {0})));
                }
            }
            for (int of = 0; of < 2; of++) {
                cosines[of] = new float[features];
                Arrays.fill(cosines[of], Float.NEGATIVE_INFINITY);
                tokens[of] = new int[features];
                Arrays.fill(tokens[of], -1);
            }
            nearest = new int[count];
            nearestCosines = new float[count];
            Arrays.fill(nearest, -1);
            Arrays.fill(nearestCosines, Float.NaN);
            mean = sum;
        }

        private int count(Scope scope) {
            return query.residuals.map(UnigramTable::tokens).orElseGet(() -> (int)
                    new NeighbourSpace.Biases(query.sae).rows(scope).getShape().get(0));
        }

        /** The vectors of tokens first to end, (n, dOut). */
        private NDArray vectors(Scope scope, SparseAutoencoder sae, NDManager step, int first, int end) {
            if (query.residuals.isEmpty()) {
                return DeviceArrays.rows(step, new NeighbourSpace.Biases(query.sae).rows(scope), first, end);
            }
            NDArray rows = asTrained(scope, sae.config(), query.residuals.get(), step, first, end);
            if (rows.getShape().get(1) != sae.config().dOut()) {
                throw new Refusal(
                        query.sae.name() + " writes vectors of " + sae.config().dOut()
                                + " numbers, its unigram residuals have "
                                + rows.getShape().get(1),
                        "a checkpoint that reads and writes at one place",
                        "Choose another checkpoint");
            }
            return rows;
        }

        /** Unit rows of W_dec, a copy; rows of zeros stay. */
        private static NDArray directions(SparseAutoencoder sae) {
            NDArray rows = sae.decoder();
            return rows.div(rows.square().sum(new int[] {1}, true).sqrt().maximum(1e-30f));
        }

        private static NDArray inverseNorms(NDArray rows) {
            return rows.square().sum(new int[] {1}, true).sqrt().maximum(1e-30f).pow(-1);
        }

        /** @param products (n, features) of tokens {@code first} on */
        private void keep(NDArray products, int of, int first) {
            float[] largest = DeviceArrays.floats(products.max(new int[] {0}));
            long[] at = DeviceArrays.longs(products.argMax(0));
            for (int f = 0; f < largest.length; f++) {
                if (largest[f] > cosines[of][f]) {
                    cosines[of][f] = largest[f];
                    tokens[of][f] = first + (int) at[f];
                }
            }
        }

        private static float[] narrow(double[] values) {
            float[] narrow = new float[values.length];
            for (int i = 0; i < narrow.length; i++) {
                narrow[i] = (float) values[i];
            }
            return narrow;
        }

        @Override
        public Answer result() {
            return new Answer(
                    done,
                    cosines[0].clone(),
                    tokens[0].clone(),
                    cosines[1].clone(),
                    tokens[1].clone(),
                    nearest,
                    nearestCosines);
        }

        @Override
        public double fraction() {
            return nearest.length == 0 ? 0 : (double) done / nearest.length;
        }
    }

    /**
     * Unigram residuals as an autoencoder was trained to see them, (n, dIn).
     *
     * @param first the first token
     * @param end after the last token
     */
    static NDArray asTrained(Scope scope, SaeConfig sae, UnigramTable residuals, NDManager step, int first, int end) {
        LanguageModel lm = scope.model(residuals.model());
        NDArray rows = residuals.rows(step, first, end);
        if (residuals.heads() > 0) {
            rows = rows.reshape(end - first, residuals.heads(), residuals.width() / residuals.heads());
        }
        NDArray seen = TrainedValues.of(lm, sae, residuals.hook(), rows);
        return seen.reshape(end - first, seen.size() / (end - first));
    }
}
