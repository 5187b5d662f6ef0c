package loupe.ui.pane;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import javafx.beans.value.ObservableValue;
import javafx.scene.Node;
import loupe.state.pane.ResultSlot;

/** Binds panes to the answers they show. */
public final class Answers {
    private Answers() {}

    /**
     * Passes each answer to {@code show}; keeps the old one while a newer one is pending; runs {@code clear} when there
     * is none.
     */
    public static <R> void show(ResultSlot<R> slot, Consumer<R> show, Runnable clear) {
        AtomicReference<R> shown = new AtomicReference<>();
        Runnable update = () -> {
            R value = slot.getValue();
            if (value != null && value != shown.get()) {
                shown.set(value);
                show.accept(value);
            } else if (value == null && !slot.isPending()) {
                shown.set(null);
                clear.run();
            }
        };
        slot.valueProperty().addListener(changed -> update.run());
        slot.pendingProperty().addListener(changed -> update.run());
        update.run();
    }

    /**
     * Reports to {@code wanted} whether a node is in a showing window, now and whenever that changes; a pane's frame is
     * where its content is, though that is torn off.
     */
    public static void whileShown(Node node, Consumer<Boolean> wanted) {
        Node whole = node instanceof PaneFrame frame ? frame.whole() : node;
        ObservableValue<Boolean> shown = whole.sceneProperty()
                .flatMap(scene -> scene.windowProperty())
                .flatMap(window -> window.showingProperty())
                .orElse(false);
        shown.addListener((property, was, is) -> wanted.accept(is));
        wanted.accept(shown.getValue());
    }
}
