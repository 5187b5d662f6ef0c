package loupe.ui.ghost;

import java.awt.Graphics2D;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import javafx.scene.paint.Color;
import loupe.analysis.ghost.ScaleSweep;
import loupe.ui.control.NumberTexts;
import loupe.ui.export.PaperPen;
import loupe.ui.export.Pen;
import loupe.ui.export.Picture;
import loupe.ui.style.ColourRoles;

/**
 * The curves of a sweep over scales in a box, on a logarithmic axis: the score on its axis in nats, the others each
 * between their smallest and largest value. Immutable; lengths are in pixels at the usual size of text.
 *
 * @param answer the sweep; empty for none yet
 * @param natural the natural scale, which is always on the axis
 * @param scale marked below the axis
 * @param scoreWidth room for the labels of the upright axis
 */
record ScaleDrawing(
        Optional<ScaleSweep.Answer> answer,
        double natural,
        double scale,
        double width,
        double height,
        double scoreWidth)
        implements Picture {
    static final double TEXT = 10.5;
    /** Room for the labels of the upright axis, if they need no more. */
    private static final double LEFT = 34;

    private static final double LABEL_GAP = 6;
    private static final double RIGHT = 8;
    private static final double LEGEND_ROW = 14;
    private static final double BOTTOM = 18;
    private static final double STRONG = 2.2;
    private static final double THIN = 1.3;
    /** Ratio of the axis' ends to the natural scale while there is nothing on it. */
    private static final double SCALES_WITHOUT_CURVES = 8;

    /** The widest of the labels that the upright axis has. */
    static double scoreWidth(Optional<ScaleSweep.Answer> answer, ToDoubleFunction<String> widthOf) {
        return answer.map(known -> Arrays.stream(ends(known.curve(ScaleSweep.Curve.SCORE)))
                        .map(end -> widthOf.applyAsDouble(NumberTexts.number(end)))
                        .max()
                        .orElse(0))
                .orElse(0.0);
    }

    /** The scale at a distance from the left edge, of those the curves have. */
    double scaleAt(double x) {
        double share = Math.max(0, Math.min(1, (x - left()) / Math.max(1, width - left() - RIGHT)));
        return first() * Math.pow(last() / first(), share);
    }

    /** Where a scale stands; one that the curves do not have stands at the end that is nearer. */
    double xOf(double place) {
        double share = Math.log(Math.max(first(), Math.min(last(), place)) / first()) / Math.log(last() / first());
        return left() + share * (width - left() - RIGHT);
    }

    private double left() {
        return Math.max(LEFT, scoreWidth + LABEL_GAP);
    }

    /** The smallest scale of the axis: of the curves, or, while there are none, as small as a sweep begins with. */
    private double first() {
        return answer.map(ScaleSweep.Answer::scales)
                .filter(scales -> scales.length > 0)
                .map(scales -> Math.min(scales[0], natural))
                .orElse(natural / SCALES_WITHOUT_CURVES);
    }

    private double last() {
        return answer.map(ScaleSweep.Answer::scales)
                .filter(scales -> scales.length > 0)
                .map(scales -> Math.max(scales[scales.length - 1], natural * 1.01))
                .orElse(natural * SCALES_WITHOUT_CURVES);
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

    static String name(ScaleSweep.Curve curve) {
        return switch (curve) {
            case SCORE -> "Score";
            case DIVERGENCE -> "Divergence";
            case FIRST_TOKEN_ENTROPY -> "First entropy";
            case ENTROPY -> "Entropy";
            case SELF_SIMILARITY -> "Self-similarity";
            case LOGIT_AGREEMENT -> "Logits";
        };
    }

    private static Color colour(ScaleSweep.Curve curve, ColourRoles palette) {
        return switch (curve) {
            case SCORE -> palette.accent();
            case DIVERGENCE -> palette.positive();
            case FIRST_TOKEN_ENTROPY, ENTROPY -> palette.muted();
            case SELF_SIMILARITY -> palette.sideB();
            case LOGIT_AGREEMENT -> palette.negative();
        };
    }

    private static double[] dashes(ScaleSweep.Curve curve) {
        return switch (curve) {
            case SCORE -> new double[0];
            case DIVERGENCE -> new double[] {6, 3};
            case FIRST_TOKEN_ENTROPY -> new double[] {1, 3};
            case ENTROPY -> new double[] {3, 3};
            case SELF_SIMILARITY -> new double[] {8, 3, 2, 3};
            case LOGIT_AGREEMENT -> new double[] {2, 2};
        };
    }

    @Override
    public void draw(Graphics2D graphics, ColourRoles palette) {
        draw(new PaperPen(graphics), palette);
    }

    void draw(Pen pen, ColourRoles palette) {
        double top = legend(pen, palette) + 4;
        double bottom = height - BOTTOM;
        answer.filter(known -> known.scales().length > 0).ifPresent(known -> {
            known.best()
                    .ifPresent(best -> pen.fillRectangle(
                            xOf(best.low()),
                            top,
                            Math.max(1, xOf(best.high()) - xOf(best.low())),
                            bottom - top,
                            0,
                            palette.mark()));
            for (ScaleSweep.Curve curve : ScaleSweep.Curve.values()) {
                if (curve != ScaleSweep.Curve.SCORE) {
                    curve(pen, palette, known, curve, top, bottom);
                }
            }
            curve(pen, palette, known, ScaleSweep.Curve.SCORE, top, bottom);
            known.best().ifPresent(best -> {
                double x = Math.round(xOf(best.scale())) + 0.5;
                line(pen, x, top, x, bottom, 1, palette.accent());
            });
        });
        axis(pen, palette, bottom);
    }

    private static void line(
            Pen pen, double x, double y, double toX, double toY, double width, Color color, double... dashes) {
        pen.moveTo(x, y);
        pen.lineTo(toX, toY);
        pen.stroke(width, color, dashes);
    }

    /** @return where the legend ends */
    private double legend(Pen pen, ColourRoles palette) {
        double x = left();
        double y = LEGEND_ROW;
        for (ScaleSweep.Curve curve : ScaleSweep.Curve.values()) {
            double wide = 26 + pen.widthOf(name(curve), TEXT, false);
            if (x > left() && x + wide > width - RIGHT) {
                x = left();
                y += LEGEND_ROW;
            }
            line(
                    pen,
                    x,
                    y - 4,
                    x + 14,
                    y - 4,
                    curve == ScaleSweep.Curve.SCORE ? STRONG : THIN,
                    colour(curve, palette),
                    dashes(curve));
            pen.text(name(curve), x + 17, y, TEXT, false, palette.text());
            x += wide;
        }
        return y;
    }

    private void curve(
            Pen pen, ColourRoles palette, ScaleSweep.Answer known, ScaleSweep.Curve curve, double top, double bottom) {
        double[] values = known.curve(curve);
        double least = ends(values)[0];
        double most = ends(values)[1];
        if (!(most > least)) {
            return;
        }
        boolean started = false;
        for (int i = 0; i < values.length; i++) {
            if (!Double.isNaN(values[i])) {
                double x = xOf(known.scales()[i]);
                double y = bottom - (values[i] - least) / (most - least) * (bottom - top - 4);
                if (started) {
                    pen.lineTo(x, y);
                } else {
                    pen.moveTo(x, y);
                    started = true;
                }
            }
        }
        pen.stroke(curve == ScaleSweep.Curve.SCORE ? STRONG : THIN, colour(curve, palette), dashes(curve));
        if (curve == ScaleSweep.Curve.SCORE) {
            pen.text(NumberTexts.number(most), 2, top + 10, TEXT, false, palette.muted());
            pen.text(NumberTexts.number(least), 2, bottom - 1, TEXT, false, palette.muted());
            pen.text("nats", 2, (top + bottom) / 2 + 4, TEXT, false, palette.muted());
        }
    }

    private void axis(Pen pen, ColourRoles palette, double bottom) {
        line(pen, left(), bottom + 0.5, width - RIGHT, bottom + 0.5, 1, palette.border());
        double baseline = height - 4;
        pen.text(NumberTexts.number(first()), left(), baseline, TEXT, false, palette.muted());
        String end = NumberTexts.number(last());
        pen.text(end, width - RIGHT - pen.widthOf(end, TEXT, false), baseline, TEXT, false, palette.muted());
        pen.text("scale (log)", (left() + width - RIGHT) / 2 - 24, baseline, TEXT, false, palette.muted());
        double x = xOf(scale);
        pen.moveTo(x - 4, bottom + 7);
        pen.lineTo(x + 4, bottom + 7);
        pen.lineTo(x, bottom + 1);
        pen.fill(palette.accent());
    }
}
