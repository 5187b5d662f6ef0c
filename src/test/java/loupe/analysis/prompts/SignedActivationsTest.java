package loupe.analysis.prompts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import loupe.sae.SparseFeatures;
import org.junit.jupiter.api.Test;

/** A text of two tokens: features 1, 3, 4 and 6 at -5, 2, NaN and 0.5; and 2 at -1. */
class SignedActivationsTest {
    private static final TextActivations.Answer ANSWER = new TextActivations.Answer(
            List.of(7, 8),
            new SparseFeatures(
                    2, 8, new int[] {0, 4, 5}, new int[] {1, 3, 4, 6, 2}, new float[] {-5, 2, Float.NaN, 0.5f, -1}));

    @Test
    void theStrongestFeaturesAreThoseFurthestFromZeroWithTheirSigns() {
        assertThat(ANSWER.strongest(0, 10))
                .containsExactly(
                        new TextActivations.Active(1, -5),
                        new TextActivations.Active(3, 2),
                        new TextActivations.Active(6, 0.5f));
        assertThat(ANSWER.strongest(1, 1)).containsExactly(new TextActivations.Active(2, -1));
        assertThat(ANSWER.l0(0)).isEqualTo(3);
        assertThat(ANSWER.l0(1)).isEqualTo(1);
    }
}
