package loupe.analysis.ghost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import loupe.TinyModel;
import loupe.analysis.DeviceArrays;
import loupe.analysis.TestDevice;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.lm.LanguageModel;
import loupe.lm.ModelConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against sums in double precision over the model's own logits, to 1e-5. */
class PredictionsTest {
    private static final int VOCABULARY = 40;
    private static final ModelConfig CONFIG = ModelConfig.gpt2(VOCABULARY, 16, 8, 1, 2);
    private static final int MASK = 14;
    private static final TreeLimits LIMITS = new TreeLimits(0, 6, 3, OptionalInt.empty(), OptionalInt.of(MASK));
    /** One tree without a baseline and without a mask, one of three lanes with both. */
    private static final List<Predictions.Group> GROUPS =
            List.of(new Predictions.Group(1, 3, TreeLimits.DEFAULT.withTopK(9)), new Predictions.Group(3, 2, LIMITS));

    private static final int ROWS = 9;

    private TestDevice device;
    private ModelId model;

    @BeforeEach
    void open() {
        device = new TestDevice();
        model = device.model("tiny", CONFIG, TinyModel.weights(CONFIG, 3));
    }

    @AfterEach
    void close() {
        device.close();
    }

    private static float[] residual() {
        Random random = new Random(2);
        float[] values = new float[ROWS * 8];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** Probabilities after each row, the mask applied to the second group's. */
    private double[][] probabilities() {
        Query.Single<double[]> query = scope -> {
            NDArray rows = scope.arrays().create(residual(), new Shape(ROWS, 8));
            return DeviceArrays.doubles(scope.model(model).logits(rows));
        };
        double[] logits = device.ask(query);
        double[][] p = new double[ROWS][VOCABULARY];
        for (int row = 0; row < ROWS; row++) {
            double sum = 0;
            for (int t = 0; t < VOCABULARY; t++) {
                p[row][t] = row >= 3 && t == MASK ? 0 : Math.exp(logits[row * VOCABULARY + t]);
                sum += p[row][t];
            }
            for (int t = 0; t < VOCABULARY; t++) {
                p[row][t] /= sum;
            }
        }
        return p;
    }

    /** 14 and 7 put the mask first in a block, 13 leaves a block of one token. */
    @ParameterizedTest
    @ValueSource(ints = {40, 14, 13, 7, 1})
    void theSizeOfBlocksDoesNotMatter(int block) {
        Query.Single<List<Predictions>> query = scope -> {
            LanguageModel lm = scope.model(model);
            return Predictions.of(scope, lm, scope.arrays().create(residual(), new Shape(ROWS, 8)), GROUPS, block);
        };
        List<Predictions> made = device.ask(query);
        double[][] p = probabilities();
        check(made.get(0), p, List.of(0, 1, 2), List.of());
        check(made.get(1), p, List.of(3, 4), List.of(5, 7));
        assertThat(made.get(0).divergences()).containsOnly(Float.NaN);
        assertThat(made.get(0).baseline()).containsOnly(Double.NaN);
    }

    /**
     * @param rows of the ghost
     * @param lanes first row of each lane of the baseline
     */
    private static void check(Predictions made, double[][] p, List<Integer> rows, List<Integer> lanes) {
        for (int row = 0; row < rows.size(); row++) {
            double[] here = p[rows.get(row)];
            double[] q = new double[VOCABULARY];
            for (int lane : lanes) {
                for (int t = 0; t < VOCABULARY; t++) {
                    q[t] += p[lane + row][t] / lanes.size();
                }
            }
            List<Integer> order =
                    new ArrayList<>(IntStream.range(0, VOCABULARY).boxed().toList());
            order.sort(Comparator.comparingDouble(t -> -here[t]));
            for (int k = 0; k < made.topK(); k++) {
                int at = row * made.topK() + k;
                assertThat(made.tokens()[at]).isEqualTo((long) order.get(k));
                assertThat(made.probabilities()[at]).isCloseTo(here[order.get(k)], within(1e-5));
                if (!lanes.isEmpty()) {
                    assertThat(made.baseline()[at]).isCloseTo(q[order.get(k)], within(1e-5));
                }
            }
            double entropy = 0;
            double divergence = 0;
            for (int t = 0; t < VOCABULARY; t++) {
                entropy -= here[t] == 0 ? 0 : here[t] * Math.log(here[t]);
                divergence += here[t] == 0 || lanes.isEmpty() ? 0 : here[t] * Math.log(here[t] / q[t]);
            }
            assertThat((double) made.entropies()[row]).isCloseTo(entropy, within(1e-5));
            if (!lanes.isEmpty()) {
                assertThat((double) made.divergences()[row]).isCloseTo(divergence, within(1e-5));
            }
        }
    }
}
