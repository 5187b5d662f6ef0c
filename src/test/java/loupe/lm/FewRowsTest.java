package loupe.lm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Products in blocks beside those of the engine. */
class FewRowsTest {
    /** Neither a multiple of a block, nor small enough to be taken as a whole. */
    private static final int MANY = 4_500;

    private static final int WIDTH = 256;

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5})
    void aFewVectorsTimesALargeMatrixAreThoseTimesItAtOnce(int rows) {
        try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
            NDArray wide = manager.randomNormal(new Shape(WIDTH, MANY));
            NDArray tall = wide.transpose().duplicate();
            NDArray x = manager.randomNormal(new Shape(rows, 1, WIDTH));

            NDArray product = FewRows.times(x, wide);
            NDArray transposed = FewRows.timesTransposed(x, tall);

            NDArray expected = x.matMul(wide);
            assertThat(product.getShape()).isEqualTo(new Shape(rows, 1, MANY));
            assertThat(transposed.getShape()).isEqualTo(new Shape(rows, 1, MANY));
            assertThat(product.sub(expected).abs().max().getFloat()).isCloseTo(0, within(1e-4f));
            assertThat(transposed.sub(expected).abs().max().getFloat()).isCloseTo(0, within(1e-4f));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void nothingButTheResultStaysWithTheManager(int rows) {
        try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
            NDArray wide = manager.randomNormal(new Shape(WIDTH, MANY));
            NDArray tall = wide.transpose().duplicate();
            NDArray x = manager.randomNormal(new Shape(rows, WIDTH));
            int before = manager.getManagedArrays().size();

            FewRows.times(x, wide);
            FewRows.timesTransposed(x, tall);

            assertThat(manager.getManagedArrays()).hasSize(before + 2);
        }
    }
}
