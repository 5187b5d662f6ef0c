package loupe.ui.ghost;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleConsumer;
import java.util.function.ToDoubleFunction;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;
import javafx.beans.value.ObservableValue;
import javafx.scene.canvas.Canvas;
import javafx.scene.canvas.GraphicsContext;
import javafx.scene.input.MouseEvent;
import loupe.analysis.ghost.ScaleSweep;
import loupe.state.ghost.GhostControlsModel;
import loupe.ui.control.NumberTexts;
import loupe.ui.export.CanvasPen;
import loupe.ui.export.Csv;
import loupe.ui.export.Exportable;
import loupe.ui.export.PaperPen;
import loupe.ui.export.Picture;
import loupe.ui.style.PaintedRegion;
import loupe.ui.style.TextWidths;
import org.jspecify.annotations.Nullable;

/**
 * The curves of a sweep over scales, on a logarithmic axis: the score on its axis in nats, the others each between
 * their smallest and largest value, distinguished by dashes as well as colours. The band is the plateau, the upright
 * line the proposal, the mark below the axis the slider's value, at an end of the axis if it lies beyond. A click or
 * drag sets the slider.
 */
public final class ScaleCurves extends PaintedRegion implements Exportable {
    private static final String NAME = "scales";
    private static final double PAPER_WIDTH = 440;
    private static final double PAPER_HEIGHT = 220;
    private static final double HEIGHT = 116;

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
        return drawing().scaleAt(x / textScale());
    }

    /** Where a scale stands; one that the curves do not have stands at the end that is nearer. */
    double xOf(double place) {
        return drawing().xOf(place) * textScale();
    }

    private ScaleDrawing drawing() {
        TextWidths widths = TextWidths.shared(font().getFamily());
        return figure(
                Optional.ofNullable(answer),
                range.getValue().natural(),
                scale.getValue().doubleValue(),
                canvas.getWidth() / textScale(),
                canvas.getHeight() / textScale(),
                words -> widths.of(words, false) * ScaleDrawing.TEXT / TextWidths.SIZE);
    }

    private static ScaleDrawing figure(
            Optional<ScaleSweep.Answer> sweep,
            double natural,
            double marked,
            double width,
            double height,
            ToDoubleFunction<String> widthOf) {
        return new ScaleDrawing(sweep, natural, marked, width, height, ScaleDrawing.scoreWidth(sweep, widthOf));
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
                parts.add(ScaleDrawing.name(curve).toLowerCase(Locale.ROOT) + " " + NumberTexts.number(value));
            }
        }
        readout.set("At " + NumberTexts.number(answer.scales()[nearest]) + ": " + String.join(", ", parts));
    }

    @Override
    protected void layoutChildren() {
        restyled();
        canvas.setWidth(Math.floor(getWidth()));
        canvas.setHeight(Math.floor(getHeight()));
        GraphicsContext context = canvas.getGraphicsContext2D();
        context.clearRect(0, 0, canvas.getWidth(), canvas.getHeight());
        context.save();
        context.scale(textScale(), textScale());
        String family = font().getFamily();
        drawing().draw(new CanvasPen(context, family, TextWidths.shared(family)), palette());
        context.restore();
    }

    /** The curves as the window draws and exports them, without a window. */
    public static Exportable figure(ScaleSweep.Answer sweep, double natural, double marked) {
        return new Exportable() {
            @Override
            public String exportName() {
                return NAME;
            }

            @Override
            public Picture picture() {
                return picture(PAPER_WIDTH, PAPER_HEIGHT);
            }

            @Override
            public Picture picture(double width, double height) {
                return figure(
                        Optional.of(sweep),
                        natural,
                        marked,
                        width,
                        height,
                        words -> PaperPen.width(words, ScaleDrawing.TEXT, false));
            }

            @Override
            public Csv csv() {
                return table(sweep);
            }
        };
    }

    private static Csv table(ScaleSweep.Answer sweep) {
        List<String> header = new ArrayList<>(List.of("scale"));
        for (ScaleSweep.Curve curve : ScaleSweep.Curve.values()) {
            header.add(ScaleDrawing.name(curve).toLowerCase(Locale.ROOT));
        }
        List<List<?>> rows = new ArrayList<>();
        for (int i = 0; i < sweep.scales().length; i++) {
            List<Object> row = new ArrayList<>(List.of(sweep.scales()[i]));
            for (ScaleSweep.Curve curve : ScaleSweep.Curve.values()) {
                double value = sweep.curve(curve)[i];
                row.add(Double.isNaN(value) ? "" : value);
            }
            rows.add(row);
        }
        return new Csv(header, rows);
    }

    @Override
    public String exportName() {
        return NAME;
    }

    @Override
    public Picture picture() {
        return shown().picture();
    }

    @Override
    public Picture picture(double width, double height) {
        return shown().picture(width, height);
    }

    @Override
    public Csv csv() {
        return shown().csv();
    }

    private Exportable shown() {
        if (answer == null) {
            throw new IllegalStateException("there are no curves yet");
        }
        return figure(answer, range.getValue().natural(), scale.getValue().doubleValue());
    }
}
