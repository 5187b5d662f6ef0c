package loupe.ui.control;

import javafx.scene.control.Tooltip;
import javafx.util.Duration;

/** Tooltips that appear quickly and wrap. */
public final class Tooltips {
    private static final Duration DELAY = Duration.millis(400);
    private static final double WIDTH_PIXELS = 360;

    private Tooltips() {}

    public static Tooltip of(String text) {
        Tooltip tip = new Tooltip(text);
        tip.setShowDelay(DELAY);
        tip.setWrapText(true);
        tip.setMaxWidth(WIDTH_PIXELS);
        return tip;
    }
}
