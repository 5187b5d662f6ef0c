package loupe.ui.token;

import javafx.scene.paint.Color;
import loupe.state.window.Side;
import loupe.ui.export.Pen;
import loupe.ui.style.ColourRoles;
import loupe.ui.style.TextWidths;

/**
 * One token as it is painted: a background as strong as its number, lines under it, and its text.
 *
 * @param x left end, in pixels at the ordinary text size
 * @param y upper end of its row
 * @param width of the token with its padding
 */
record TokenPaint(Pen pen, ColourRoles palette, double x, double y, double width) {
    private static final double WEAKEST = 0.1;
    /** How far a negative activation's background goes towards a colour that text is not readable on. */
    private static final double STRONGEST_NEGATIVE = 0.5;
    /** Height of the line under a negative activation, which tells it from a positive one without colour. */
    private static final double NEGATIVE_LINE = 2;

    /** Height of the line under a marked token, below its background. */
    private static final double MARK_LINE = 2;

    private static final double MARGIN = 2;
    private static final double ROUNDING = 3;
    private static final double BASELINE = 0.67;

    /** Fills the background for a number; nothing for 0 and for NaN. */
    void background(double value, double largest, Side side) {
        if (!(value > 0 || value < 0)) {
            return;
        }
        pen.fillRectangle(
                x + 0.5,
                y + MARGIN,
                width - 1,
                TokenFlow.ROW - 2 * MARGIN,
                ROUNDING,
                background(palette, side, value / largest));
        if (value < 0) {
            double bottom = y + TokenFlow.ROW - MARGIN - NEGATIVE_LINE;
            pen.fillRectangle(x + 0.5, bottom, width - 1, NEGATIVE_LINE, 0, palette.negative());
        }
    }

    void underline() {
        pen.fillRectangle(x + 0.5, y + TokenFlow.ROW - MARK_LINE, width - 1, MARK_LINE, 0, palette.text());
    }

    /** Lines above and below a token that was dragged over. */
    void draggedOver() {
        pen.fillRectangle(x, y + 1, width, MARK_LINE, 0, palette.accent());
        pen.fillRectangle(x, y + TokenFlow.ROW - 1 - MARK_LINE, width, MARK_LINE, 0, palette.accent());
    }

    /** A thin outline around the token that a text is about, where nothing is active to show it. */
    void peak() {
        pen.outlineRectangle(x + 0.5, y + MARGIN, width - 1, TokenFlow.ROW - 2 * MARGIN, ROUNDING, 1, palette.muted());
    }

    /** @param chosen whether it is the chosen token, not the one under the pointer */
    void outline(boolean chosen) {
        pen.outlineRectangle(
                x + 0.5,
                y + MARGIN,
                width - 1,
                TokenFlow.ROW - 2 * MARGIN,
                ROUNDING,
                chosen ? 1.5 : 1,
                palette.accent());
    }

    /** @param value that the background is for */
    void text(String token, double value, boolean strongly) {
        double at = x + TokenFlow.PADDING;
        Color thin = ColourRoles.blend(palette.surface(), palette.muted(), value > 0 || value < 0 ? 1 : 0.6);
        for (TokenText.Run run : TokenText.runs(token)) {
            pen.text(
                    run.text(),
                    at,
                    y + TokenFlow.ROW * BASELINE,
                    TextWidths.SIZE,
                    strongly,
                    run.glyph() ? thin : palette.text());
            at += pen.widthOf(run.text(), TextWidths.SIZE, strongly);
        }
    }

    /**
     * The background for an activation, as a fraction of the largest; even a small one is distinguishable from none,
     * and a negative one from a positive one.
     */
    static Color background(ColourRoles palette, Side side, double fraction) {
        double strength = WEAKEST + (1 - WEAKEST) * Math.min(1, Math.abs(fraction));
        return fraction < 0
                ? ColourRoles.blend(palette.surface(), palette.negative(), STRONGEST_NEGATIVE * strength)
                : ColourRoles.blend(palette.surface(), palette.heat(side), strength);
    }
}
