package loupe.ui.chart;

import java.util.Objects;
import loupe.state.window.Side;
import org.jspecify.annotations.Nullable;

/**
 * The points of one side in a {@link ScatterChart}; those that are not finite are not drawn.
 *
 * @param side the checkpoint that they belong to
 * @param x horizontal values; not to be written
 * @param y vertical values, as many; not to be written
 * @param faint which points are drawn faintly because a filter leaves them out; null for none; not to be written
 * @param shade how far each point's colour is from the side's to that of the heat, 0 to 1; null for none; not to be
 *     written
 */
public record ScatterCloud(Side side, double[] x, double[] y, boolean @Nullable [] faint, double @Nullable [] shade) {
    public ScatterCloud {
        Objects.requireNonNull(side, "side");
        if (x.length != y.length
                || (faint != null && faint.length != x.length)
                || (shade != null && shade.length != x.length)) {
            throw new IllegalArgumentException(
                    "x has " + x.length + " values, y " + y.length + (faint == null ? "" : ", faint " + faint.length));
        }
    }

    /** Points of one colour. */
    public ScatterCloud(Side side, double[] x, double[] y, boolean @Nullable [] faint) {
        this(side, x, y, faint, null);
    }

    boolean isFaint(int point) {
        return faint != null && faint[point];
    }
}
