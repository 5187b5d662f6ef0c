package loupe.ui.chart;

import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.geometry.Bounds;
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
 * Marking a rectangle in a chart: drag to mark, Esc or the chip's cross to remove it. Its ends are rounded to four
 * digits.
 */
public final class BoxBrush {
    private static final double LEAST_PIXELS = 4;

    private final ChartPart chart;
    private final ObjectProperty<Box> box = new SimpleObjectProperty<>(this, "box");
    private final Region shade = new Region();
    private final Label words = new Label();
    private final HBox chip;
    private String across = "";
    private String up = "";
    private @Nullable MouseEvent pressed;

    /** Ranges along both axes. */
    public record Box(ValueRange across, ValueRange up) {
        String words(String acrossName, String upName) {
            return acrossName + " " + across.words() + ", " + upName + " " + up.words();
        }
    }

    BoxBrush(ChartPart chart) {
        this.chart = chart;
        shade.getStyleClass().addAll("brush", "box");
        shade.setMouseTransparent(true);
        shade.setManaged(false);
        chip = new HBox(words, IconButtons.of(Feather.X, "Remove this mark (Esc)", () -> box.set(null)));
        chip.getStyleClass().add("chip");
        chip.setManaged(false);
        box.addListener(changed -> show());
        show();
    }

    ObjectProperty<Box> boxProperty() {
        return box;
    }

    Node[] nodes() {
        return new Node[] {shade, chip};
    }

    /** Sets the names of the axes in the chip. */
    void name(String acrossName, String upName) {
        across = acrossName;
        up = upName;
        show();
    }

    void listenTo(Node surface) {
        surface.addEventHandler(MouseEvent.MOUSE_PRESSED, event -> {
            boolean inside = event.getButton() == MouseButton.PRIMARY
                    && !event.isShortcutDown()
                    && chart.dataArea().contains(event.getX(), event.getY());
            pressed = inside ? event : null;
            chart.requestFocus();
        });
        surface.addEventHandler(MouseEvent.MOUSE_DRAGGED, this::drag);
        surface.addEventHandler(MouseEvent.MOUSE_RELEASED, event -> pressed = null);
        chart.addEventHandler(KeyEvent.KEY_PRESSED, event -> {
            if (event.getCode() == KeyCode.ESCAPE && box.get() != null) {
                box.set(null);
                event.consume();
            }
        });
    }

    private void drag(MouseEvent event) {
        if (pressed == null
                || Math.abs(event.getX() - pressed.getX()) < LEAST_PIXELS
                || Math.abs(event.getY() - pressed.getY()) < LEAST_PIXELS) {
            return;
        }
        box.set(new Box(
                range(chart.toValueX(pressed.getX()), chart.toValueX(event.getX())),
                range(chart.toValueY(pressed.getY()), chart.toValueY(event.getY()))));
    }

    private static ValueRange range(double one, double other) {
        return new ValueRange(rounded(Math.min(one, other)), rounded(Math.max(one, other)));
    }

    /** Rounds to four digits, so that a range survives being written out and read back. */
    static double rounded(double value) {
        return Double.parseDouble(String.format(java.util.Locale.ROOT, "%.3e", value));
    }

    private void show() {
        boolean marked = box.get() != null;
        shade.setVisible(marked);
        chip.setVisible(marked);
        if (marked) {
            words.setText(box.get().words(across, up));
        }
        chart.requestLayout();
    }

    /** Puts shade and chip where the box is. */
    void place() {
        if (box.get() == null || !chart.hasPlot()) {
            return;
        }
        Bounds area = chart.dataArea();
        double left = Math.max(area.getMinX(), chart.toPixelX(box.get().across().from()));
        double right =
                Math.min(area.getMaxX(), chart.toPixelX(box.get().across().to()));
        double top = Math.max(area.getMinY(), chart.toPixelY(box.get().up().to()));
        double bottom = Math.min(area.getMaxY(), chart.toPixelY(box.get().up().from()));
        shade.setVisible(right > left && bottom > top);
        shade.resizeRelocate(left, top, Math.max(1, right - left), Math.max(1, bottom - top));
        chart.placeChip(chip, left, right);
    }
}
