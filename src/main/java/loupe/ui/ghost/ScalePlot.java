package loupe.ui.ghost;

import java.util.ArrayList;
import java.util.List;
import loupe.analysis.ghost.ScaleSweep;
import loupe.ui.control.NumberTexts;
import loupe.ui.export.Csv;
import loupe.ui.export.Pen;
import loupe.ui.style.ColourRoles;
import org.jspecify.annotations.Nullable;

/**
 * How the curves of a sweep over scales are drawn: one below the other over one logarithmic axis of scales, each
 * between its own smallest and largest value, which stand beside it with their unit. The band is the plateau of the
 * score, the upright line the proposal, the mark below the axis the slider's value, at an end of the axis if it lies
 * beyond. Immutable; any thread.
 *
 * @param answer null while there is nothing
 * @param natural scale of the slider
 * @param scale the slider's value
 * @param pointed index of the scale whose values are told, -1 for none
 */
record ScalePlot(ScaleSweep.@Nullable Answer answer, double natural, double scale, int pointed) {
    static final double ROW = 34;
    static final double BOTTOM = 22;
    /** Height of all of it in pixels, at the ordinary size of text. */
    static final double HEIGHT = ScaleSweep.Curve.values().length * ROW + BOTTOM;

    private static final double TEXT = 10.5;
    private static final double LABEL_GAP = 10;
    private static final double RIGHT = 8;
    private static final double BAND = 0.14;
    private static final double DOT = 2.5;
    /** Ratio of the axis' ends to the natural scale while there is nothing on it. */
    private static final double SCALES_WITHOUT_CURVES = 8;

    /** Where the plot lies, in pixels. */
    private record Area(double left, double right, double size) {}

    /** The name of a curve, as it stands beside it. */
    static String name(ScaleSweep.Curve curve) {
        return switch (curve) {
            case SCORE -> "Score";
            case DIVERGENCE -> "Divergence";
            case FIRST_TOKEN_ENTROPY -> "Entropy of the first token";
            case ENTROPY -> "Entropy";
            case SELF_SIMILARITY -> "Self-similarity";
            case LOGIT_AGREEMENT -> "Agreement with logits";
        };
    }

    /** What a curve's values are. */
    static String unit(ScaleSweep.Curve curve) {
        return switch (curve) {
            case SCORE, DIVERGENCE, FIRST_TOKEN_ENTROPY, ENTROPY -> "nats";
            case SELF_SIMILARITY -> "cosine";
            case LOGIT_AGREEMENT -> "correlation";
        };
    }

    /** What stands below a curve's name: its range or the value that is pointed at, with its unit. */
    String words(ScaleSweep.Curve curve) {
        if (answer == null || answer.scales().length == 0) {
            return "";
        }
        double[] values = answer.curve(curve);
        double[] ends = ends(values);
        if (ends[0] > ends[1]) {
            return "not known here";
        }
        String shown = pointed < 0
                ? NumberTexts.number(ends[0]) + " to " + NumberTexts.number(ends[1])
                : Double.isNaN(values[pointed]) ? "none" : NumberTexts.number(values[pointed]);
        return shown + " " + unit(curve);
    }

    /** What stands below the axis. */
    private String axisWords() {
        return pointed < 0 || answer == null ? "scale (log)" : "scale " + NumberTexts.number(answer.scales()[pointed]);
    }

    /** The smallest and the largest value of a curve; infinities the wrong way round if it has none. */
    private static double[] ends(double[] values) {
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (double value : values) {
            if (!Double.isNaN(value)) {
                least = Math.min(least, value);
                most = Math.max(most, value);
            }
        }
        return new double[] {least, most};
    }

    /** The scale at a distance from the left edge, of those the curves have. */
    double scaleAt(Pen pen, double x, double width, double textScale) {
        Area area = area(pen, width, textScale);
        double share = Math.max(0, Math.min(1, (x - area.left()) / Math.max(1, area.right() - area.left())));
        return first() * Math.pow(last() / first(), share);
    }

    /** Where a scale stands; one that the curves do not have stands at the end that is nearer. */
    double xOf(Pen pen, double place, double width, double textScale) {
        return xOf(area(pen, width, textScale), place);
    }

    private double xOf(Area area, double place) {
        double share = Math.log(Math.max(first(), Math.min(last(), place)) / first()) / Math.log(last() / first());
        return area.left() + share * (area.right() - area.left());
    }

    /** The index of the scale that is nearest to a distance from the left edge; -1 if there are none. */
    int nearest(Pen pen, double x, double width, double textScale) {
        double wanted = scaleAt(pen, x, width, textScale);
        int nearest = -1;
        for (int i = 0; i < scales().length; i++) {
            nearest =
                    nearest < 0 || Math.abs(scales()[i] - wanted) < Math.abs(scales()[nearest] - wanted) ? i : nearest;
        }
        return nearest;
    }

    /** The names and the ranges stand left of the curves, and pointing at a value moves nothing. */
    private Area area(Pen pen, double width, double textScale) {
        double size = TEXT * textScale;
        ScalePlot still = new ScalePlot(answer, natural, scale, -1);
        double widest = 0;
        for (ScaleSweep.Curve curve : ScaleSweep.Curve.values()) {
            widest = Math.max(widest, pen.widthOf(name(curve), size, false));
            widest = Math.max(widest, pen.widthOf(still.words(curve), size, false));
        }
        double left = Math.min(widest + LABEL_GAP, 0.6 * width);
        return new Area(left, Math.max(left + 1, width - RIGHT), size);
    }

    /** The smallest scale of the axis: of the curves, or, while there are none, as small as a sweep begins with. */
    private double first() {
        return scales().length > 0 ? Math.min(scales()[0], natural) : natural / SCALES_WITHOUT_CURVES;
    }

    private double last() {
        return scales().length > 0
                ? Math.max(scales()[scales().length - 1], natural * 1.01)
                : natural * SCALES_WITHOUT_CURVES;
    }

    private double[] scales() {
        return answer == null ? new double[0] : answer.scales();
    }

    /** Draws at the origin. */
    void draw(Pen pen, ColourRoles palette, double width, double textScale) {
        Area area = area(pen, width, textScale);
        double row = ROW * textScale;
        double bottom = ScaleSweep.Curve.values().length * row;
        band(pen, palette, area, bottom);
        double top = 0;
        for (ScaleSweep.Curve curve : ScaleSweep.Curve.values()) {
            pen.text(name(curve), 0, top + row * 0.42, area.size(), false, palette.text());
            pen.text(words(curve), 0, top + row * 0.82, area.size(), false, palette.muted());
            pen.fillRectangle(area.left(), top + row - 1, area.right() - area.left(), 1, 0, palette.grid());
            curve(pen, palette, area, curve, top + 5, top + row - 5);
            top += row;
        }
        axis(pen, palette, area, bottom, textScale);
    }

    private void band(Pen pen, ColourRoles palette, Area area, double bottom) {
        if (answer == null) {
            return;
        }
        answer.best().ifPresent(best -> {
            double from = xOf(area, best.low());
            pen.fillRectangle(
                    from,
                    0,
                    Math.max(1, xOf(area, best.high()) - from),
                    bottom,
                    0,
                    ColourRoles.blend(palette.surface(), palette.accent(), BAND));
            pen.fillRectangle(Math.round(xOf(area, best.scale())), 0, 1, bottom, 0, palette.accent());
        });
        if (pointed >= 0) {
            pen.fillRectangle(Math.round(xOf(area, answer.scales()[pointed])), 0, 1, bottom, 0, palette.border());
        }
    }

    private void curve(Pen pen, ColourRoles palette, Area area, ScaleSweep.Curve curve, double top, double bottom) {
        if (answer == null) {
            return;
        }
        double[] values = answer.curve(curve);
        double[] ends = ends(values);
        boolean score = curve == ScaleSweep.Curve.SCORE;
        var color = score ? palette.accent() : palette.muted();
        boolean started = false;
        for (int i = 0; i < values.length; i++) {
            if (Double.isNaN(values[i])) {
                continue;
            }
            double x = xOf(area, answer.scales()[i]);
            double share = ends[1] > ends[0] ? (values[i] - ends[0]) / (ends[1] - ends[0]) : 0.5;
            double y = bottom - share * (bottom - top);
            if (started) {
                pen.lineTo(x, y);
            } else {
                pen.moveTo(x, y);
                started = true;
            }
        }
        if (started) {
            pen.stroke(score ? 2 : 1.4, color);
        }
        if (pointed >= 0 && !Double.isNaN(values[pointed])) {
            double share = ends[1] > ends[0] ? (values[pointed] - ends[0]) / (ends[1] - ends[0]) : 0.5;
            pen.fillCircle(xOf(area, answer.scales()[pointed]), bottom - share * (bottom - top), DOT, palette.text());
        }
    }

    private void axis(Pen pen, ColourRoles palette, Area area, double bottom, double textScale) {
        pen.fillRectangle(area.left(), bottom, area.right() - area.left(), 1, 0, palette.border());
        double baseline = bottom + BOTTOM * textScale - 6;
        double size = area.size();
        pen.text(NumberTexts.number(first()), area.left(), baseline, size, false, palette.muted());
        String end = NumberTexts.number(last());
        pen.text(end, area.right() - pen.widthOf(end, size, false), baseline, size, false, palette.muted());
        String words = axisWords();
        double middle = (area.left() + area.right() - pen.widthOf(words, size, false)) / 2;
        pen.text(words, middle, baseline, size, false, palette.muted());
        double x = xOf(area, scale);
        pen.moveTo(x - 4, bottom + 8);
        pen.lineTo(x + 4, bottom + 8);
        pen.lineTo(x, bottom + 2);
        pen.fill(palette.accent());
    }

    /** One row per scale, one column per curve with its unit. */
    Csv csv() {
        List<String> header = new ArrayList<>(List.of("scale"));
        List<List<?>> rows = new ArrayList<>();
        for (ScaleSweep.Curve curve : ScaleSweep.Curve.values()) {
            header.add(curve.label() + " (" + unit(curve) + ")");
        }
        for (int i = 0; i < scales().length; i++) {
            List<Object> row = new ArrayList<>(List.of(scales()[i]));
            for (ScaleSweep.Curve curve : ScaleSweep.Curve.values()) {
                double value = answer == null ? Double.NaN : answer.curve(curve)[i];
                row.add(Double.isNaN(value) ? "" : value);
            }
            rows.add(row);
        }
        return new Csv(header, rows);
    }
}
