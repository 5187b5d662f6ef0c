package loupe.ui;

import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import org.jfree.chart.axis.LogAxis;
import org.jfree.chart.axis.NumberTick;
import org.jfree.chart.axis.ValueTick;
import org.jfree.chart.ui.RectangleEdge;
import org.jfree.chart.ui.TextAnchor;

/** A logarithmic axis whose ticks are powers of ten, with 2 and 5 between them when there are few decades. */
final class DecadeAxis extends LogAxis {
    private static final long serialVersionUID = 1L;
    private static final int MOST_TICKS = 7;
    private static final double FEW_DECADES = 2.2;

    private double leastTick;

    DecadeAxis(String label, double least, double most) {
        super(label);
        setSmallestValue(least);
        setRange(least, most);
        setMinorTickMarksVisible(false);
    }

    /** Leaves out ticks below a value: where counts are shown there is nothing below one. */
    void setLeastTick(double value) {
        leastTick = value;
    }

    @Override
    protected List<ValueTick> refreshTicksHorizontal(Graphics2D graphics, Rectangle2D area, RectangleEdge edge) {
        return ticks(TextAnchor.TOP_CENTER);
    }

    @Override
    protected List<ValueTick> refreshTicksVertical(Graphics2D graphics, Rectangle2D area, RectangleEdge edge) {
        return ticks(TextAnchor.CENTER_RIGHT);
    }

    private List<ValueTick> ticks(TextAnchor anchor) {
        List<ValueTick> ticks = new ArrayList<>();
        double decades = Math.log10(getUpperBound() / getLowerBound());
        int step = (int) Math.max(1, Math.ceil(decades / MOST_TICKS));
        int first = (int) Math.floor(Math.log10(getLowerBound()));
        int last = (int) Math.ceil(Math.log10(getUpperBound()));
        for (int decade = first; decade <= last; decade++) {
            if (Math.floorMod(decade, step) != 0) {
                continue;
            }
            for (double within : decades <= FEW_DECADES ? new double[] {1, 2, 5} : new double[] {1}) {
                double value = within * Math.pow(10, decade);
                if (value >= Math.max(leastTick, getLowerBound()) * 0.999999 && value <= getUpperBound() * 1.000001) {
                    ticks.add(new NumberTick(value, Figures.plain(value), anchor, TextAnchor.CENTER, 0));
                }
            }
        }
        return ticks;
    }
}
