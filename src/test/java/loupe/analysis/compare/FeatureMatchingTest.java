package loupe.analysis.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import loupe.analysis.TestDevice;
import loupe.analysis.compare.FeatureMatching.Counts;
import loupe.analysis.compare.FeatureMatching.Fate;
import loupe.analysis.compare.FeatureMatching.Thresholds;
import loupe.inference.SaeId;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;

class FeatureMatchingTest {
    private static SaeId sae(TestDevice device, String name, HostTensor decoder) {
        return device.sae(
                name, new HostTensor(new float[decoder.data().length], decoder.size(1), decoder.size(0)), decoder);
    }

    @Test
    void aPermutedCheckpointIsRecovered() {
        int features = 3000;
        Random random = new Random(1);
        List<Integer> permutation = new ArrayList<>();
        float[] data = new float[features * 6];
        for (int i = 0; i < features; i++) {
            permutation.add(i);
            for (int j = 0; j < 6; j++) {
                data[i * 6 + j] = (float) random.nextGaussian();
            }
        }
        Collections.shuffle(permutation, random);
        float[] shuffled = new float[data.length];
        for (int i = 0; i < features; i++) {
            for (int j = 0; j < 6; j++) {
                shuffled[permutation.get(i) * 6 + j] = 2 * data[i * 6 + j];
            }
        }
        try (TestDevice device = new TestDevice()) {
            FeatureMatching.Answer answer = device.ask(new FeatureMatching(
                    sae(device, "a", new HostTensor(data, features, 6)),
                    sae(device, "b", new HostTensor(shuffled, features, 6))));
            assertThat(device.steps()).isGreaterThan(1);
            for (int i = 0; i < features; i++) {
                assertThat(answer.bestInB()[i]).isEqualTo(permutation.get(i));
                assertThat(answer.bestInA()[permutation.get(i)]).isEqualTo(i);
                assertThat(answer.isMutual(i)).isTrue();
            }
            assertThat(answer.mmcsAToB()).isCloseTo(1, within(1e-6));
            assertThat(answer.mmcsBToA()).isCloseTo(1, within(1e-6));
            assertThat(answer.counts(Thresholds.DEFAULT)).isEqualTo(new Counts(features, 0, 0, 0, 0));
        }
    }

    @Test
    void fatesAndMeansAreThoseWorkedOutByHand() {
        try (TestDevice device = new TestDevice()) {
            SaeId a = sae(device, "a", new HostTensor(new float[] {1, 0, 0, 0, 2, 0, 0, 0, 1, -1, 0, 0}, 4, 3));
            SaeId b = sae(device, "b", new HostTensor(new float[] {3, 0, 0, 3, 4, 0, 0, -1, 0}, 3, 3));
            FeatureMatching.Answer answer = device.ask(new FeatureMatching(a, b));
            assertThat(answer.bestInB()).containsExactly(0, 1, 0, 2);
            assertThat(answer.cosinesToB()).containsExactly(new float[] {1, 0.8f, 0, 0}, within(1e-6f));
            assertThat(answer.bestInA()).startsWith(0, 1);
            assertThat(answer.cosinesToA()).containsExactly(new float[] {1, 0.8f, 0}, within(1e-6f));
            assertThat(answer.mmcsAToB()).isCloseTo(0.45, within(1e-6));
            assertThat(answer.mmcsBToA()).isCloseTo(0.6, within(1e-6));
            assertThat(answer.fateOfA(1, Thresholds.DEFAULT)).isEqualTo(Fate.DRIFTED);
            assertThat(answer.fateOfA(2, Thresholds.DEFAULT)).isEqualTo(Fate.DIED);
            assertThat(answer.fateOfB(2, Thresholds.DEFAULT)).isEqualTo(Fate.BORN);
            assertThat(answer.fateOfA(1, new Thresholds(0.95, 0.85, 0.1))).isEqualTo(Fate.UNCLEAR);
            assertThat(answer.counts(Thresholds.DEFAULT)).isEqualTo(new Counts(1, 1, 0, 2, 1));
            assertThat(answer.isMutual(3)).isFalse();
        }
    }

    @Test
    void aCheckpointIsMatchedWithItselfFeatureByFeatureEvenWhereFeaturesAreDuplicates() {
        try (TestDevice device = new TestDevice()) {
            SaeId a = sae(device, "a", new HostTensor(new float[] {1, 2, 3, 2, 4, 6, 0, 0, 0, 1, 2, 3}, 4, 3));
            FeatureMatching.Answer answer = device.ask(new FeatureMatching(a, a));
            assertThat(answer.bestInB()).containsExactly(0, 1, 2, 3);
            assertThat(answer.bestInA()).containsExactly(0, 1, 2, 3);
            assertThat(answer.cosinesToB()).containsExactly(new float[] {1, 1, 0, 1}, within(1e-6f));
            assertThat(answer.cosinesToA()).containsExactly(new float[] {1, 1, 0, 1}, within(1e-6f));
        }
    }

    @Test
    void checkpointsOfDifferentWidthAreRefused() {
        try (TestDevice device = new TestDevice()) {
            SaeId a = sae(device, "a", new HostTensor(new float[] {1, 0}, 1, 2));
            SaeId b = sae(device, "b", new HostTensor(new float[] {1, 0, 0}, 1, 3));
            assertThatThrownBy(() -> device.ask(new FeatureMatching(a, b))).hasMessageContaining("cannot be matched");
        }
    }
}
