package loupe.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.core.Linear;

/**
 * Products of a few vectors with a large matrix, as decoding needs them: a token of two or three texts at once. The
 * engine's library takes two rows as two products of one, so that the matrix is read from memory for each. Here it is
 * read once, in blocks that stay in the processor's second-level cache while all rows use them; the blocks are one
 * batched product. Sums have another order of terms, so results agree to rounding. Differentiable.
 */
final class FewRows {
    /** Above, the library's product of matrices is faster. */
    private static final long MOST = 4;

    /** Of a block: it stays in a cache of a mebibyte. */
    private static final long BLOCK_ELEMENTS = 196_608;

    /** Elements from which a matrix is no longer cached as a whole. */
    private static final long LARGE = 1 << 20;

    private FewRows() {}

    /**
     * x W.
     *
     * @param x (.., K)
     * @param weight (K, N)
     * @return (.., N), of the manager of x
     */
    static NDArray times(NDArray x, NDArray weight) {
        long width = x.getShape().get(x.getShape().dimension() - 1);
        long rows = x.size() / width;
        long columns = weight.getShape().get(1);
        long block = Long.highestOneBit(Math.max(1, BLOCK_ELEMENTS / columns));
        boolean blocked = rows > 1 && rows <= MOST && weight.size() >= LARGE && width % block == 0 && onCpu(x);
        if (!blocked || width == block) {
            return x.matMul(weight);
        }
        NDManager owner = x.getManager();
        long blocks = width / block;
        try (NDManager pass = owner.newSubManager()) {
            NDArray parts = x.reshape(rows, blocks, block);
            parts.attach(pass);
            NDArray matrix = weight.reshape(blocks, block, columns);
            matrix.attach(pass);
            NDArray sum =
                    parts.transpose(1, 0, 2).matMul(matrix).sum(new int[] {0}).reshape(replaced(x.getShape(), columns));
            sum.attach(owner);
            return sum;
        }
    }

    /**
     * x W^T.
     *
     * @param x (.., K)
     * @param weight (N, K)
     * @return (.., N), of the manager of x
     */
    static NDArray timesTransposed(NDArray x, NDArray weight) {
        long width = x.getShape().get(x.getShape().dimension() - 1);
        long rows = x.size() / width;
        long height = weight.getShape().get(0);
        long block = Math.max(1, BLOCK_ELEMENTS / width);
        if (rows > MOST || weight.size() < LARGE || block >= height || !onCpu(x)) {
            return Linear.linear(x, weight).singletonOrThrow();
        }
        NDManager owner = x.getManager();
        long blocks = height / block;
        long whole = blocks * block;
        try (NDManager pass = owner.newSubManager()) {
            NDArray vectors = x.reshape(rows, width);
            vectors.attach(pass);
            NDArray matrix = weight.get("0:" + whole);
            matrix.attach(pass);
            // the matrix on the left: the library multiplies it faster so
            NDArray columns = vectors.transpose().reshape(1, width, rows).broadcast(new Shape(blocks, width, rows));
            NDArray found = matrix.reshape(blocks, block, width)
                    .matMul(columns)
                    .reshape(whole, rows)
                    .transpose();
            if (whole < height) {
                NDArray rest = weight.get(whole + ":");
                rest.attach(pass);
                found = found.concat(Linear.linear(vectors, rest).singletonOrThrow(), 1);
            }
            NDArray shaped = found.reshape(replaced(x.getShape(), height));
            shaped.attach(owner);
            return shaped;
        }
    }

    private static boolean onCpu(NDArray x) {
        return !x.getDevice().isGpu();
    }

    private static Shape replaced(Shape shape, long last) {
        long[] sizes = shape.getShape().clone();
        sizes[sizes.length - 1] = last;
        return new Shape(sizes);
    }
}
