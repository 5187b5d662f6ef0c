package loupe.analysis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class WilsonIntervalTest {
    /** z^2 = 3.8414588: (p + z^2/2n) / (1 + z^2/n) -+ z / (1 + z^2/n) sqrt(p(1 - p)/n + z^2/4n^2), by hand. */
    @Test
    void intervalsAreThoseWorkedByHand() {
        // n = 10, p = 0.8: centre 0.9920729 / 1.3841459, half 1.9599640 / 1.3841459 sqrt(0.016 + 0.0096036)
        assertThat(WilsonInterval.of(8, 10).low()).isCloseTo(0.4901625, within(1e-6));
        assertThat(WilsonInterval.of(8, 10).high()).isCloseTo(0.9433178, within(1e-6));
        // n = 4, p = 0: low 0, high (z^2/4) / (1 + z^2/4)
        assertThat(WilsonInterval.of(0, 4))
                .isEqualTo(new WilsonInterval(0, WilsonInterval.of(0, 4).high()));
        assertThat(WilsonInterval.of(0, 4).high()).isCloseTo(0.9603647 / 1.9603647, within(1e-6));
        assertThat(WilsonInterval.of(4, 4).low()).isCloseTo(1 - 0.9603647 / 1.9603647, within(1e-6));
        assertThat(WilsonInterval.of(4, 4).high()).isEqualTo(1);
    }

    @Test
    void nothingCountedSaysNothing() {
        assertThat(WilsonInterval.of(0, 0)).isEqualTo(new WilsonInterval(0, 1));
        assertThatThrownBy(() -> WilsonInterval.of(3, 2)).isInstanceOf(IllegalArgumentException.class);
    }
}
