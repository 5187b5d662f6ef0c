package loupe.ui.welcome;

import static org.assertj.core.api.Assertions.assertThat;

import javafx.geometry.BoundingBox;
import javafx.geometry.Bounds;
import javafx.geometry.Point2D;
import org.junit.jupiter.api.Test;

class CalloutPlaceTest {
    private static final Bounds WINDOW = new BoundingBox(0, 0, 1000, 700);

    private static Point2D beside(double x, double y, double width, double height) {
        return CalloutPlace.beside(new BoundingBox(x, y, width, height), 300, 150, WINDOW);
    }

    @Test
    void itStandsAtTheRightWhereThereIsRoom() {
        assertThat(beside(100, 200, 200, 40)).isEqualTo(new Point2D(312, 200));
    }

    @Test
    void itStandsAtTheLeftOfWhatIsAtTheRightEdge() {
        assertThat(beside(700, 200, 300, 40)).isEqualTo(new Point2D(388, 200));
    }

    @Test
    void itStandsBelowWhatIsAsWideAsTheWindow() {
        assertThat(beside(0, 0, 1000, 50).getY()).isEqualTo(62);
    }

    @Test
    void itSlidesAlongSoThatItStaysInTheWindow() {
        assertThat(beside(100, 660, 200, 40)).isEqualTo(new Point2D(312, 538));
    }

    @Test
    void onWhatFillsTheWindowItStandsInTheCorner() {
        assertThat(beside(0, 0, 1000, 700)).isEqualTo(new Point2D(688, 538));
        assertThat(CalloutPlace.beside(null, 300, 150, WINDOW)).isEqualTo(new Point2D(688, 538));
    }

    @Test
    void inAWindowThatIsSmallerThanItItBeginsAtTheEdge() {
        assertThat(CalloutPlace.beside(null, 300, 150, new BoundingBox(0, 0, 200, 100)))
                .isEqualTo(new Point2D(0, 0));
    }
}
