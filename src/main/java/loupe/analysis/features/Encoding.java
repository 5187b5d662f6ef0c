package loupe.analysis.features;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import loupe.analysis.DeviceArrays;
import loupe.analysis.compare.SaeMetrics;
import loupe.base.Refusal;
import loupe.base.Remedy;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.sae.Reconstruction;
import loupe.sae.SaeConfig;
import loupe.sae.SparseAutoencoder;
import loupe.tensor.HostTensor;

/**
 * An autoencoder applied to given activations, taken as they are: its features and its reconstruction.
 *
 * @param x (..., dIn), or (..., heads, dHead) for an autoencoder of {@code hook_z}
 * @param tokenIds one for each vector, row by row; empty if the autoencoder has no lookup
 */
public record Encoding(SaeId sae, HostTensor x, Optional<List<Integer>> tokenIds)
        implements Query.Stepped<Encoding.Answer> {
    private static final long FEATURES_PER_STEP = 1L << 24;

    public Encoding {
        tokenIds = tokenIds.map(List::copyOf);
    }

    /**
     * Feature activations and reconstruction of some vectors.
     *
     * @param features (..., dSae)
     * @param xHat with the axes of x; the last is dOut
     * @param metrics of the reconstruction; without a comparison for a transcoder
     */
    public record Answer(HostTensor features, HostTensor xHat, SaeMetrics metrics) {}

    @Override
    public Query.Sweep<Answer> begin() {
        return new Blocks();
    }

    @Override
    public boolean cacheable() {
        return false;
    }

    private final class Blocks implements Query.Sweep<Answer> {
        @SuppressWarnings("NullAway.Init") // made by the first step
        private Layout layout;

        @SuppressWarnings("NullAway.Init") // made by the first step
        private float[] features;

        @SuppressWarnings("NullAway.Init") // made by the first step
        private float[] xHat;

        @SuppressWarnings("NullAway.Init") // made by the first step
        private SaeMetrics metrics;

        private int done;

        @Override
        public boolean step(Scope scope) {
            SparseAutoencoder loaded = scope.sae(sae);
            SaeConfig config = loaded.config();
            if (layout == null) {
                layout = Layout.of(config, x, tokenIds);
                features = new float[Math.multiplyExact(layout.vectors, config.dSae())];
                xHat = new float[Math.multiplyExact(layout.vectors, config.dOut())];
                metrics = new SaeMetrics(config.transcodes() ? 0 : config.dIn(), config.dSae());
            }
            int count = Math.min(layout.vectors - done, rowsPerStep(config, layout.vectors));
            if (count > 0) {
                encode(scope, loaded, count);
                done += count;
            }
            return done < layout.vectors;
        }

        private void encode(Scope scope, SparseAutoencoder loaded, int count) {
            SaeConfig config = loaded.config();
            float[] rows = Arrays.copyOfRange(x.data(), done * config.dIn(), (done + count) * config.dIn());
            NDArray in = scope.arrays().create(rows, layout.shape(count));
            NDArray ids = tokenIds.map(all -> scope.arrays()
                            .create(all.subList(done, done + count).stream()
                                    .mapToLong(Integer::longValue)
                                    .toArray()))
                    .orElse(null);
            Reconstruction reconstruction = loaded.reconstruct(in, ids);
            float[] stepFeatures = DeviceArrays.floats(reconstruction.features());
            float[] stepXHat = DeviceArrays.floats(reconstruction.xHat());
            metrics.add(count, rows, stepXHat, stepFeatures);
            System.arraycopy(stepFeatures, 0, features, done * config.dSae(), stepFeatures.length);
            System.arraycopy(stepXHat, 0, xHat, done * config.dOut(), stepXHat.length);
        }

        @Override
        public Answer result() {
            return new Answer(
                    new HostTensor(features, layout.with(layout.dSae)),
                    new HostTensor(xHat, layout.output(layout.dOut)),
                    metrics);
        }

        @Override
        public double fraction() {
            return done / (double) Math.max(1, layout.vectors);
        }
    }

    /**
     * Rows encoded per step: all of them for a batch top-k without a fixed threshold, whose result depends on the whole
     * batch.
     */
    private static int rowsPerStep(SaeConfig config, int vectors) {
        return config.activation().takesWholeBatch() ? vectors : (int) Math.max(1, FEATURES_PER_STEP / config.dSae());
    }

    /** How the axes of x are divided into vectors. */
    private static final class Layout {
        final int vectors;
        final int dSae;
        final int dOut;
        private final int[] leading;
        private final int[] vector;

        private Layout(SaeConfig config, int vectors, int[] leading, int[] vector) {
            this.vectors = vectors;
            this.dSae = config.dSae();
            this.dOut = config.dOut();
            this.leading = leading;
            this.vector = vector;
        }

        static Layout of(SaeConfig config, HostTensor x, Optional<List<Integer>> tokenIds) {
            int[] shape = x.shape();
            int rank = shape.length;
            boolean heads = rank >= 2
                    && shape[rank - 1] != config.dIn()
                    && (long) shape[rank - 1] * shape[rank - 2] == config.dIn()
                    && config.readsHeads();
            if (rank == 0 || (!heads && shape[rank - 1] != config.dIn())) {
                throw new Refusal(
                        "The activations have shape " + Arrays.toString(shape),
                        "vectors of " + config.dIn() + " numbers",
                        "Choose activations of the place the checkpoint was trained on");
            }
            int axes = heads ? 2 : 1;
            int vectors = x.data().length / config.dIn();
            if (config.lookup() && tokenIds.isEmpty()) {
                throw new Refusal(
                        "This autoencoder adds a bias for each token, and no token ids are given",
                        "one for each of the " + vectors + " vectors",
                        "",
                        Remedy.give(Remedy.Choice.TOKEN_IDS));
            }
            if (tokenIds.isPresent() && tokenIds.get().size() != vectors) {
                throw new Refusal(
                        "There are " + tokenIds.get().size() + " token ids",
                        "one for each of the " + vectors + " vectors",
                        "",
                        Remedy.give(Remedy.Choice.TOKEN_IDS));
            }
            return new Layout(
                    config, vectors, Arrays.copyOf(shape, rank - axes), Arrays.copyOfRange(shape, rank - axes, rank));
        }

        Shape shape(int count) {
            return vector.length == 1 ? new Shape(count, vector[0]) : new Shape(count, vector[0], vector[1]);
        }

        /** The leading axes, then {@code width}. */
        int[] with(int width) {
            int[] axes = Arrays.copyOf(leading, leading.length + 1);
            axes[leading.length] = width;
            return axes;
        }

        /**
         * The shape of the reconstruction: that of {@link #with}, split into heads where x is and the width is the
         * same.
         */
        int[] output(int width) {
            if (vector.length == 1 || width != vector[0] * vector[1]) {
                return with(width);
            }
            int[] axes = Arrays.copyOf(leading, leading.length + 2);
            axes[leading.length] = vector[0];
            axes[leading.length + 1] = vector[1];
            return axes;
        }
    }
}
