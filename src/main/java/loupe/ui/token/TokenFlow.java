package loupe.ui.token;

import java.util.Arrays;
import loupe.ui.style.TextWidths;

/**
 * Positions of the tokens of a line in pixels: wrapped to a width, or in one row moved so that the peak is in sight.
 */
public final class TokenFlow {
    public static final double ROW = 24;
    static final double PADDING = 1;
    private static final double PEAK_AT = 0.55;

    private final double[] x;
    private final double[] width;
    private final int[] row;
    private int rows = 1;

    /** Wraps at {@code room} and after line breaks. */
    static TokenFlow wrapped(TokenLine line, double room, TextWidths widths) {
        TokenFlow flow = new TokenFlow(line, widths);
        double at = 0;
        for (int i = 0; i < flow.x.length; i++) {
            if (at > 0 && at + flow.width[i] > room) {
                at = 0;
                flow.rows++;
            }
            flow.x[i] = at;
            flow.row[i] = flow.rows - 1;
            at += flow.width[i];
            if (line.texts()[i].endsWith("\n") && i + 1 < flow.x.length) {
                at = 0;
                flow.rows++;
            }
        }
        return flow;
    }

    /** Keeps all tokens in one row; the row is moved left until the peak is a little right of the middle. */
    static TokenFlow single(TokenLine line, double room, TextWidths widths) {
        TokenFlow flow = new TokenFlow(line, widths);
        double at = 0;
        for (int i = 0; i < flow.x.length; i++) {
            flow.x[i] = at;
            at += flow.width[i];
        }
        if (at > room && flow.x.length > 0) {
            double wanted = flow.x[line.peak()] + flow.width[line.peak()] / 2 - PEAK_AT * room;
            double shift = Math.max(0, Math.min(wanted, at - room));
            for (int i = 0; i < flow.x.length; i++) {
                flow.x[i] -= shift;
            }
        }
        return flow;
    }

    private TokenFlow(TokenLine line, TextWidths widths) {
        int size = line.texts().length;
        x = new double[size];
        row = new int[size];
        width = new double[size];
        Arrays.setAll(width, i -> TokenText.width(line.texts()[i], widths) + 2 * PADDING);
    }

    int rows() {
        return rows;
    }

    int size() {
        return x.length;
    }

    double x(int token) {
        return x[token];
    }

    double width(int token) {
        return width[token];
    }

    int row(int token) {
        return row[token];
    }

    /** The token at a pixel, or -1. */
    int at(double pixelX, double pixelY) {
        int wanted = (int) Math.floor(pixelY / ROW);
        for (int i = 0; i < x.length; i++) {
            if (row[i] == wanted && pixelX >= x[i] && pixelX < x[i] + width[i]) {
                return i;
            }
        }
        return -1;
    }
}
