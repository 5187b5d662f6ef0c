package loupe.ui.chart;

import static org.assertj.core.api.Assertions.assertThat;

import org.jfree.chart.axis.TickUnit;
import org.junit.jupiter.api.Test;

class ChartAxisTest {
    @Test
    void ticksStandAtOnesTwosAndFivesWithATrueMinusSign() {
        TickUnit fives = ChartAxis.of("activation")
                .create(-10, 10)
                .getStandardTickUnits()
                .getCeilingTickUnit(2.1);
        assertThat(fives.getSize()).isEqualTo(5);
        assertThat(fives.valueToString(-5)).isEqualTo("\u22125");

        TickUnit fine =
                ChartAxis.of("norm").create(0, 1e-5).getStandardTickUnits().getCeilingTickUnit(1.5e-6);
        assertThat(fine.getSize()).isEqualTo(2e-6);
        assertThat(fine.valueToString(4e-6)).isEqualTo("0.000004");
    }
}
