package loupe.ui.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Where the cells of heat maps are. */
class HeatMapLayoutTest {
    private static final HeatMaps.Maps MAPS = new HeatMaps.Maps(
            "Layer",
            "Token",
            List.of("0", "1"),
            List.of("a", "bee", "c"),
            List.of(
                    new HeatMaps.Map("One", new double[] {0, 0.5, -2, 1, Double.NaN, 0}),
                    new HeatMaps.Map("Two", new double[6])));

    private static HeatMapLayout layout(double width, double height) {
        return HeatMapLayout.of(MAPS, width, height, 11, (words, size) -> 6.0 * words.length());
    }

    @Test
    void thePointerFindsTheCellOfEachMap() {
        for (double width : new double[] {120, 300, 900}) {
            HeatMapLayout layout = layout(width, 200);
            for (int map = 0; map < 2; map++) {
                for (int row = 0; row < 2; row++) {
                    for (int column = 0; column < 3; column++) {
                        assertThat(layout.cell(
                                        layout.x(map, column) + layout.cellWidth() / 2,
                                        layout.y(row) + layout.cellHeight() / 2))
                                .contains(new HeatMapLayout.Cell(map, row, column));
                    }
                }
            }
            assertThat(layout.cell(layout.x(1, 0) - 3, layout.y(0) + 1)).isEmpty();
            assertThat(layout.cell(layout.x(0, 0) + 1, layout.y(0) - 3)).isEmpty();
            assertThat(layout.x(1, 2) + layout.cellWidth()).isLessThanOrEqualTo(width);
        }
    }

    @Test
    void longNamesOfColumnsRunUpwards() {
        assertThat(layout(140, 200).upright()).isTrue();
        assertThat(layout(900, 200).upright()).isFalse();
    }

    @Test
    void theScaleIsAsLongOnBothSidesOfZeroAndLeavesOutWhatIsNotKnown() {
        assertThat(MAPS.end()).isEqualTo(2);
        assertThat(new HeatMaps.Maps("a", "b", List.of("x"), List.of("y"), List.of(new HeatMaps.Map("t", new double[] {
                            Double.NaN
                        })))
                        .end())
                .isEqualTo(1);
    }

    @Test
    void asManyValuesAsCellsAreNeeded() {
        assertThatThrownBy(() -> new HeatMaps.Maps(
                        "a", "b", List.of("x"), List.of("y"), List.of(new HeatMaps.Map("t", new double[2]))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1 x 1");
    }
}
