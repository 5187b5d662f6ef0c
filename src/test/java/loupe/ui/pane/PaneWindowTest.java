package loupe.ui.pane;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import javafx.geometry.Rectangle2D;
import org.junit.jupiter.api.Test;

class PaneWindowTest {
    private static final Rectangle2D SCREEN = new Rectangle2D(0, 0, 1920, 1080);

    @Test
    void aSmallPaneGetsAWindowInWhichItIsEasilyRead() {
        assertThat(PaneWindow.firstPlace(new Rectangle2D(100, 200, 262, 140), List.of(SCREEN)))
                .isEqualTo(new Rectangle2D(124, 224, 640, 512));
    }

    @Test
    void aLargePaneKeepsItsSizeAndAllOfItIsOnTheScreen() {
        assertThat(PaneWindow.firstPlace(new Rectangle2D(1000, 500, 900, 560), List.of(SCREEN)))
                .isEqualTo(new Rectangle2D(1020, 488, 900, 592));
    }

    @Test
    void onASmallScreenTheWindowIsAsLargeAsThat() {
        assertThat(PaneWindow.firstPlace(new Rectangle2D(10, 10, 100, 100), List.of(new Rectangle2D(0, 0, 600, 400))))
                .isEqualTo(new Rectangle2D(0, 0, 600, 400));
    }
}
