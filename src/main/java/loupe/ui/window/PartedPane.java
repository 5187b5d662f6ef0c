package loupe.ui.window;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import javafx.geometry.Orientation;
import javafx.scene.Cursor;
import javafx.scene.Node;
import javafx.scene.input.MouseButton;
import javafx.scene.input.MouseEvent;
import javafx.scene.layout.Region;
import loupe.state.window.LayoutFit;

/**
 * Parts beside each other or one below the other, with dividers that can be dragged. Sizes are those of
 * {@link LayoutFit#sizes} in whatever room there is, so that a part comes back to where it was left when a window has
 * been small or large in between. JavaFX thread only.
 */
final class PartedPane extends Region {
    private final Orientation orientation;
    private final List<Node> parts;
    private final List<Region> dividers = new ArrayList<>();
    private List<Double> wished;
    private List<Double> least;
    private List<Double> growth;
    private double scale = 1;
    private Consumer<List<Double>> onMoved = sizes -> {};
    private double pressedAt;
    private List<Double> pressedSizes = List.of();

    /** @param orientation horizontal for parts beside each other */
    PartedPane(Orientation orientation, List<? extends Node> parts, LayoutFit.Parts sizes) {
        this.orientation = orientation;
        this.parts = List.copyOf(parts);
        wished = sizes.wished();
        least = sizes.least();
        growth = sizes.growth();
        setMinSize(0, 0);
        getChildren().addAll(parts);
        for (int i = 0; i + 1 < parts.size(); i++) {
            Region divider = new Region();
            divider.getStyleClass().add("part-divider");
            divider.setCursor(isAcross() ? Cursor.H_RESIZE : Cursor.V_RESIZE);
            int index = i;
            divider.setOnMousePressed(event -> press(event));
            divider.setOnMouseDragged(event -> drag(index, event));
            divider.setOnMouseReleased(event -> release(event));
            dividers.add(divider);
            getChildren().add(divider);
        }
    }

    /** Takes over other sizes. */
    void resizeTo(LayoutFit.Parts sizes) {
        wished = sizes.wished();
        least = sizes.least();
        growth = sizes.growth();
        requestLayout();
    }

    /** @param scale pixels for each of the sizes' units, which follows the size of text */
    void setScale(double scale) {
        if (scale != this.scale) {
            this.scale = scale;
            requestLayout();
        }
    }

    /** @param moved is given the sizes after a divider has been dragged */
    void setOnMoved(Consumer<List<Double>> moved) {
        onMoved = moved;
    }

    /** The sizes of the parts as they are shown, in the units in which they were given. */
    List<Double> sizes() {
        double length = (isAcross() ? getWidth() : getHeight()) / scale - LayoutFit.DIVIDER * dividers.size();
        return LayoutFit.sizes(wished, least, growth, length);
    }

    private boolean isAcross() {
        return orientation == Orientation.HORIZONTAL;
    }

    private double at(MouseEvent event) {
        return (isAcross() ? event.getSceneX() : event.getSceneY()) / scale;
    }

    private void press(MouseEvent event) {
        pressedAt = at(event);
        pressedSizes = sizes();
        event.consume();
    }

    private void drag(int index, MouseEvent event) {
        if (event.getButton() != MouseButton.PRIMARY || pressedSizes.isEmpty()) {
            return;
        }
        double before = pressedSizes.get(index);
        double after = pressedSizes.get(index + 1);
        double lowest = Math.min(0, least.get(index) - before);
        double highest = Math.max(0, after - least.get(index + 1));
        double by = Math.max(lowest, Math.min(highest, at(event) - pressedAt));
        List<Double> moved = new ArrayList<>(pressedSizes);
        moved.set(index, before + by);
        moved.set(index + 1, after - by);
        wished = moved;
        requestLayout();
        event.consume();
    }

    private void release(MouseEvent event) {
        if (!pressedSizes.isEmpty() && !pressedSizes.equals(wished) && at(event) != pressedAt) {
            onMoved.accept(sizes());
        }
        pressedSizes = List.of();
        event.consume();
    }

    @Override
    protected void layoutChildren() {
        double at = 0;
        List<Double> sizes = sizes();
        double gap = LayoutFit.DIVIDER * scale;
        for (int i = 0; i < parts.size(); i++) {
            boolean last = i == parts.size() - 1;
            double whole = isAcross() ? getWidth() : getHeight();
            double end = last ? whole : snapPositionX(at + sizes.get(i) * scale);
            place(parts.get(i), at, Math.max(0, end - at));
            if (!last) {
                place(dividers.get(i), end, gap);
            }
            at = end + gap;
        }
    }

    private void place(Node node, double at, double length) {
        if (isAcross()) {
            node.resizeRelocate(at, 0, length, getHeight());
        } else {
            node.resizeRelocate(0, at, getWidth(), length);
        }
    }
}
