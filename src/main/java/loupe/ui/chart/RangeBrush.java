package loupe.ui.chart;

import java.util.function.DoubleUnaryOperator;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.geometry.Bounds;
import javafx.scene.Cursor;
import javafx.scene.Node;
import javafx.scene.control.Label;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.MouseButton;
import javafx.scene.input.MouseEvent;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Region;
import loupe.ui.control.IconButtons;
import org.jspecify.annotations.Nullable;
import org.kordamp.ikonli.feather.Feather;

/**
 * Marking a range of values on a chart's horizontal axis: drag to mark, drag the mark to move it, its ends to resize
 * it, click beside it, Esc or the chip's cross to remove it. Arrows move it, Shift with arrows resizes it.
 */
final class RangeBrush {
    private static final double GRIP_PIXELS = 6;
    private static final double CLICK_PIXELS = 3;

    private final ChartPart chart;
    private final DoubleUnaryOperator snap;
    private final Step step;
    private final String quantity;
    private final ObjectProperty<ValueRange> range = new SimpleObjectProperty<>(this, "range");
    private final Region shade = new Region();
    private final Label words = new Label();
    private final HBox chip;
    private @Nullable Drag drag;

    private record Drag(double pressed, ValueRange before, Grip grip) {}

    /** Walks over the values that a range may end at. */
    interface Step {
        /** The next such value above (+1) or below (-1), or the same at the end. */
        double from(double value, int direction);
    }

    private enum Grip {
        NEW,
        MOVE,
        FROM,
        TO
    }

    /**
     * @param snap takes a value to the nearest one that a range may end at
     * @param step walks over those values
     */
    RangeBrush(ChartPart chart, String quantity, DoubleUnaryOperator snap, Step step) {
        this.step = step;
        this.chart = chart;
        this.snap = snap;
        this.quantity = quantity;
        shade.getStyleClass().add("brush");
        shade.setMouseTransparent(true);
        shade.setManaged(false);
        chip = new HBox(words, IconButtons.of(Feather.X, "Remove this range (Esc)", () -> range.set(null)));
        chip.getStyleClass().add("chip");
        chip.setManaged(false);
        range.addListener(source -> show());
        show();
    }

    ObjectProperty<ValueRange> rangeProperty() {
        return range;
    }

    Node[] nodes() {
        return new Node[] {shade, chip};
    }

    void listenTo(Node surface) {
        surface.addEventHandler(MouseEvent.MOUSE_PRESSED, this::press);
        surface.addEventHandler(MouseEvent.MOUSE_DRAGGED, this::drag);
        surface.addEventHandler(MouseEvent.MOUSE_RELEASED, this::release);
        surface.addEventHandler(MouseEvent.MOUSE_MOVED, event -> surface.setCursor(cursor(event.getX(), event.getY())));
        chart.addEventHandler(KeyEvent.KEY_PRESSED, this::key);
    }

    /** Arrows move the range by a bin, with Shift its upper end; without a range they mark the first bin. */
    private void key(KeyEvent event) {
        ValueRange marked = range.get();
        if (event.getCode() == KeyCode.ESCAPE && marked != null) {
            range.set(null);
            event.consume();
        } else if (event.getCode() == KeyCode.RIGHT || event.getCode() == KeyCode.LEFT) {
            int direction = event.getCode() == KeyCode.RIGHT ? 1 : -1;
            if (marked == null) {
                double least = chart.hasPlot() ? chart.plot().getDomainAxis().getLowerBound() : 0;
                set(least, step.from(least, 1));
            } else if (event.isShiftDown()) {
                set(marked.from(), Math.max(step.from(marked.from(), 1), step.from(marked.to(), direction)));
            } else if (step.from(marked.from(), direction) != marked.from()
                    && step.from(marked.to(), direction) != marked.to()) {
                set(step.from(marked.from(), direction), step.from(marked.to(), direction));
            }
            event.consume();
        }
    }

    private void press(MouseEvent event) {
        if (event.getButton() != MouseButton.PRIMARY || !chart.dataArea().contains(event.getX(), event.getY())) {
            return;
        }
        chart.requestFocus();
        drag = new Drag(event.getX(), range.get(), grip(event.getX()));
    }

    private void drag(MouseEvent event) {
        if (drag == null) {
            return;
        }
        double here = chart.toValueX(event.getX());
        double there = chart.toValueX(drag.pressed());
        ValueRange before = drag.before();
        switch (drag.grip()) {
            case NEW -> set(there, here);
            case FROM -> set(here, before.to());
            case TO -> set(before.from(), here);
            case MOVE -> {
                double span = before.to() - before.from();
                double most = chart.plot().getDomainAxis().getUpperBound() - span;
                double from = Math.max(
                        chart.plot().getDomainAxis().getLowerBound(), Math.min(most, before.from() + here - there));
                set(from, from + span);
            }
        }
    }

    private void release(MouseEvent event) {
        if (drag != null && Math.abs(event.getX() - drag.pressed()) < CLICK_PIXELS && drag.grip() == Grip.NEW) {
            range.set(null);
        }
        drag = null;
    }

    private void set(double one, double other) {
        double a = snap.applyAsDouble(one);
        double b = snap.applyAsDouble(other);
        if (a != b) {
            range.set(new ValueRange(Math.min(a, b), Math.max(a, b)));
        }
    }

    private Grip grip(double pixel) {
        if (range.get() == null) {
            return Grip.NEW;
        }
        double from = chart.toPixelX(range.get().from());
        double to = chart.toPixelX(range.get().to());
        if (Math.abs(pixel - from) <= GRIP_PIXELS) {
            return Grip.FROM;
        }
        if (Math.abs(pixel - to) <= GRIP_PIXELS) {
            return Grip.TO;
        }
        return pixel > from && pixel < to ? Grip.MOVE : Grip.NEW;
    }

    private Cursor cursor(double x, double y) {
        if (!chart.dataArea().contains(x, y)) {
            return Cursor.DEFAULT;
        }
        return switch (grip(x)) {
            case FROM, TO -> Cursor.H_RESIZE;
            case MOVE -> Cursor.MOVE;
            case NEW -> Cursor.CROSSHAIR;
        };
    }

    private void show() {
        ValueRange shown = range.get();
        chip.setVisible(shown != null);
        shade.setVisible(shown != null);
        if (shown != null) {
            words.setText(quantity + " " + shown.words());
        }
        chart.requestLayout();
    }

    /** Puts shade and chip where the range is. */
    void place() {
        ValueRange shown = range.get();
        if (shown == null || !chart.hasPlot()) {
            return;
        }
        Bounds area = chart.dataArea();
        double from = Math.max(area.getMinX(), chart.toPixelX(shown.from()));
        double to = Math.min(area.getMaxX(), chart.toPixelX(shown.to()));
        shade.resizeRelocate(from, area.getMinY(), Math.max(1, to - from), area.getHeight());
        chart.placeChip(chip, from, to);
    }
}
