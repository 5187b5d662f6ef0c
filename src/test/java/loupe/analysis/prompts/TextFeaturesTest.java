package loupe.analysis.prompts;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import loupe.analysis.prompts.TextFeatures.InText;
import loupe.analysis.prompts.TextFeatures.Order;
import loupe.sae.SparseFeatures;
import org.junit.jupiter.api.Test;

class TextFeaturesTest {
    /** Feature 2 is active all along, 7 strongly once, 9 of both signs, 4 nowhere though it is stored. */
    private static final TextFeatures READ = TextFeatures.of(new TextActivations.Answer(
            List.of(0, 1, 2),
            new SparseFeatures(3, 10, new int[] {0, 3, 5, 8}, new int[] {2, 4, 9, 2, 7, 2, 4, 9}, new float[] {
                2, 0, -3, 2, 5, 2, 0, 1
            })));

    @Test
    void theSumFavoursWhatIsActiveAllAlongAndTheMaximumWhatIsOnce() {
        assertThat(READ.top(Order.MAXIMUM, 10))
                .containsExactly(new InText(7, 5, 5, 1), new InText(9, -3, -2, 2), new InText(2, 2, 6, 3));
        assertThat(READ.top(Order.SUM, 2)).containsExactly(new InText(2, 2, 6, 3), new InText(7, 5, 5, 1));
    }

    @Test
    void aFeatureThatIsActiveNowhereHasNoPartInIt() {
        assertThat(READ.active()).isEqualTo(3);
        assertThat(READ.of(4)).isEqualTo(new InText(4, 0, 0, 0));
        assertThat(READ.of(8)).isEqualTo(new InText(8, 0, 0, 0));
    }
}
