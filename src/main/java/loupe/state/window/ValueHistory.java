package loupe.state.window;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import javafx.beans.value.ObservableValue;
import org.jspecify.annotations.Nullable;

/**
 * Undo and redo of one value. Changes that follow each other closely, as a drag or typing makes them, count as one, and
 * as none if they end where they began. JavaFX thread only.
 *
 * @param <T> the value; never changed itself
 */
public final class ValueHistory<T> implements UndoOrder.Source {
    private static final int KEPT = 1_000;
    private static final long ONE_GESTURE_NANOS = 800_000_000L;

    private final UndoOrder order;
    private final ObservableValue<T> value;
    private final Consumer<T> restore;
    private final BiFunction<T, T, String> words;
    private final LongSupplier nanos;
    private final Deque<Held<T>> past = new ArrayDeque<>();
    private final Deque<Held<T>> future = new ArrayDeque<>();
    private long lastChange;
    private boolean inGesture;
    private boolean moving;

    /** A value, which may be null. */
    private record Held<T>(@Nullable T value) {}

    /**
     * @param order told of each change, and undoes it
     * @param restore sets the value
     * @param words what a change is called after "Undo", from the value before and after
     * @param nanos a clock that only goes forward
     */
    public ValueHistory(
            UndoOrder order,
            ObservableValue<T> value,
            Consumer<T> restore,
            BiFunction<T, T, String> words,
            LongSupplier nanos) {
        this.order = order;
        this.value = value;
        this.restore = restore;
        this.words = words;
        this.nanos = nanos;
        value.addListener((property, was, is) -> changed(was, is));
    }

    /**
     * Keeps the history of a value for as long as there is one.
     *
     * @param order told of each change, and undoes it
     * @param restore sets the value
     * @param words what a change is called after "Undo", from the value before and after
     */
    public static <T> ValueHistory<T> keep(
            UndoOrder order, ObservableValue<T> value, Consumer<T> restore, BiFunction<T, T, String> words) {
        return new ValueHistory<>(order, value, restore, words, System::nanoTime);
    }

    /** Forgets everything with each change of what the values belong to, such as the open checkpoint. */
    public ValueHistory<T> of(ObservableValue<?> owner) {
        owner.addListener((property, was, is) -> forget());
        return this;
    }

    /** Forgets all changes, which then cannot be taken back. */
    public void forget() {
        past.clear();
        future.clear();
        inGesture = false;
        order.forget(this);
    }

    @Override
    public boolean undo() {
        return move(past, future);
    }

    @Override
    public boolean redo() {
        return move(future, past);
    }

    private void changed(T was, T is) {
        if (moving || order.isQuiet() || Objects.equals(was, is)) {
            return;
        }
        long now = nanos.getAsLong();
        boolean goesOn = inGesture && now - lastChange < ONE_GESTURE_NANOS && order.isNewest(this);
        lastChange = now;
        inGesture = true;
        Held<T> before = goesOn ? past.peek() : null;
        if (before == null) {
            past.push(new Held<>(was));
            if (past.size() > KEPT) {
                past.removeLast();
            }
            future.clear();
            order.did(this, words.apply(was, is));
        } else if (Objects.equals(before.value(), is)) {
            past.pop();
            inGesture = false;
            order.dropNewest();
        } else {
            order.reword(words.apply(before.value(), is));
        }
    }

    private boolean move(Deque<Held<T>> from, Deque<Held<T>> to) {
        if (from.isEmpty()) {
            return false;
        }
        to.push(new Held<>(value.getValue()));
        Held<T> target = from.pop();
        moving = true;
        try {
            restore.accept(target.value());
        } finally {
            moving = false;
        }
        inGesture = false;
        return true;
    }
}
