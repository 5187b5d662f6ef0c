package loupe.ui.style;

import java.io.InputStream;
import java.util.Locale;
import java.util.Objects;
import javafx.scene.Scene;

/**
 * The look of the window: AtlantaFX Primer in light or dark, with this project's roles on top.
 *
 * <p>A theme belongs to a scene, not to the program, so that tests and pictures can show both at once. Menus, tooltips
 * and dialogs take it from the window that owns them; a torn-off window gets its own {@link #apply}.
 */
public enum Theme {
    LIGHT(new atlantafx.base.theme.PrimerLight().getUserAgentStylesheet()),
    DARK(new atlantafx.base.theme.PrimerDark().getUserAgentStylesheet());

    private final String base;

    Theme(String base) {
        this.base = base;
    }

    /** Applies this theme to {@code scene}, replacing the other one. */
    public void apply(Scene scene) {
        scene.setUserAgentStylesheet(base);
        scene.getStylesheets().removeIf(sheet -> sheet.contains("/loupe/ui/"));
        scene.getStylesheets()
                .addAll(sheet("workbench.css"), sheet("window.css"), sheet(name().toLowerCase(Locale.ROOT) + ".css"));
    }

    /** The name as settings keep it: {@code light} or {@code dark}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The theme of a setting; light for anything else. */
    public static Theme of(String key) {
        return "dark".equalsIgnoreCase(key) ? DARK : LIGHT;
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
