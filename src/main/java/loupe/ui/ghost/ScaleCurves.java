package loupe.ui.ghost;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleConsumer;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;
import javafx.beans.value.ObservableValue;
import javafx.scene.canvas.Canvas;
import javafx.scene.canvas.GraphicsContext;
import javafx.scene.input.MouseEvent;
import javafx.scene.paint.Color;
import loupe.analysis.ghost.ScaleSweep;
import loupe.state.ghost.GhostControlsModel;
import loupe.ui.control.NumberTexts;
import loupe.ui.style.PaintedRegion;
import loupe.ui.style.TextWidths;
import org.jspecify.annotations.Nullable;

/**
 * The curves of a sweep over scales, on a logarithmic axis: the score on its axis in nats, the others each between
 * their smallest and largest value, distinguished by dashes as well as colours. The band is the plateau, the upright
 * line the proposal, the mark below the axis the slider's value, at an end of the axis if it lies beyond. A click or
 * drag sets the slider.
 */
final class ScaleCurves extends PaintedRegion {
    private static final double HEIGHT = 116;
    /** Room for the labels of the upright axis, if they need no more. */
    private static final double LEFT = 34;

    private static final double LABEL_GAP = 6;
    private static final double RIGHT = 8;
    private static final double LEGEND_ROW = 14;
    private static final double BOTTOM = 18;
    private static final double TEXT = 10.5;
    /** Ratio of the axis' ends to the natural scale while there is nothing on it. */
    private static final double SCALES_WITHOUT_CURVES = 8;

    private final Canvas canvas = new Canvas();
    private final ObservableValue<GhostControlsModel.ScaleRange> range;
    private final ObservableValue<? extends Number> scale;
    private final ReadOnlyStringWrapper readout = new ReadOnlyStringWrapper(this, "readout", "");
    private ScaleSweep.@Nullable Answer answer;

    /**
     * @param range of the slider
     * @param scale the slider's value
     * @param set takes the scale that was clicked
     */
    ScaleCurves(
            ObservableValue<GhostControlsModel.ScaleRange> range,
            ObservableValue<? extends Number> scale,
            DoubleConsumer set) {
        this.range = range;
        this.scale = scale;
        getStyleClass().add("scale-curves");
        setId("ghost-scale-curves");
        setAccessibleText("What each scale does: score, divergence, entropy, self-similarity and logit agreement");
        getChildren().add(canvas);
        setMinHeight(HEIGHT);
        setPrefHeight(HEIGHT);
        for (var press : List.of(MouseEvent.MOUSE_PRESSED, MouseEvent.MOUSE_DRAGGED)) {
            addEventHandler(press, event -> {
                if (answer != null) {
                    set.accept(scaleAt(event.getX()));
                }
            });
        }
        addEventHandler(MouseEvent.MOUSE_MOVED, event -> showReadout(event.getX()));
        addEventHandler(MouseEvent.MOUSE_EXITED, event -> readout.set(""));
        scale.addListener(changed -> requestLayout());
        range.addListener(changed -> requestLayout());
    }

    /** The values under the pointer; empty for none. */
    ReadOnlyStringProperty readoutProperty() {
        return readout.getReadOnlyProperty();
    }

    /** @param shown null for nothing */
    void show(ScaleSweep.Answer shown) {
        answer = shown;
        requestLayout();
    }

    /** The scale at a distance from the left edge, of those the curves have. */
    double scaleAt(double x) {
        double share = Math.max(0, Math.min(1, (x - left()) / Math.max(1, getWidth() - left() - RIGHT)));
        return first() * Math.pow(last() / first(), share);
    }

    /** Where a scale stands; one that the curves do not have stands at the end that is nearer. */
    double xOf(double place) {
        double share = Math.log(Math.max(first(), Math.min(last(), place)) / first()) / Math.log(last() / first());
        return left() + share * (getWidth() - left() - RIGHT);
    }

    /** Where the axis begins: right of the labels of the score. */
    private double left() {
        double widest = 0;
        if (answer != null) {
            for (double end : ends(answer.curve(ScaleSweep.Curve.SCORE))) {
                widest = Math.max(widest, width(NumberTexts.number(end)));
            }
        }
        return Math.max(LEFT * textScale(), widest + LABEL_GAP);
    }

    private double width(String words) {
        return TextWidths.shared(font().getFamily()).of(words, false) * TEXT * textScale() / TextWidths.SIZE;
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

    /** The smallest scale of the axis: of the curves, or, while there are none, as small as a sweep begins with. */
    private double first() {
        double natural = range.getValue().natural();
        return known() ? Math.min(scales()[0], natural) : natural / SCALES_WITHOUT_CURVES;
    }

    private double last() {
        double natural = range.getValue().natural();
        return known() ? Math.max(scales()[scales().length - 1], natural * 1.01) : natural * SCALES_WITHOUT_CURVES;
    }

    private boolean known() {
        return scales().length > 0;
    }

    private double[] scales() {
        return answer == null ? new double[0] : answer.scales();
    }

    private void showReadout(double x) {
        if (answer == null || answer.scales().length == 0) {
            return;
        }
        double pointed = scaleAt(x);
        int nearest = 0;
        for (int i = 1; i < answer.scales().length; i++) {
            nearest =
                    Math.abs(answer.scales()[i] - pointed) < Math.abs(answer.scales()[nearest] - pointed) ? i : nearest;
        }
        List<String> parts = new ArrayList<>();
        for (ScaleSweep.Curve curve : ScaleSweep.Curve.values()) {
            double value = answer.curve(curve)[nearest];
            if (!Double.isNaN(value)) {
                parts.add(name(curve).toLowerCase(java.util.Locale.ROOT) + " " + NumberTexts.number(value));
            }
        }
        readout.set("At " + NumberTexts.number(answer.scales()[nearest]) + ": " + String.join(", ", parts));
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

    private Color colour(ScaleSweep.Curve curve) {
        return switch (curve) {
            case SCORE -> palette().accent();
            case DIVERGENCE -> palette().positive();
            case FIRST_TOKEN_ENTROPY, ENTROPY -> palette().muted();
            case SELF_SIMILARITY -> palette().sideB();
            case LOGIT_AGREEMENT -> palette().negative();
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
    protected void layoutChildren() {
        restyled();
        canvas.setWidth(Math.floor(getWidth()));
        canvas.setHeight(Math.floor(getHeight()));
        GraphicsContext context = canvas.getGraphicsContext2D();
        context.clearRect(0, 0, canvas.getWidth(), canvas.getHeight());
        context.setFont(javafx.scene.text.Font.font(font().getFamily(), TEXT * textScale()));
        double top = legend(context) + 4;
        double bottom = canvas.getHeight() - BOTTOM;
        if (answer != null && answer.scales().length > 0) {
            answer.best().ifPresent(best -> {
                context.setFill(palette().mark());
                context.fillRect(xOf(best.low()), top, Math.max(1, xOf(best.high()) - xOf(best.low())), bottom - top);
            });
            for (ScaleSweep.Curve curve : ScaleSweep.Curve.values()) {
                if (curve != ScaleSweep.Curve.SCORE) {
                    draw(context, answer, curve, top, bottom);
                }
            }
            draw(context, answer, ScaleSweep.Curve.SCORE, top, bottom);
            answer.best().ifPresent(best -> {
                context.setLineDashes();
                context.setLineWidth(1);
                context.setStroke(palette().accent());
                double x = Math.round(xOf(best.scale())) + 0.5;
                context.strokeLine(x, top, x, bottom);
            });
        }
        axis(context, bottom);
    }

    /** @return where the legend ends */
    private double legend(GraphicsContext context) {
        double row = LEGEND_ROW * textScale();
        double x = left();
        double y = row;
        for (ScaleSweep.Curve curve : ScaleSweep.Curve.values()) {
            double width = 26 + width(name(curve));
            if (x > left() && x + width > canvas.getWidth() - RIGHT) {
                x = left();
                y += row;
            }
            context.setStroke(colour(curve));
            context.setLineWidth(curve == ScaleSweep.Curve.SCORE ? 2.2 : 1.3);
            context.setLineDashes(dashes(curve));
            context.strokeLine(x, y - 4, x + 14, y - 4);
            context.setFill(palette().text());
            context.fillText(name(curve), x + 17, y);
            x += width;
        }
        return y;
    }

    private void draw(
            GraphicsContext context, ScaleSweep.Answer known, ScaleSweep.Curve curve, double top, double bottom) {
        double[] values = known.curve(curve);
        double least = ends(values)[0];
        double most = ends(values)[1];
        if (!(most > least)) {
            return;
        }
        context.setStroke(colour(curve));
        context.setLineWidth(curve == ScaleSweep.Curve.SCORE ? 2.2 : 1.3);
        context.setLineDashes(dashes(curve));
        context.beginPath();
        boolean started = false;
        for (int i = 0; i < values.length; i++) {
            if (!Double.isNaN(values[i])) {
                double x = xOf(known.scales()[i]);
                double y = bottom - (values[i] - least) / (most - least) * (bottom - top - 4);
                if (started) {
                    context.lineTo(x, y);
                } else {
                    context.moveTo(x, y);
                    started = true;
                }
            }
        }
        context.stroke();
        if (curve == ScaleSweep.Curve.SCORE) {
            context.setFill(palette().muted());
            context.fillText(NumberTexts.number(most), 2, top + 10);
            context.fillText(NumberTexts.number(least), 2, bottom - 1);
            context.fillText("nats", 2, (top + bottom) / 2 + 4);
        }
    }

    private void axis(GraphicsContext context, double bottom) {
        context.setLineDashes();
        context.setLineWidth(1);
        context.setStroke(palette().border());
        context.strokeLine(left(), bottom + 0.5, canvas.getWidth() - RIGHT, bottom + 0.5);
        context.setFill(palette().muted());
        double baseline = canvas.getHeight() - 4;
        context.fillText(NumberTexts.number(first()), left(), baseline);
        String end = NumberTexts.number(last());
        context.fillText(end, canvas.getWidth() - RIGHT - width(end), baseline);
        context.fillText("scale (log)", (left() + canvas.getWidth() - RIGHT) / 2 - 24, baseline);
        double x = xOf(scale.getValue().doubleValue());
        context.setFill(palette().accent());
        context.fillPolygon(new double[] {x - 4, x + 4, x}, new double[] {bottom + 7, bottom + 7, bottom + 1}, 3);
    }
}
