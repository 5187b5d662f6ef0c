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
 */
public record ScatterCloud(Side side, double[] x, double[] y, boolean @Nullable [] faint) {
    public ScatterCloud {
        Objects.requireNonNull(side, "side");
        if (x.length != y.length || (faint != null && faint.length != x.length)) {
            throw new IllegalArgumentException(
                    "x has " + x.length + " values, y " + y.length + (faint == null ? "" : ", faint " + faint.length));
        }
    }

    boolean isFaint(int point) {
        return faint != null && faint[point];
    }
}
