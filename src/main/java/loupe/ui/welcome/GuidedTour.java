package loupe.ui.welcome;

import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import javafx.application.Platform;
import javafx.geometry.BoundingBox;
import javafx.geometry.Bounds;
import javafx.geometry.Point2D;
import javafx.scene.Node;
import javafx.scene.Scene;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.layout.Pane;
import javafx.scene.layout.Region;
import loupe.state.WorkbenchModels;
import loupe.state.window.Sample;
import org.jspecify.annotations.Nullable;

/**
 * The five minutes' tour: a callout beside one control of the window after the other, each with one thing to see or to
 * do there. It does nothing that the window does not, looks at the window's state to say what has happened, holds no
 * focus and keeps nothing. JavaFX thread only.
 */
public final class GuidedTour {
    private static final double RING_PIXELS = 3;

    private final WorkbenchModels models;
    private final Sample sample;
    private final Scene scene;
    private final Consumer<String> run;
    private final BooleanSupplier isCovered;
    private final TourCallout callout = new TourCallout(this::back, this::next, this::leave);
    private final Region ring = new Region();
    private final Pane layer = new Pane(ring, callout.node());
    /** Follows the control that the step is about, and what happens in the window, from frame to frame. */
    private final Runnable follow = this::follow;

    private List<TourStep> steps = List.of();
    private int at = -1;
    private BooleanSupplier done = () -> false;
    private @Nullable Node target;

    /**
     * @param run runs a command of the window by its name
     * @param isCovered whether a page lies over the window's controls
     */
    public GuidedTour(
            WorkbenchModels models, Sample sample, Scene scene, Consumer<String> run, BooleanSupplier isCovered) {
        this.models = models;
        this.sample = sample;
        this.scene = scene;
        this.run = run;
        this.isCovered = isCovered;
        layer.setPickOnBounds(false);
        layer.setVisible(false);
        layer.setId("tour");
        ring.getStyleClass().add("tour-ring");
        ring.setMouseTransparent(true);
        scene.addEventHandler(KeyEvent.KEY_PRESSED, event -> {
            if (event.getCode() == KeyCode.ESCAPE && layer.isVisible()) {
                leave();
                event.consume();
            }
        });
    }

    /** What lies over the window. */
    public Node node() {
        return layer;
    }

    /** Begins with the first step. */
    public void start() {
        steps = new SampleTour(models, sample, run).steps();
        show();
        go(0);
        callout.focus();
    }

    /** Offers the tour to somebody who has not been here before; anything but its button leaves everything as it is. */
    public void invite() {
        steps = List.of();
        at = -1;
        target = null;
        callout.invite(this::start);
        show();
    }

    private void show() {
        if (!layer.isVisible()) {
            layer.setVisible(true);
            scene.addPostLayoutPulseListener(follow);
        }
    }

    /** Takes the callout away; the window stays as it is. */
    public void leave() {
        layer.setVisible(false);
        scene.removePostLayoutPulseListener(follow);
        target = null;
        if (scene.getFocusOwner() == null || isWithin(scene.getFocusOwner(), layer)) {
            run.accept("next-pane");
        }
    }

    /** Whether a step or the invitation is shown. */
    public boolean isShown() {
        return layer.isVisible();
    }

    private void back() {
        go(Math.max(0, at - 1));
    }

    private void next() {
        if (at == steps.size() - 1) {
            leave();
        } else if (!steps.get(at).needed() || done.getAsBoolean()) {
            go(at + 1);
        }
    }

    private void go(int step) {
        boolean hadFocus = isWithin(scene.getFocusOwner(), layer);
        at = step;
        target = null;
        TourStep now = steps.get(step);
        now.prepare().run();
        done = now.watch().get();
        callout.show(now, step + 1, steps.size());
        follow();
        if (hadFocus) {
            Platform.runLater(callout::focus); // panes take the keyboard when they are brought to the front
        }
    }

    private void follow() {
        if (at >= 0) {
            callout.update(steps.get(at), done.getAsBoolean());
            if (target == null || !isSeen(target)) {
                target = steps.isEmpty() ? null : find(steps.get(at).target());
            }
        }
        Bounds around =
                target == null || isCovered.getAsBoolean() ? null : target.localToScene(target.getLayoutBounds());
        ring.setVisible(around != null);
        if (around != null) {
            ring.resizeRelocate(
                    around.getMinX() - RING_PIXELS,
                    around.getMinY() - RING_PIXELS,
                    around.getWidth() + 2 * RING_PIXELS,
                    around.getHeight() + 2 * RING_PIXELS);
        }
        Region card = callout.node();
        double width = card.prefWidth(-1);
        double height = card.prefHeight(width);
        Point2D place =
                CalloutPlace.beside(around, width, height, new BoundingBox(0, 0, scene.getWidth(), scene.getHeight()));
        card.resizeRelocate(place.getX(), place.getY(), width, height);
    }

    private @Nullable Node find(String selector) {
        return scene.getRoot().lookupAll(selector).stream()
                .filter(GuidedTour::isSeen)
                .findFirst()
                .orElse(null);
    }

    /** Whether a node is in the window, on no hidden tab, and in sight. */
    private static boolean isSeen(Node node) {
        if (node.getScene() == null || node.getLayoutBounds().isEmpty()) {
            return false;
        }
        for (Node up = node; up != null; up = up.getParent()) {
            if (!up.isVisible()) {
                return false;
            }
        }
        return true;
    }

    private static boolean isWithin(@Nullable Node node, Node ancestor) {
        for (Node up = node; up != null; up = up.getParent()) {
            if (up == ancestor) {
                return true;
            }
        }
        return false;
    }
}
