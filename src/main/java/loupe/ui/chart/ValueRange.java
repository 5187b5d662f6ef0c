package loupe.ui.chart;

import loupe.ui.control.NumberTexts;

/**
 * A range of values marked in a chart.
 *
 * @param from lower end, included
 * @param to upper end, included
 */
public record ValueRange(double from, double to) {
    public ValueRange {
        if (!(from <= to)) {
            throw new IllegalArgumentException("from is " + from + ", which is not at most to, " + to);
        }
    }

    /** The range as the text of its chip. */
    public String words() {
        return NumberTexts.plain(from) + " to " + NumberTexts.plain(to);
    }
}
