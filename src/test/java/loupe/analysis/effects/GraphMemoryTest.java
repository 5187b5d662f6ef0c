package loupe.analysis.effects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import loupe.base.OutOfDeviceMemoryException;
import loupe.lm.ModelConfig;
import org.junit.jupiter.api.Test;

/** The estimate beside what was measured, and what is made of it. */
class GraphMemoryTest {
    private static final ModelConfig GPT2 = ModelConfig.gpt2(5_000, 1_024, 768, 12, 12);

    /** Peaks of processes that differentiated one run of a model of this shape. */
    @Test
    void estimatesAreAboveMeasuredPeaksByAThirdAtMost() {
        assertWithin(GraphMemory.bytes(GPT2, 12, 256), 196.7e6);
        assertWithin(GraphMemory.bytes(GPT2, 12, 512), 500.1e6);
        assertWithin(GraphMemory.bytes(GPT2, 12, 1_024), 1_347.9e6);
        assertWithin(8 * GraphMemory.bytes(GPT2, 12, 64), 351.1e6);
    }

    private static void assertWithin(long estimate, double measured) {
        assertThat(estimate / measured).isBetween(1.0, 1.34);
    }

    @Test
    void fewerLayersKeepLess() {
        assertThat(GraphMemory.bytes(GPT2, 3, 512)).isLessThan(GraphMemory.bytes(GPT2, 12, 512) / 2);
    }

    @Test
    void asManyRowsRunAtOnceAsFit() {
        assertThat(GraphMemory.rows(100, 7, 10, 450)).isEqualTo(4);
        assertThat(GraphMemory.rows(100, 7, 3, 450)).isEqualTo(3);
    }

    @Test
    void aTextThatDoesNotFitIsRefusedWithBothSizes() {
        assertThatThrownBy(() -> GraphMemory.rows(3_000_000_000L, 900, 1, 2_000_000_000L))
                .isInstanceOf(OutOfDeviceMemoryException.class)
                .hasMessageContaining("900 tokens")
                .hasMessageContaining("shorter text");
    }
}
