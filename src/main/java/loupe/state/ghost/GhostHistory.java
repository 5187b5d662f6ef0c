package loupe.state.ghost;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.LongSupplier;
import loupe.analysis.ghost.TokenGeometry;
import loupe.state.window.UndoOrder;
import org.jspecify.annotations.Nullable;

/**
 * Undo and redo of the ghost controls. Changes that follow each other closely, as a drag makes them, count as one.
 * JavaFX thread only.
 */
public final class GhostHistory implements UndoOrder.Source {
    private static final int KEPT = 100;
    private static final long ONE_GESTURE_NANOS = 800_000_000L;

    private final GhostControlsModel controls;
    private final LongSupplier nanos;
    private final UndoOrder order;
    private final Deque<GhostValues> past = new ArrayDeque<>();
    private final Deque<GhostValues> future = new ArrayDeque<>();
    private long lastChange = Long.MIN_VALUE;
    private boolean moving;
    /** Of the model that the remembered values belong to; null while none is open. */
    private TokenGeometry.@Nullable Answer geometry;

    /**
     * Keeps the history of the controls for as long as there are any.
     *
     * @param order told of each change, and undoes it
     */
    @SuppressWarnings("UnusedReturnValue") // it listens to the controls, which keep it
    public static GhostHistory keep(GhostControlsModel controls, UndoOrder order) {
        return new GhostHistory(controls, System::nanoTime, order);
    }

    public GhostHistory(GhostControlsModel controls, LongSupplier nanos, UndoOrder order) {
        this.controls = controls;
        this.nanos = nanos;
        this.order = order;
        controls.values().addListener((property, was, is) -> changed(was));
        geometry = controls.geometry().get();
    }

    @Override
    public boolean undo() {
        return move(past, future);
    }

    @Override
    public boolean redo() {
        return move(future, past);
    }

    @SuppressWarnings("ReferenceEquality") // another model begins another history, equal or not
    private void changed(GhostValues before) {
        if (controls.geometry().get() != geometry) {
            forget();
            return;
        }
        long now = nanos.getAsLong();
        boolean sameGesture = lastChange != Long.MIN_VALUE && now - lastChange < ONE_GESTURE_NANOS;
        lastChange = now;
        if (moving || (sameGesture && !past.isEmpty())) {
            return;
        }
        past.push(before);
        if (past.size() > KEPT) {
            past.removeLast();
        }
        future.clear();
        order.did(this);
    }

    /** Clears the history when the model changes, because its values are in the old model's units. */
    private void forget() {
        geometry = controls.geometry().get();
        past.clear();
        future.clear();
        lastChange = Long.MIN_VALUE;
    }

    private boolean move(Deque<GhostValues> from, Deque<GhostValues> to) {
        if (from.isEmpty()) {
            return false;
        }
        to.push(controls.values().get());
        moving = true;
        controls.restore(from.pop());
        moving = false;
        lastChange = Long.MIN_VALUE;
        return true;
    }
}
