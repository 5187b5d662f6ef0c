package loupe.analysis.dream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class DreamTextTest {
    private static DreamText text(int id, double activation, double crossEntropy) {
        return new DreamText(List.of(id), activation, activation, 0, crossEntropy);
    }

    /** By hand: 3 and 5 are beaten by 2 and 4, 7 has what 6 has, at more. */
    @Test
    void aFrontHasWhatNoOtherTextBeatsInBoth() {
        List<DreamText> texts = List.of(
                text(4, 6, 4),
                text(7, 7, 7),
                text(1, 1, 1),
                text(5, 5.5, 5),
                text(3, 4, 3),
                text(2, 4, 2),
                text(6, 7, 6));
        assertThat(DreamText.front(texts)).extracting(one -> one.ids().get(0)).containsExactly(1, 2, 4, 6);
        assertThat(DreamText.front(List.of())).isEmpty();
    }

    /**
     * By hand: slopes of activation by cross-entropy along the front are 3, 1, 1/2: all corners. With 1.5 in place of 4
     * the second lies below the line from (1, 1) to (4, 6), whose slope is 5/3.
     */
    @Test
    void theCornersOfAFrontAreTheBestForSomePenalty() {
        List<DreamText> all = List.of(text(1, 1, 1), text(2, 4, 2), text(3, 6, 4), text(4, 7, 6));
        assertThat(DreamText.bestForSomePenalty(all)).isEqualTo(all);
        List<DreamText> dented = List.of(text(1, 1, 1), text(2, 1.5, 2), text(3, 6, 4), text(4, 7, 6));
        assertThat(DreamText.bestForSomePenalty(dented))
                .extracting(one -> one.ids().get(0))
                .containsExactly(1, 3, 4);
        for (double penalty : new double[] {0.01, 0.4, 0.6, 1.5, 1.7, 30}) {
            DreamText best = dented.stream()
                    .min(java.util.Comparator.comparingDouble(one -> one.loss(penalty)))
                    .orElseThrow();
            assertThat(DreamText.bestForSomePenalty(dented)).contains(best);
        }
    }

    @Test
    void penaltiesAreSpacedEvenlyOnALogarithmicScale() {
        assertThat(new DreamSettings(12, 3, 1, 1, 0.1, 10, 50, 0).penalties())
                .containsExactly(new double[] {0.1, 1, 10}, within(1e-12));
        assertThat(new DreamSettings(12, 1, 1, 1, 2, 2, 50, 0).penalties()).containsExactly(2);
        assertThat(DreamSettings.DEFAULT.restartPenalty(0)).isCloseTo(2.0 / 3, within(1e-12));
        assertThat(DreamSettings.DEFAULT.restartPenalty(1)).isCloseTo(6, within(1e-12));
        assertThat(List.of(0, 49, 50, 100))
                .map(DreamSettings.DEFAULT::restartsAt)
                .containsExactly(true, false, true, true);
    }
}
