package loupe.ui.pane;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import javafx.geometry.Rectangle2D;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WindowPlaceTest {
    private static final Rectangle2D FIRST = new Rectangle2D(0, 20, 1280, 780);
    private static final Rectangle2D SECOND = new Rectangle2D(1280, 0, 1920, 1080);

    private static Rectangle2D place(double x, double y, double width, double height) {
        return new Rectangle2D(x, y, width, height);
    }

    @Test
    void aWindowOnAScreenThatIsThereStaysWhereItWas() {
        assertThat(WindowPlace.within(place(100, 50, 400, 300), List.of(FIRST, SECOND)))
                .isEqualTo(place(100, 50, 400, 300));
        assertThat(WindowPlace.within(place(2000, 700, 400, 300), List.of(FIRST, SECOND)))
                .isEqualTo(place(2000, 700, 400, 300));
    }

    @Test
    void aWindowOnAScreenThatHasGoneComesToTheFirst() {
        assertThat(WindowPlace.within(place(2000, 700, 400, 300), List.of(FIRST)))
                .isEqualTo(place(880, 500, 400, 300));
        assertThat(WindowPlace.within(place(-3000, -3000, 400, 300), List.of(FIRST)))
                .isEqualTo(place(0, 20, 400, 300));
    }

    @Test
    void aWindowThatIsPartlyOutsideComesWhollyOntoTheScreenWithMostOfIt() {
        assertThat(WindowPlace.within(place(1200, 100, 400, 300), List.of(FIRST, SECOND)))
                .isEqualTo(place(1280, 100, 400, 300));
        assertThat(WindowPlace.within(place(0, -100, 5000, 4000), List.of(FIRST)))
                .isEqualTo(FIRST);
    }

    @Test
    void aPlaceIsReadBackAsItWasWritten() {
        assertThat(WindowPlace.read(WindowPlace.written(place(-10.4, 20, 300.6, 200))))
                .contains(place(-10, 20, 301, 200));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1 2 3", "1 2 0 4", "1 2 3 -4", "a b c d", "1 2 3 99999999", "NaN 1 1 1"})
    void aLineThatIsNoPlaceIsNone(String line) {
        assertThat(WindowPlace.read(line)).isEmpty();
    }
}
