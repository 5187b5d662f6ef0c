package loupe.ui.style;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javafx.scene.Group;
import javafx.scene.Scene;
import javafx.scene.paint.Color;
import loupe.state.window.Side;

/**
 * The colours a painted part uses, by role. The values come from the style sheets ({@code -loupe-*}).
 *
 * @param text ordinary text
 * @param muted secondary text: axis labels, units, glyphs of spaces
 * @param surface the background
 * @param inset a slightly recessed surface
 * @param border frames and axis lines
 * @param grid grid lines, lighter than a border
 * @param accent the one colour of selection and focus
 * @param mark the background of a search match or a brushed range
 * @param sideA series of the first checkpoint (blue, safe for colour-blind readers)
 * @param sideB series of the second checkpoint (orange)
 * @param heatA the strongest token background for the first checkpoint; text stays readable on it
 * @param heatB the same for the second checkpoint
 * @param positive promoted, above zero
 * @param negative suppressed, below zero
 * @param faded a generic branch, as likely under the baseline
 */
public record ColourRoles(
        Color text,
        Color muted,
        Color surface,
        Color inset,
        Color border,
        Color grid,
        Color accent,
        Color mark,
        Color sideA,
        Color sideB,
        Color heatA,
        Color heatB,
        Color positive,
        Color negative,
        Color faded) {

    /** The palette of exported pictures: the light theme on white. */
    public static ColourRoles paper() {
        return of(Theme.LIGHT);
    }

    /** The palette of pictures in a theme, read from its style sheets once. */
    public static ColourRoles of(Theme theme) {
        return READ.computeIfAbsent(theme, ColourRoles::read);
    }

    private static final Map<Theme, ColourRoles> READ = new ConcurrentHashMap<>();

    private static ColourRoles read(Theme theme) {
        PaintedRegion probe = new PaintedRegion();
        Scene scene = new Scene(new Group(probe));
        theme.apply(scene);
        probe.applyCss();
        return probe.palette();
    }

    /** The colour of a side's series. */
    public Color side(Side side) {
        return side == Side.A ? sideA : sideB;
    }

    /** The strongest token background of a side. */
    public Color heat(Side side) {
        return side == Side.A ? heatA : heatB;
    }

    /** {@code t} of the way from {@code from} to {@code to}, opaque. */
    public static Color blend(Color from, Color to, double t) {
        return from.interpolate(to, Math.max(0, Math.min(1, t)));
    }
}
