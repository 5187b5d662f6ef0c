package loupe.ui.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import loupe.ui.export.PaperFonts;
import loupe.ui.export.PaperPen;
import loupe.ui.style.ColourRoles;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.Axis;
import org.jfree.chart.block.BlockBorder;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.title.LegendTitle;
import org.jfree.chart.ui.HorizontalAlignment;
import org.jfree.chart.ui.RectangleEdge;
import org.jfree.chart.ui.RectangleInsets;

/** The one look of all charts: no frame, thin axes, a light grid, our font. */
public final class ChartLook {
    private static final double SIZE = 12;
    private static final float THIN = 1f;

    private ChartLook() {}

    /**
     * Gives a chart the program's colours, fonts and margins.
     *
     * @param scale how much larger than usual text is
     */
    public static void apply(JFreeChart chart, ColourRoles palette, double scale) {
        chart.setBackgroundPaint(null); // what it stands on shows whether it has the keyboard
        chart.setBorderVisible(false);
        chart.setAntiAlias(true);
        chart.setTextAntiAlias(true);
        chart.setPadding(new RectangleInsets(8, 4, 4, 12));
        if (chart.getLegend() != null) {
            legend(chart.getLegend(), palette, scale);
        }
        XYPlot plot = chart.getXYPlot();
        plot.setBackgroundPaint(null);
        plot.setOutlineVisible(false);
        plot.setAxisOffset(RectangleInsets.ZERO_INSETS);
        plot.setDomainGridlinesVisible(false);
        plot.setRangeGridlinesVisible(true);
        plot.setRangeGridlineStroke(new BasicStroke(THIN));
        plot.setRangeGridlinePaint(PaperPen.awt(palette.grid()));
        plot.setDomainZeroBaselineVisible(false);
        plot.setRangeZeroBaselineVisible(false);
        axis(plot.getDomainAxis(), palette, true, scale);
        axis(plot.getRangeAxis(), palette, false, scale);
    }

    private static void legend(LegendTitle legend, ColourRoles palette, double scale) {
        legend.setPosition(RectangleEdge.TOP);
        legend.setHorizontalAlignment(HorizontalAlignment.LEFT);
        legend.setFrame(BlockBorder.NONE);
        legend.setBackgroundPaint(null);
        legend.setItemFont(PaperFonts.of(SIZE * scale, false));
        legend.setItemPaint(PaperPen.awt(palette.muted()));
        legend.setPadding(new RectangleInsets(0, 40, 4, 0));
    }

    private static void axis(Axis axis, ColourRoles palette, boolean lined, double scale) {
        Color words = PaperPen.awt(palette.muted());
        Color line = PaperPen.awt(palette.border());
        axis.setTickLabelFont(PaperFonts.of(SIZE * scale, false));
        axis.setTickLabelPaint(words);
        axis.setTickLabelInsets(lined ? new RectangleInsets(2, 8, 2, 8) : new RectangleInsets(2, 4, 2, 4));
        axis.setLabelFont(PaperFonts.of(SIZE * scale, false));
        axis.setLabelPaint(words);
        axis.setLabelInsets(new RectangleInsets(2, 2, 2, 2));
        axis.setAxisLineVisible(lined);
        axis.setAxisLinePaint(line);
        axis.setAxisLineStroke(new BasicStroke(THIN));
        axis.setTickMarksVisible(lined);
        axis.setTickMarkPaint(line);
        axis.setTickMarkStroke(new BasicStroke(THIN));
        axis.setTickMarkOutsideLength(4);
        axis.setTickMarkInsideLength(0);
    }
}
