package loupe.ui.control;

import javafx.scene.control.Button;
import org.kordamp.ikonli.Ikon;
import org.kordamp.ikonli.javafx.FontIcon;

/** Buttons with an icon, whose tooltip describes their action. */
public final class IconButtons {
    private IconButtons() {}

    /**
     * A small button.
     *
     * @param tip its tooltip and its accessible name
     */
    public static Button of(Ikon icon, String tip, Runnable action) {
        Button button = new Button(null, new FontIcon(icon));
        button.getStyleClass().setAll("icon-button");
        button.setTooltip(Tooltips.of(tip));
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
