package loupe.state.ghost;

import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import loupe.analysis.ghost.TokenGeometry;
import loupe.state.window.UndoOrder;
import loupe.state.window.ValueHistory;
import org.jspecify.annotations.Nullable;

/**
 * Undo and redo of the ghost controls, steering and the token filter among them. It begins anew with each model,
 * because its values are in the old model's units. JavaFX thread only.
 */
public final class GhostHistory {
    private final GhostControlsModel controls;
    private final ValueHistory<GhostValues> history;
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
        geometry = controls.geometry().get();
        history = new ValueHistory<>(order, controls.values(), controls::restore, GhostHistory::words, nanos);
        // after the history has heard of it, which invalidation listeners would not be
        controls.values().addListener((property, was, is) -> forgetThoseOfAnotherModel());
    }

    public boolean undo() {
        return history.undo();
    }

    public boolean redo() {
        return history.redo();
    }

    @SuppressWarnings("ReferenceEquality") // another model begins another history, equal or not
    private void forgetThoseOfAnotherModel() {
        if (controls.geometry().get() != geometry) {
            geometry = controls.geometry().get();
            history.forget();
        }
    }

    /** Which control was changed, and to what if that is a number; one name for all of them if several were. */
    private static String words(GhostValues was, GhostValues is) {
        List<Knob<?, ?>> changed = GhostKnobs.ALL.stream()
                .filter(knob -> !was.of(knob).equals(is.of(knob)))
                .toList();
        if (changed.size() != 1) {
            return "change of the ghost's controls";
        }
        Object now = is.of(changed.get(0));
        return changed.get(0).words() + (now instanceof Number number ? " " + written(number) : "");
    }

    private static String written(Number number) {
        return number instanceof Integer ? number.toString() : String.format(Locale.ROOT, "%.3g", number.doubleValue());
    }
}
