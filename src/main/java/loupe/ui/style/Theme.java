package loupe.ui.style;

import java.io.InputStream;
import java.util.Objects;
import javafx.application.Application;
import javafx.scene.Scene;
import loupe.state.window.Look;

/**
 * The style sheets of a look: AtlantaFX Primer in light or dark, with this project's roles on top.
 *
 * <p>A theme belongs to a scene, not to the program, so that tests and pictures can show all at once. Menus, tooltips
 * and dialogs take it from the window that owns them; a torn-off window gets its own {@link #apply}.
 */
public enum Theme {
    LIGHT(Look.LIGHT, new atlantafx.base.theme.PrimerLight().getUserAgentStylesheet()),
    DARK(Look.DARK, new atlantafx.base.theme.PrimerDark().getUserAgentStylesheet()),
    HIGH_CONTRAST(Look.HIGH_CONTRAST, new atlantafx.base.theme.PrimerDark().getUserAgentStylesheet());

    private final Look look;
    private final String base;

    Theme(Look look, String base) {
        this.look = look;
        this.base = base;
    }

    /** Applies this theme to {@code scene}, replacing another one. */
    public void apply(Scene scene) {
        if (Application.getUserAgentStylesheet() == null) {
            Application.setUserAgentStylesheet(base); // a menu is measured before it belongs to a window
        }
        scene.setUserAgentStylesheet(base);
        scene.getStylesheets().removeIf(sheet -> sheet.contains("/loupe/ui/"));
        scene.getStylesheets().addAll(sheet("workbench.css"), sheet("window.css"), sheet(key() + ".css"));
    }

    /** The name that settings and style sheets have for it. */
    public String key() {
        return look.key();
    }

    /** The theme of a look. */
    public static Theme of(Look look) {
        return valueOf(look.name());
    }

    private static String sheet(String name) {
        return Objects.requireNonNull(Theme.class.getResource(name), name).toExternalForm();
    }

    /**
     * A font file that the style sheets use too.
     *
     * @param name such as {@code OpenSans-Bold.ttf}
     */
    public static InputStream font(String name) {
        return Objects.requireNonNull(Theme.class.getResourceAsStream("fonts/" + name), name);
    }
}
