package loupe.ui.ghost;

import java.awt.Graphics2D;
import java.util.List;
import java.util.function.DoubleConsumer;
import javafx.beans.value.ObservableValue;
import javafx.scene.canvas.Canvas;
import javafx.scene.input.MouseButton;
import javafx.scene.input.MouseEvent;
import loupe.analysis.ghost.ScaleSweep;
import loupe.state.ghost.GhostControlsModel;
import loupe.ui.export.CanvasPen;
import loupe.ui.export.Csv;
import loupe.ui.export.Exportable;
import loupe.ui.export.PaperPen;
import loupe.ui.export.Pen;
import loupe.ui.export.Picture;
import loupe.ui.style.ColourRoles;
import loupe.ui.style.PaintedRegion;
import loupe.ui.style.TextWidths;
import org.jspecify.annotations.Nullable;

/**
 * The curves of a sweep over scales, as {@link ScalePlot} draws them. Pointing tells the values at a scale where their
 * ranges stood; a click or drag with the first button sets the slider.
 */
public final class ScaleCurves extends PaintedRegion implements Exportable {
    private static final double PAPER_WIDTH = 400;

    private final Canvas canvas = new Canvas();
    private final ObservableValue<GhostControlsModel.ScaleRange> range;
    private final ObservableValue<? extends Number> scale;
    private ScaleSweep.@Nullable Answer answer;
    private int pointed = -1;

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
        for (var press : List.of(MouseEvent.MOUSE_PRESSED, MouseEvent.MOUSE_DRAGGED)) {
            addEventHandler(press, event -> {
                if (answer != null && event.getButton() == MouseButton.PRIMARY) {
                    set.accept(scaleAt(event.getX()));
                }
            });
        }
        addEventHandler(
                MouseEvent.MOUSE_MOVED, event -> point(plot().nearest(pen(), event.getX(), getWidth(), textScale())));
        addEventHandler(MouseEvent.MOUSE_EXITED, event -> point(-1));
        scale.addListener(changed -> requestLayout());
        range.addListener(changed -> requestLayout());
    }

    /** @param shown null for nothing */
    void show(ScaleSweep.@Nullable Answer shown) {
        answer = shown;
        pointed = -1;
        requestLayout();
    }

    private void point(int scaleIndex) {
        if (scaleIndex != pointed) {
            pointed = scaleIndex;
            requestLayout();
        }
    }

    /** What is drawn now. */
    ScalePlot plot() {
        return new ScalePlot(
                answer, range.getValue().natural(), scale.getValue().doubleValue(), pointed);
    }

    /** The scale at a distance from the left edge, of those the curves have. */
    double scaleAt(double x) {
        return plot().scaleAt(pen(), x, getWidth(), textScale());
    }

    /** Where a scale stands; one that the curves do not have stands at the end that is nearer. */
    double xOf(double place) {
        return plot().xOf(pen(), place, getWidth(), textScale());
    }

    private Pen pen() {
        String family = font().getFamily();
        return new CanvasPen(canvas.getGraphicsContext2D(), family, TextWidths.shared(family));
    }

    @Override
    protected double computePrefHeight(double width) {
        return Math.ceil(ScalePlot.HEIGHT * textScale());
    }

    @Override
    protected double computeMinHeight(double width) {
        return computePrefHeight(width);
    }

    @Override
    protected void layoutChildren() {
        restyled();
        canvas.setWidth(Math.floor(getWidth()));
        canvas.setHeight(Math.floor(getHeight()));
        canvas.getGraphicsContext2D().clearRect(0, 0, canvas.getWidth(), canvas.getHeight());
        plot().draw(pen(), palette(), canvas.getWidth(), textScale());
    }

    @Override
    public String exportName() {
        return figure().exportName();
    }

    @Override
    public Picture picture() {
        return figure().picture();
    }

    @Override
    public Picture picture(double width, double height) {
        return figure().picture(width, height);
    }

    @Override
    public Csv csv() {
        return figure().csv();
    }

    private Exportable figure() {
        return new Figure(new ScalePlot(
                answer, range.getValue().natural(), scale.getValue().doubleValue(), -1));
    }

    /**
     * The curves as the window draws and exports them, without a window.
     *
     * @param natural the mean distance of a token's embedding from the centroid
     * @param marked scale below which the mark stands
     */
    public static Exportable figure(ScaleSweep.Answer sweep, double natural, double marked) {
        return new Figure(new ScalePlot(sweep, natural, marked, -1));
    }

    private record Figure(ScalePlot plot) implements Exportable {
        @Override
        public String exportName() {
            return "scales";
        }

        @Override
        public Picture picture() {
            return new Sheet(plot, PAPER_WIDTH);
        }

        @Override
        public Picture picture(double width, double height) {
            return new Sheet(plot, width); // the height is that of its rows
        }

        @Override
        public Csv csv() {
            return plot.csv();
        }
    }

    private record Sheet(ScalePlot plot, double width) implements Picture {
        @Override
        public double height() {
            return ScalePlot.HEIGHT;
        }

        @Override
        public void draw(Graphics2D graphics, ColourRoles palette) {
            plot.draw(new PaperPen(graphics), palette, width, 1);
        }
    }
}
