package loupe.sae;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.core.Embedding;
import java.util.Arrays;
import java.util.Objects;
import loupe.base.Refusal;
import org.jspecify.annotations.Nullable;

/**
 * Activations as an autoencoder reads them, and what is needed to give its output back in their terms. Device thread
 * only; lives as long as the array it was made from.
 */
public final class PreparedInput {
    private static final double LAYER_NORM_EPSILON = 1e-5;

    private final NDArray raw;
    private final NDArray vectors;
    private final @Nullable NDArray mean;
    private final @Nullable NDArray scale;
    private final long[] leading;
    private final long[] heads;

    private PreparedInput(
            NDArray raw,
            NDArray vectors,
            @Nullable NDArray mean,
            @Nullable NDArray scale,
            long[] leading,
            long[] heads) {
        this.raw = raw;
        this.vectors = vectors;
        this.mean = mean;
        this.scale = scale;
        this.leading = leading;
        this.heads = heads;
    }

    /**
     * Takes x (..., dIn), or (..., heads, dHead) for an autoencoder that joins heads.
     *
     * @param storedMean (dIn): what {@link InputNormalisation#STORED_MEAN} subtracts; null for any other
     */
    static PreparedInput of(SaeConfig config, NDArray x, @Nullable NDArray storedMean) {
        long[] shape = x.getShape().getShape();
        int width = config.dIn();
        boolean joined = config.readsHeads()
                && shape.length >= 2
                && shape[shape.length - 1] * shape[shape.length - 2] == width
                && (shape.length > 2 || shape[1] != width);
        int vectorAxes = joined ? 2 : 1;
        if (!joined && (shape.length == 0 || shape[shape.length - 1] != width)) {
            throw new Refusal(
                    "The activations have shape " + Arrays.toString(shape),
                    "vectors of " + width + (config.readsHeads() ? ", or heads that make " + width : ""),
                    "Choose activations of the place the checkpoint was trained on");
        }
        long[] leading = Arrays.copyOf(shape, shape.length - vectorAxes);
        long[] heads = joined ? Arrays.copyOfRange(shape, shape.length - 2, shape.length) : new long[0];
        NDArray floats = x.getDataType() == DataType.FLOAT32 ? x : x.toType(DataType.FLOAT32, false);
        NDArray raw = floats.reshape(new Shape(Arrays.stream(leading).reduce(1, Math::multiplyExact), width));
        switch (config.normalisation()) {
            case CONSTANT_NORM_RESCALE: {
                // a zero vector gives 0 * infinity: NaN, as in SAELens
                NDArray norm = raw.square().sum(new int[] {1}, true).sqrt();
                NDArray scale = number(raw, 1).div(norm).mul(number(raw, Math.sqrt(width)));
                return new PreparedInput(raw, raw.mul(scale), null, scale, leading, heads);
            }
            case LAYER_NORM: {
                NDArray mean = raw.mean(new int[] {1}, true);
                NDArray centred = raw.sub(mean);
                NDArray sigma = centred.square()
                        .sum(new int[] {1}, true)
                        .div(number(raw, width - 1))
                        .sqrt();
                return new PreparedInput(
                        raw, centred.div(sigma.add((float) LAYER_NORM_EPSILON)), mean, sigma, leading, heads);
            }
            case STORED_MEAN: {
                NDArray mean = Objects.requireNonNull(storedMean);
                return new PreparedInput(raw, raw.sub(mean), mean, null, leading, heads);
            }
            default:
                return new PreparedInput(raw, raw, null, null, leading, heads);
        }
    }

    /** A number in the engine's memory: one in a buffer of Java's could be gone before a gradient is taken. */
    private static NDArray number(NDArray x, double value) {
        return x.getManager().full(new Shape(), (float) value, DataType.FLOAT32);
    }

    /** (P, dIn): normalised; P is the product of the leading axes. */
    NDArray vectors() {
        return vectors;
    }

    /** (P, dIn): as given. */
    NDArray raw() {
        return raw;
    }

    /** Number of vectors. */
    long count() {
        return raw.getShape().get(0);
    }

    /** (..., dSae) for features (P, dSae). */
    NDArray withLeadingAxes(NDArray features) {
        return features.reshape(shape(new long[] {features.getShape().get(1)}));
    }

    /**
     * Undoes the normalisation of xHat (P, dOut) and gives it the axes of the input. What a transcoder writes stays as
     * it is, as in SAELens: mean and norm of its input belong to another space.
     */
    NDArray restore(NDArray xHat, SaeConfig config) {
        NDArray restored =
                switch (config.transcodes() ? InputNormalisation.NONE : config.normalisation()) {
                    case CONSTANT_NORM_RESCALE -> xHat.div(Objects.requireNonNull(scale));
                    case LAYER_NORM -> xHat.mul(Objects.requireNonNull(scale)).add(Objects.requireNonNull(mean));
                    case STORED_MEAN -> xHat.add(Objects.requireNonNull(mean));
                    case NONE, EXPECTED_AVERAGE_ONLY_IN -> xHat;
                };
        return withOutputAxes(restored);
    }

    /**
     * Undoes the normalisation of a change of xHat (P, dOut), in which nothing that is added stays, and gives it the
     * axes of the input. Its own transpose, so that it takes a gradient back as well.
     */
    NDArray restoreChange(NDArray change, SaeConfig config) {
        NDArray restored =
                switch (config.transcodes() ? InputNormalisation.NONE : config.normalisation()) {
                    case CONSTANT_NORM_RESCALE -> change.div(Objects.requireNonNull(scale));
                    case LAYER_NORM -> change.mul(Objects.requireNonNull(scale));
                    case NONE, EXPECTED_AVERAGE_ONLY_IN, STORED_MEAN -> change;
                };
        return withOutputAxes(restored);
    }

    /**
     * The same of changes (N, dOut) each of which belongs to one of the vectors.
     *
     * @param places of the vectors, N of 0 to P - 1
     * @return (N, dOut)
     */
    NDArray restoreChanges(NDArray changes, NDArray places, SaeConfig config) {
        if (scale == null || config.transcodes()) {
            return changes;
        }
        NDArray factor = Embedding.embedding(places, scale, SparseFormat.DENSE).singletonOrThrow();
        return config.normalisation() == InputNormalisation.LAYER_NORM ? changes.mul(factor) : changes.div(factor);
    }

    private NDArray withOutputAxes(NDArray rows) {
        long width = rows.getShape().get(1);
        boolean sameWidth = heads.length == 2 && heads[0] * heads[1] == width;
        return rows.reshape(shape(sameWidth ? heads : new long[] {width}));
    }

    private Shape shape(long[] last) {
        long[] axes = Arrays.copyOf(leading, leading.length + last.length);
        System.arraycopy(last, 0, axes, leading.length, last.length);
        return new Shape(axes);
    }
}
