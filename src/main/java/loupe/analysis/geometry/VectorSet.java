package loupe.analysis.geometry;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.SplittableRandom;
import loupe.analysis.DeviceArrays;
import loupe.analysis.features.NeighbourSpace;
import loupe.inference.Scope;
import loupe.tensor.HostTensor;

/** Vectors whose cosines with one another are asked for. */
public sealed interface VectorSet {
    /** All vectors of a space. */
    record Of(NeighbourSpace space) implements VectorSet {}

    /**
     * As many vectors as a space has, of as many dimensions, with independent normal coordinates: their directions are
     * uniform on the sphere.
     */
    record RandomLike(NeighbourSpace space, long seed) implements VectorSet {}

    /**
     * As many vectors as a space has, drawn from a normal distribution with the mean and the covariance of its unit
     * vectors: as crowded in the same directions, but none near another for a reason of its own. Asks
     * {@link DirectionMoments} first, all of it in one step unless that has been answered.
     */
    record MatchedLike(NeighbourSpace space, long seed) implements VectorSet {}

    /** Vectors of shape (count, width) that were given. */
    record Given(HostTensor vectors) implements VectorSet {}

    /**
     * The vectors divided by their norms, (count, width), float32, kept on the device; a vector of norm 0 stays zero.
     * Norms are taken in float64, so that no length is too large or too small.
     */
    default NDArray units(Scope scope) {
        return scope.kept(new Units(this), () -> {
            NDList blocks = new NDList();
            DeviceArrays.forEachBlock(scope, vectors(scope), DataType.FLOAT64, (first, rows) -> {
                NDArray norms = rows.square().sum(new int[] {1}, true).sqrt();
                NDArray units = rows.div(norms.maximum(Double.MIN_NORMAL)).toType(DataType.FLOAT32, true);
                units.attach(scope.arrays());
                blocks.add(units);
            });
            return blocks.size() == 1 ? blocks.get(0) : NDArrays.concat(blocks);
        });
    }

    private NDArray vectors(Scope scope) {
        if (this instanceof Of of) {
            return of.space.rows(scope);
        }
        if (this instanceof Given given) {
            return scope.arrays().create(given.vectors.data(), new Shape(given.vectors.size(0), given.vectors.size(1)));
        }
        if (this instanceof RandomLike like) {
            return normal(scope, like.space, like.seed);
        }
        MatchedLike like = (MatchedLike) this;
        DirectionMoments.Answer moments = scope.answer(new DirectionMoments(new Of(like.space)));
        int width = moments.mean().length;
        NDManager owner = scope.arrays();
        NDArray turned = owner.create(moments.factor(), new Shape(width, width))
                .toType(DataType.FLOAT32, false)
                .transpose();
        NDArray mean = owner.create(moments.mean()).toType(DataType.FLOAT32, false);
        return normal(scope, like.space, like.seed).matMul(turned).addi(mean);
    }

    private static NDArray normal(Scope scope, NeighbourSpace like, long seed) {
        Shape shape = like.rows(scope).getShape();
        return normal(scope.arrays(), seed, (int) shape.get(0), (int) shape.get(1));
    }

    private static NDArray normal(NDManager owner, long seed, int count, int width) {
        SplittableRandom source = new SplittableRandom(seed);
        int blockRows = DeviceArrays.blockRows(width);
        NDList blocks = new NDList();
        for (int first = 0; first < count; first += blockRows) {
            float[] values = new float[Math.min(blockRows, count - first) * width];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) source.nextGaussian();
            }
            blocks.add(owner.create(values, new Shape(values.length / width, width)));
        }
        return blocks.size() == 1 ? blocks.get(0) : NDArrays.concat(blocks);
    }

    /** The key of kept unit vectors. */
    record Units(VectorSet of) {}
}
