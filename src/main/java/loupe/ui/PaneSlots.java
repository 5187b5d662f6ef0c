package loupe.ui;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;
import javafx.animation.AnimationTimer;
import javafx.scene.Node;
import javafx.scene.layout.StackPane;

/**
 * Places for panes in a new arrangement of the window. Styling a pane anew takes a good part of a frame, so in a window
 * that is shown one pane is put into its place with each pulse; before it is shown, all at once. JavaFX thread only.
 */
final class PaneSlots {
    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private final AnimationTimer pulse = new AnimationTimer() {
        @Override
        public void handle(long now) {
            fillNext();
        }
    };

    /** Begins a new arrangement: what still waited for the old one is dropped. */
    void begin() {
        pulse.stop();
        waiting.clear();
    }

    /** An empty place that may become as small as it must. */
    static StackPane place() {
        StackPane place = new StackPane();
        place.setMinSize(0, 0);
        return place;
    }

    /** A place that will hold {@code pane}. */
    StackPane of(Node pane) {
        StackPane place = place();
        waiting.add(() -> place.getChildren().setAll(pane));
        return place;
    }

    /** Has a place hold what is made for it when its turn comes. That may make more places. */
    void later(StackPane place, Supplier<Node> content) {
        waiting.add(() -> place.getChildren().setAll(content.get()));
    }

    /** Fills the places named since {@link #begin}, in that order. */
    void fill(boolean gradually) {
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

    private void fillNext() {
        if (waiting.isEmpty()) {
            pulse.stop();
        } else {
            waiting.remove().run();
        }
    }
}
