package loupe.ui.chart;

import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.List;
import loupe.ui.control.NumberTexts;
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
    /** 2 and 5 do not lie evenly: between 1 and 2 there is less than a third of a decade. */
    private static final double TICKS_OF_A_FINE_DECADE = 3.4;

    private static final double WIDTH_OF_A_TICK = 40;
    private static final double HEIGHT_OF_A_TICK = 16;

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
        return ticks(TextAnchor.TOP_CENTER, area.getWidth() / WIDTH_OF_A_TICK);
    }

    @Override
    protected List<ValueTick> refreshTicksVertical(Graphics2D graphics, Rectangle2D area, RectangleEdge edge) {
        return ticks(TextAnchor.CENTER_RIGHT, area.getHeight() / HEIGHT_OF_A_TICK);
    }

    /** @param room how many labels have room beside each other */
    private List<ValueTick> ticks(TextAnchor anchor, double room) {
        List<ValueTick> ticks = new ArrayList<>();
        double decades = Math.log10(getUpperBound() / getLowerBound());
        int step = (int) Math.max(1, Math.ceil(decades / Math.max(1, Math.min(MOST_TICKS, room))));
        boolean fine = decades <= FEW_DECADES && decades * TICKS_OF_A_FINE_DECADE <= room;
        int first = (int) Math.floor(Math.log10(getLowerBound()));
        int last = (int) Math.ceil(Math.log10(getUpperBound()));
        for (int decade = first; decade <= last; decade++) {
            if (Math.floorMod(decade, step) != 0) {
                continue;
            }
            for (double within : fine ? new double[] {1, 2, 5} : new double[] {1}) {
                double value = within * Math.pow(10, decade);
                if (value >= Math.max(leastTick, getLowerBound()) * 0.999999 && value <= getUpperBound() * 1.000001) {
                    ticks.add(new NumberTick(value, NumberTexts.plain(value), anchor, TextAnchor.CENTER, 0));
                }
            }
        }
        return ticks;
    }
}
