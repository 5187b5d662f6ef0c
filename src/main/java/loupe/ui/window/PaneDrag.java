package loupe.ui.window;

import java.util.List;
import java.util.Optional;
import javafx.geometry.Bounds;
import javafx.geometry.Point2D;
import javafx.scene.Node;
import javafx.scene.control.TabPane;
import javafx.scene.input.MouseButton;
import javafx.scene.input.MouseEvent;
import javafx.scene.layout.Region;
import javafx.scene.layout.StackPane;
import loupe.state.window.PaneLayout.Zone;
import loupe.state.window.ViewLayouts;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import org.jspecify.annotations.Nullable;

/**
 * Moves panes by dragging their titles or their tabs: to the middle of another place for a tab there, to one of its
 * edges to stand beside it, out of the window for a window of its own. Where a pane would go is shown. JavaFX thread
 * only.
 */
final class PaneDrag {
    private static final double LEAST_PIXELS = 8;
    private static final double EDGE = 0.25;

    private final PaneArea area;
    private final ViewLayouts layouts;
    private final Region shown = new Region();
    private @Nullable Point2D pressed;
    private boolean dragging;

    /** A place in the window, and how a pane would come to stand there. */
    record Target(String pane, Zone zone) {}

    /** @param area over which the place is shown */
    PaneDrag(PaneArea area) {
        this.area = area;
        layouts = area.layouts();
        shown.getStyleClass().add("drop-zone");
        shown.setId("drop-zone");
        shown.setManaged(false);
        shown.setMouseTransparent(true);
        shown.setVisible(false);
        area.node().getChildren().add(shown);
        for (PaneKind kind : PaneKind.ALL) {
            attach(kind, area.a().of(kind));
            if (!kind.ofBoth()) {
                attach(kind, area.b().of(kind));
            }
        }
    }

    private void attach(PaneKind kind, Pane pane) {
        PaneFrame frame = pane.node();
        Node title = frame.titleBar();
        title.addEventHandler(MouseEvent.MOUSE_PRESSED, this::press);
        title.addEventHandler(MouseEvent.MOUSE_DRAGGED, event -> {
            if (!frame.isMaximised() && !frame.isTornOff()) {
                drag(List.of(kind), event);
            }
        });
        title.addEventHandler(MouseEvent.MOUSE_RELEASED, event -> drop(List.of(kind), event));
    }

    /** Makes the tabs of a stack ones that can be dragged. */
    void attach(TabPane tabs, List<List<String>> keys) {
        List<List<PaneKind>> kinds = keys.stream()
                .map(tab -> tab.stream()
                        .map(key -> PaneKind.ofKey(key).kind())
                        .distinct()
                        .toList())
                .toList();
        tabs.addEventFilter(MouseEvent.MOUSE_PRESSED, event -> {
            pressed = null;
            if (tabAt(tabs, event).isPresent()) {
                press(event);
            }
        });
        tabs.addEventFilter(
                MouseEvent.MOUSE_DRAGGED, event -> tabAt(tabs, event).ifPresent(tab -> drag(kinds.get(tab), event)));
        tabs.addEventFilter(
                MouseEvent.MOUSE_RELEASED, event -> tabAt(tabs, event).ifPresent(tab -> drop(kinds.get(tab), event)));
    }

    /** The index of the tab whose title an event began on. */
    private static Optional<Integer> tabAt(TabPane tabs, MouseEvent event) {
        Node node = event.getTarget() instanceof Node target ? target : null;
        while (node != null && node != tabs && !node.getStyleClass().contains("tab")) {
            node = node.getParent();
        }
        if (node == null || node == tabs) {
            return Optional.empty();
        }
        String id = node.getId();
        return tabs.getTabs().stream()
                .filter(tab -> tab.getId().equals(id))
                .findFirst()
                .map(tabs.getTabs()::indexOf);
    }

    private void press(MouseEvent event) {
        pressed = event.getButton() == MouseButton.PRIMARY ? new Point2D(event.getSceneX(), event.getSceneY()) : null;
        dragging = false;
    }

    private void drag(List<PaneKind> kinds, MouseEvent event) {
        Point2D start = pressed;
        if (start == null) {
            return;
        }
        dragging |= start.distance(event.getSceneX(), event.getSceneY()) > LEAST_PIXELS;
        if (!dragging) {
            return;
        }
        Optional<Target> target = target(event.getSceneX(), event.getSceneY()).filter(place -> changes(kinds, place));
        target.ifPresent(this::show);
        shown.setVisible(target.isPresent());
        event.consume();
    }

    private void drop(List<PaneKind> kinds, MouseEvent event) {
        boolean was = dragging;
        dragging = false;
        pressed = null;
        shown.setVisible(false);
        if (!was) {
            return;
        }
        event.consume();
        Optional<Target> target = target(event.getSceneX(), event.getSceneY());
        if (target.isPresent()) {
            move(kinds, target.get());
        } else if (isOutside(event)) {
            area.a().of(kinds.get(0)).node().toggleTornOff();
        }
    }

    /** Moves panes to a place; more than one come to stand in it as tabs. */
    void move(List<PaneKind> kinds, Target target) {
        if (!changes(kinds, target)) {
            return;
        }
        String first = kinds.get(0).id();
        layouts.bringToFront(kinds.get(0).key(loupe.state.window.Side.A));
        layouts.move(first, target.pane(), target.zone());
        kinds.stream().skip(1).forEach(kind -> layouts.move(kind.id(), first, Zone.TABS));
    }

    private boolean changes(List<PaneKind> kinds, Target target) {
        return !layouts.layout()
                .get()
                .with(kinds.get(0).id(), target.pane(), target.zone())
                .equals(layouts.layout().get());
    }

    private boolean isOutside(MouseEvent event) {
        return event.getSceneX() < 0
                || event.getSceneY() < 0
                || event.getSceneX() > area.node().getScene().getWidth()
                || event.getSceneY() > area.node().getScene().getHeight();
    }

    /** The place at a point of the scene; empty where there is none. */
    Optional<Target> target(double sceneX, double sceneY) {
        return area.stacks().values().stream()
                .distinct()
                .filter(stack -> bounds(stack.place()).contains(sceneX, sceneY))
                .findFirst()
                .map(stack -> {
                    Bounds at = bounds(stack.place());
                    String anchor = PaneKind.ofKey(stack.tabs().tabs().get(0).get(0))
                            .kind()
                            .id();
                    return new Target(
                            anchor,
                            zone((sceneX - at.getMinX()) / at.getWidth(), (sceneY - at.getMinY()) / at.getHeight()));
                });
    }

    /** The zone at a point of a place, whose edges are at 0 and 1. */
    static Zone zone(double x, double y) {
        double left = x;
        double right = 1 - x;
        double above = y;
        double below = 1 - y;
        double nearest = Math.min(Math.min(left, right), Math.min(above, below));
        if (nearest > EDGE) {
            return Zone.TABS;
        }
        return nearest == left ? Zone.LEFT : nearest == right ? Zone.RIGHT : nearest == above ? Zone.ABOVE : Zone.BELOW;
    }

    private void show(Target target) {
        StackPane place = area.stacks().values().stream()
                .filter(stack -> stack.tabs()
                        .panes()
                        .anyMatch(key -> PaneKind.ofKey(key).kind().id().equals(target.pane())))
                .findFirst()
                .orElseThrow()
                .place();
        Bounds at = area.node().sceneToLocal(bounds(place));
        double width = at.getWidth();
        double height = at.getHeight();
        switch (target.zone()) {
            case TABS -> shown.resizeRelocate(at.getMinX(), at.getMinY(), width, height);
            case LEFT -> shown.resizeRelocate(at.getMinX(), at.getMinY(), width / 2, height);
            case RIGHT -> shown.resizeRelocate(at.getMinX() + width / 2, at.getMinY(), width / 2, height);
            case ABOVE -> shown.resizeRelocate(at.getMinX(), at.getMinY(), width, height / 2);
            case BELOW -> shown.resizeRelocate(at.getMinX(), at.getMinY() + height / 2, width, height / 2);
        }
    }

    private static Bounds bounds(Node node) {
        return node.localToScene(node.getLayoutBounds());
    }
}
