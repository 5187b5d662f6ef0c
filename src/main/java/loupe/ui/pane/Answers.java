package loupe.ui.pane;

import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import javafx.beans.property.SimpleBooleanProperty;
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
        report(inWindow(whole(node)), wanted);
    }

    /**
     * As {@link #whileShown}, but only while it can be seen: not behind another tab. For what takes long to compute, so
     * that it does not keep waiting what is in front.
     */
    public static void whileInFront(Node node, Consumer<Boolean> wanted) {
        Node whole = whole(node);
        report(
                inWindow(whole)
                        .flatMap(shown -> shown ? visible(whole) : never())
                        .orElse(false),
                wanted);
    }

    private static void report(ObservableValue<Boolean> shown, Consumer<Boolean> wanted) {
        shown.addListener((property, was, is) -> wanted.accept(is));
        wanted.accept(shown.getValue());
    }

    private static Node whole(Node node) {
        return node instanceof PaneFrame frame ? frame.whole() : node;
    }

    private static ObservableValue<Boolean> inWindow(Node node) {
        return node.sceneProperty()
                .flatMap(scene -> scene.windowProperty())
                .flatMap(window -> window.showingProperty())
                .orElse(false);
    }

    /** One of its own each time, so that nothing that lasts keeps a closed window. */
    private static ObservableValue<Boolean> never() {
        return new SimpleBooleanProperty(false);
    }

    /** Whether neither a node nor anything that it is in is hidden. */
    private static ObservableValue<Boolean> visible(Node node) {
        return node.visibleProperty()
                .flatMap(own ->
                        own ? node.parentProperty().flatMap(Answers::visible).orElse(true) : never());
    }
}
