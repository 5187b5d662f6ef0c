package loupe.ui.window;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;
import javafx.animation.AnimationTimer;
import javafx.scene.Node;
import javafx.scene.layout.StackPane;
import loupe.ui.pane.PaneFrame;

/**
 * Places for panes in a new arrangement of the window. Styling a pane anew takes a good part of a frame, so in a window
 * that is shown little is done with each pulse: a frame is put into its place, then its content, a few rows at a time.
 * Before the window is shown everything is done at once. JavaFX thread only.
 */
final class PanePlaces {
    private static final long LONG_FRAME_NANOS = 28_000_000;
    private static final int MOST_WAITING_PULSES = 100;

    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private final AnimationTimer pulse = new AnimationTimer() {
        @Override
        public void handle(long now) {
            doNext(now);
        }
    };
    private boolean gradual;
    private long lastPulse;
    private boolean rested;
    private int patience;

    /** Begins a new arrangement: what still waited for the old one is dropped. */
    void begin() {
        pulse.stop();
        gradual = false;
        waiting.clear();
    }

    /** An empty place that may become as small as it must. */
    static StackPane place() {
        StackPane place = new StackPane();
        place.setMinSize(0, 0);
        return place;
    }

    /** A place that will hold {@code pane}. */
    StackPane of(PaneFrame pane) {
        StackPane place = place();
        step(() -> put(place, pane));
        return place;
    }

    /** Has a place hold what is made for it when its turn comes. That may make more places. */
    void later(StackPane place, Supplier<Node> content) {
        step(() -> place.getChildren().setAll(content.get()));
    }

    /** Has something else done in its turn. */
    void step(Runnable change) {
        waiting.add(change);
    }

    /** Does what was named since {@link #begin}, in that order. */
    void fill(boolean gradually) {
        gradual = gradually;
        patience = MOST_WAITING_PULSES;
        if (gradually) {
            pulse.start();
        } else {
            while (!waiting.isEmpty()) {
                waiting.remove().run();
            }
        }
    }

    /** Whether every pane is in its place. */
    boolean isFull() {
        return waiting.isEmpty();
    }

    private void put(StackPane place, PaneFrame pane) {
        pane.rollUp();
        place.getChildren().setAll(pane);
        waiting.addFirst(() -> unroll(pane));
    }

    /** A pane whose answer is on its way is left as short as it is, so that its rows do not all come in one frame. */
    private void unroll(PaneFrame pane) {
        if (gradual && pane.isBegun() && pane.isPending() && patience-- > 0) {
            waiting.addLast(() -> unroll(pane));
        } else if (pane.unroll(gradual)) {
            waiting.addFirst(() -> unroll(pane));
        }
    }

    /** After a long frame what has come in meanwhile is shown first, in a frame of its own. */
    private void doNext(long now) {
        boolean rests = now - lastPulse > LONG_FRAME_NANOS && !rested;
        lastPulse = now;
        rested = rests;
        if (waiting.isEmpty()) {
            pulse.stop();
        } else if (!rests) {
            waiting.remove().run();
        }
    }
}
