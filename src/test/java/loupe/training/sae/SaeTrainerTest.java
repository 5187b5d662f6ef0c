package loupe.training.sae;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import java.util.SplittableRandom;
import loupe.sae.HostWeights;
import loupe.sae.HostWeights.Part;
import loupe.training.FlatParameters;
import loupe.training.LearningRate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SaeTrainerTest {
    private static final int WIDTH = 16;
    private static final int PLANTED = 24;
    private static final int ACTIVE = 2;
    private static final int VOCABULARY = 4;
    private static final int BATCH = 512;
    private static final int STEPS = 300;

    private final NDManager manager = NDManager.newBaseManager();
    private final SplittableRandom random = new SplittableRandom(5);
    private final float[][] planted = new float[PLANTED][];
    private final float[][] offsets = new float[VOCABULARY][];

    @AfterEach
    void close() {
        manager.close();
    }

    private float[] direction() {
        float[] direction = new float[WIDTH];
        double norm = 0;
        for (int i = 0; i < WIDTH; i++) {
            direction[i] = (float) FlatParameters.gaussian(random);
            norm += direction[i] * direction[i];
        }
        for (int i = 0; i < WIDTH; i++) {
            direction[i] /= (float) Math.sqrt(norm);
        }
        return direction;
    }

    /**
     * Sums of two planted directions with coefficients of 5 to 10; with a lookup, plus an offset that belongs to the
     * token.
     */
    private ActivationBuffer.Batch batch(boolean withOffsets) {
        float[] vectors = new float[BATCH * WIDTH];
        long[] tokens = new long[BATCH];
        for (int row = 0; row < BATCH; row++) {
            tokens[row] = random.nextInt(VOCABULARY);
            for (int a = 0; a < ACTIVE; a++) {
                float[] direction = planted[random.nextInt(PLANTED)];
                double size = 5 + 5 * random.nextDouble();
                for (int i = 0; i < WIDTH; i++) {
                    vectors[row * WIDTH + i] += (float) (size * direction[i]);
                }
            }
            for (int i = 0; i < WIDTH && withOffsets; i++) {
                vectors[row * WIDTH + i] += 10 * offsets[(int) tokens[row]][i];
            }
        }
        return new ActivationBuffer.Batch(vectors, tokens);
    }

    /** Each planted direction is some feature's decoder direction, by cosine above 0.9 for at least nine in ten. */
    @ParameterizedTest
    @EnumSource(SaeTrainer.Kind.class)
    void plantedDirectionsAreRecovered(SaeTrainer.Kind kind) {
        for (int i = 0; i < PLANTED; i++) {
            planted[i] = direction();
        }
        for (int i = 0; i < VOCABULARY; i++) {
            offsets[i] = direction();
        }
        boolean tokenized = kind == SaeTrainer.Kind.TOKENIZED;
        SaeTrainer.Settings settings = new SaeTrainer.Settings(
                kind,
                3 * PLANTED,
                ACTIVE,
                new LearningRate(1e-2, 10 * BATCH, 0.02),
                1e-2,
                (long) STEPS * BATCH,
                20 * BATCH,
                1);
        try (SaeTrainer trainer = new SaeTrainer(
                manager,
                WIDTH,
                settings,
                batch(tokenized).vectors(),
                tokenized ? new float[VOCABULARY * WIDTH] : new float[0])) {
            double first = trainer.step(batch(tokenized));
            double last = first;
            for (int i = 1; i < STEPS; i++) {
                last = trainer.step(batch(tokenized));
            }
            assertThat(last).isLessThan(first / 5).isLessThan(0.1);
            assertThat(trainer.tokens()).isEqualTo((long) STEPS * BATCH);
            HostWeights weights = trainer.weights();
            float[] decoder = weights.matrix(Part.DECODER, true);
            int found = 0;
            for (float[] direction : planted) {
                found += largestCosine(direction, decoder) > 0.9 ? 1 : 0;
            }
            assertThat(found).isGreaterThanOrEqualTo(PLANTED * 9 / 10);
            assertThat(weights.has(Part.LOOKUP)).isEqualTo(tokenized);
            assertThat(weights.has(Part.THRESHOLD)).isEqualTo(kind == SaeTrainer.Kind.BATCH_TOP_K);
        }
    }

    private static double largestCosine(float[] unit, float[] decoder) {
        double largest = 0;
        for (int feature = 0; feature < decoder.length / WIDTH; feature++) {
            double dot = 0;
            double norm = 0;
            for (int i = 0; i < WIDTH; i++) {
                dot += unit[i] * decoder[feature * WIDTH + i];
                norm += decoder[feature * WIDTH + i] * decoder[feature * WIDTH + i];
            }
            assertThat(norm).isCloseTo(1, within(1e-4));
            largest = Math.max(largest, dot);
        }
        return largest;
    }
}
