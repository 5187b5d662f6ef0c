package loupe.ui.window;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;
import javafx.animation.AnimationTimer;
import javafx.scene.Node;
import javafx.scene.layout.StackPane;
import loupe.ui.pane.PaneFrame;

/**
 * Fills the places of panes in a new arrangement of the window, as a queue of steps. Styling a pane again takes a good
 * part of a frame, so in a showing window one step runs per pulse: a frame is put into its place, then its content, a
 * few rows at a time. Before the window is shown all steps run at once. JavaFX thread only.
 */
final class PanePlaces {
    private static final long LONG_FRAME_NANOS = 28_000_000;
    private static final int MOST_WAITING_PULSES = 100;

    private final Deque<Runnable> waiting = new ArrayDeque<>();
    /** What waits for all panes to be in their places, whichever arrangement comes to its end. */
    private final Deque<Runnable> afterwards = new ArrayDeque<>();

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

    /** Starts a new arrangement: drops the queued steps of the old one. */
    void begin() {
        pulse.stop();
        gradual = false;
        waiting.clear();
    }

    /** An empty place without a minimum size. */
    static StackPane place() {
        StackPane place = new StackPane();
        place.setMinSize(0, 0);
        return place;
    }

    /** A place, and a queued step that puts {@code pane} into it. */
    StackPane of(PaneFrame pane) {
        StackPane place = place();
        step(() -> put(place, pane));
        return place;
    }

    /** Queues a step that creates the content of a place lazily. Creating it may queue further steps. */
    void later(StackPane place, Supplier<Node> content) {
        step(() -> place.getChildren().setAll(content.get()));
    }

    /** Queues a step. */
    void step(Runnable change) {
        waiting.add(change);
    }

    /**
     * Runs the queued steps in order: all at once, or one per animation pulse while the window is showing.
     *
     * @param gradually whether to spread the steps over pulses, so that no frame takes longer than 28 ms
     */
    void fill(boolean gradually) {
        gradual = gradually;
        patience = MOST_WAITING_PULSES;
        if (gradually) {
            pulse.start();
        } else {
            while (!isFull()) {
                next().run();
            }
        }
    }

    /**
     * Does something once all panes are in their places: of this arrangement, or of one that takes its place before.
     */
    void onceFull(Runnable action) {
        if (isFull()) {
            action.run();
        } else {
            afterwards.add(action);
        }
    }

    /** Whether all steps have run, so that every pane is in its place. */
    boolean isFull() {
        return waiting.isEmpty() && afterwards.isEmpty();
    }

    private Runnable next() {
        return waiting.isEmpty() ? afterwards.remove() : waiting.remove();
    }

    private void put(StackPane place, PaneFrame pane) {
        if (pane.isTornOff()) {
            place.getChildren().setAll(pane);
            return;
        }
        pane.rollUp();
        place.getChildren().setAll(pane);
        waiting.addFirst(() -> unroll(pane));
    }

    /**
     * Unrolls a pane step by step. One whose answer is pending waits, so that its rows do not all appear in one frame.
     */
    private void unroll(PaneFrame pane) {
        if (gradual && pane.isBegun() && pane.isPending() && patience-- > 0) {
            waiting.addLast(() -> unroll(pane));
        } else if (pane.unroll(gradual)) {
            waiting.addFirst(() -> unroll(pane));
        }
    }

    /**
     * Runs the next step. After a long frame it skips one pulse, so that events that arrived meanwhile are handled
     * first.
     */
    private void doNext(long now) {
        boolean rests = now - lastPulse > LONG_FRAME_NANOS && !rested;
        lastPulse = now;
        rested = rests;
        if (isFull()) {
            pulse.stop();
        } else if (!rests) {
            next().run();
        }
    }
}
