package loupe.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.junit.jupiter.api.Test;

class AdamWTest {
    private static final double TOLERANCE = 1e-6;

    /**
     * By hand, b1 = 0.9, b2 = 0.99, lr = 0.1, decay 0.5, p = (1, 2), only the first decays; gradients (1, -2) then (3,
     * 0). Step 1: p1 = 1 * 0.95 - 0.1 * 1 = 0.85, p2 = 2 + 0.1 = 2.1. Step 2: m1 = 0.39, v1 = 0.0999, corrected 0.39 /
     * 0.19 = 2.0526316 and sqrt(0.0999 / 0.0199) = 2.2405572: p1 = 0.85 * 0.95 - 0.1 * 0.9161256 = 0.7158874; m2 =
     * -0.18, v2 = 0.0396, -0.9473684 and 1.4106736: p2 = 2.1 + 0.0671572 = 2.1671572.
     */
    @Test
    void twoStepsAreAsWorkedByHand() {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray parameters = manager.create(new float[] {1, 2});
            AdamW adam = new AdamW(manager, parameters, 1, 0.9, 0.99, 1e-8, 0.5);
            adam.step(manager.create(new float[] {1, -2}), 0.1);
            assertThat(parameters.toFloatArray()[0]).isCloseTo(0.85f, within((float) TOLERANCE));
            assertThat(parameters.toFloatArray()[1]).isCloseTo(2.1f, within((float) TOLERANCE));
            adam.step(manager.create(new float[] {3, 0}), 0.1);
            assertThat(parameters.toFloatArray()[0]).isCloseTo(0.7158874f, within((float) TOLERANCE));
            assertThat(parameters.toFloatArray()[1]).isCloseTo(2.1671572f, within((float) TOLERANCE));
        }
    }

    @Test
    void theRateRisesThenFallsToItsRemainder() {
        LearningRate rate = new LearningRate(2, 100, 0.1);
        assertThat(rate.at(49, 1000)).isCloseTo(1.0, within(1e-12));
        assertThat(rate.at(500, 1000)).isCloseTo(2 * 0.55, within(1e-12));
        assertThat(rate.at(1000, 1000)).isCloseTo(0.2, within(1e-12));
    }

    /**
     * b2 (1 - 0.99) g^2 is formed from the gradient, which may be overwritten, but the parameters' manager gains no
     * array.
     */
    @Test
    void aStepLeavesNoArraysBehind() {
        try (NDManager manager = NDManager.newBaseManager()) {
            NDArray parameters = manager.create(new float[] {1, 2});
            AdamW adam = new AdamW(manager, parameters, 1, 0.9, 0.99, 1e-8, 0);
            try (NDManager step = manager.newSubManager()) {
                adam.step(step.create(new float[] {1, 1}), 0.1);
            }
            int before = manager.getManagedArrays().size();
            try (NDManager step = manager.newSubManager()) {
                adam.step(step.create(new float[] {1, 1}), 0.1);
            }
            assertThat(manager.getManagedArrays().size()).isEqualTo(before);
        }
    }
}
