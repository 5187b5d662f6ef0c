package loupe.ui.chart;

import java.math.BigDecimal;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.text.NumberFormat;
import java.util.Locale;
import java.util.Objects;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.axis.NumberTickUnit;
import org.jfree.chart.axis.TickUnits;
import org.jfree.chart.axis.ValueAxis;

/**
 * What an axis shows.
 *
 * @param quantity the words along it, in the field's terms
 * @param unit its unit, or empty for a bare number
 * @param logarithmic whether equal distances are equal ratios; which the label states
 */
public record ChartAxis(String quantity, String unit, boolean logarithmic) {
    /** The lower end of the bars of a logarithmic histogram. */
    static final double LEAST_LOG_COUNT = 0.5;

    /** The powers of ten between which the distances of ticks are. */
    private static final int FINEST_TICKS = -9;

    private static final int COARSEST_TICKS = 15;
    private static final double COUNT_HEADROOM = 1.08;

    public ChartAxis {
        Objects.requireNonNull(quantity, "quantity");
        Objects.requireNonNull(unit, "unit");
    }

    public static ChartAxis of(String quantity) {
        return new ChartAxis(quantity, "", false);
    }

    public static ChartAxis of(String quantity, String unit) {
        return new ChartAxis(quantity, unit, false);
    }

    public ChartAxis withLogarithm(boolean wanted) {
        return new ChartAxis(quantity, unit, wanted);
    }

    /** Quantity, unit and the word log, as written along the axis. */
    String label() {
        return quantity + (unit.isEmpty() ? "" : " (" + unit + ")") + (logarithmic ? ", log" : "");
    }

    /**
     * The axis for values between two ends.
     *
     * @param least the smallest value that must be seen; positive on a logarithmic axis
     */
    public ValueAxis create(double least, double most) {
        if (logarithmic) {
            return new DecadeAxis(label(), least, Math.max(most, least * 1.01));
        }
        NumberAxis axis = new NumberAxis(label());
        axis.setAutoRangeIncludesZero(false);
        axis.setStandardTickUnits(tickUnits());
        axis.setRange(least, most > least ? most : least + 1);
        return axis;
    }

    /** Distances of 1, 2 and 5, with a true minus sign, as numbers have it everywhere else. */
    private static TickUnits tickUnits() {
        DecimalFormatSymbols symbols = DecimalFormatSymbols.getInstance(Locale.ROOT);
        symbols.setMinusSign('\u2212');
        NumberFormat labels = new DecimalFormat("#,##0.#########", symbols);
        TickUnits units = new TickUnits();
        for (int decade = FINEST_TICKS; decade <= COARSEST_TICKS; decade++) {
            for (int within : new int[] {1, 2, 5}) {
                units.add(new NumberTickUnit(
                        BigDecimal.valueOf(within).scaleByPowerOfTen(decade).doubleValue(), labels));
            }
        }
        return units;
    }

    /**
     * The axis for counts up to {@code most}: only whole numbers have ticks; a logarithmic one begins at half a count.
     */
    ValueAxis createForCounts(double most) {
        if (logarithmic) {
            DecadeAxis axis = new DecadeAxis(label(), LEAST_LOG_COUNT, Math.max(most, 1) * 2);
            axis.setLeastTick(1);
            return axis;
        }
        NumberAxis axis = new NumberAxis(label());
        axis.setStandardTickUnits(NumberAxis.createIntegerTickUnits(Locale.ROOT));
        axis.setRange(0, Math.max(most, 1) * COUNT_HEADROOM);
        return axis;
    }
}
