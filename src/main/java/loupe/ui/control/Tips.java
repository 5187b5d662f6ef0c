package loupe.ui.control;

import javafx.scene.control.Button;
import javafx.scene.control.Tooltip;
import javafx.util.Duration;
import org.kordamp.ikonli.Ikon;
import org.kordamp.ikonli.javafx.FontIcon;

/** Tooltips that come soon and wrap, and icon buttons, which always have one. */
public final class Tips {
    private static final Duration DELAY = Duration.millis(400);
    private static final double WIDTH_PIXELS = 360;

    private Tips() {}

    public static Tooltip of(String text) {
        Tooltip tip = new Tooltip(text);
        tip.setShowDelay(DELAY);
        tip.setWrapText(true);
        tip.setMaxWidth(WIDTH_PIXELS);
        return tip;
    }

    /** A small button that is only an icon; {@code tip} is its tooltip and its accessible name. */
    public static Button iconButton(Ikon icon, String tip, Runnable action) {
        Button button = new Button(null, new FontIcon(icon));
        button.getStyleClass().setAll("icon-button");
        button.setTooltip(of(tip));
        button.setAccessibleText(tip);
        button.setOnAction(event -> action.run());
        return button;
    }

    /** Gives an icon button another tooltip and accessible name. */
    public static void rename(Button button, String tip) {
        button.getTooltip().setText(tip);
        button.setAccessibleText(tip);
    }
}
