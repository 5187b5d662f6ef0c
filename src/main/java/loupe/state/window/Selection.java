package loupe.state.window;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.function.Consumer;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import loupe.inference.SaeId;
import org.jspecify.annotations.Nullable;

/**
 * What is selected, for all panes alike. JavaFX thread only.
 *
 * <p>Everything in it is a small value that survives reloading. It is written through the named methods only; each
 * clears the brush before the feature changes, so that no listener sees a range of another feature.
 */
public final class Selection {
    /** The most features kept in the history. */
    private static final int HISTORY = 200;

    private final ReadOnlyObjectWrapper<FeatureRef> feature = new ReadOnlyObjectWrapper<>(this, "feature");
    private final ReadOnlyObjectWrapper<Brush> brush = new ReadOnlyObjectWrapper<>(this, "brush");
    private final Deque<FeatureRef> past = new ArrayDeque<>();
    private final Deque<FeatureRef> future = new ArrayDeque<>();
    private final ReadOnlyBooleanWrapper hasPast = new ReadOnlyBooleanWrapper(this, "hasPast");
    private final ReadOnlyBooleanWrapper hasFuture = new ReadOnlyBooleanWrapper(this, "hasFuture");
    private @Nullable SaeId sae;
    private Consumer<Runnable> within = Runnable::run;

    /**
     * Has everything that changes with the feature changed within something, such as without a step of undo.
     *
     * @param wrapper runs what it is given at once
     */
    public void changeWithin(Consumer<Runnable> wrapper) {
        within = wrapper;
    }

    /** The feature every pane shows; null while none is chosen. */
    public ReadOnlyObjectProperty<FeatureRef> feature() {
        return feature.getReadOnlyProperty();
    }

    public ReadOnlyObjectProperty<Brush> brush() {
        return brush.getReadOnlyProperty();
    }

    /** Whether {@link #back} leads somewhere. */
    public ReadOnlyBooleanProperty hasPast() {
        return hasPast.getReadOnlyProperty();
    }

    /** Whether {@link #forward} leads somewhere. */
    public ReadOnlyBooleanProperty hasFuture() {
        return hasFuture.getReadOnlyProperty();
    }

    /** Chooses a checkpoint, null for none; clears feature, brush and history, which belong to the one before. */
    public void selectSae(@Nullable SaeId id) {
        if (Objects.equals(id, sae)) {
            return;
        }
        sae = id;
        past.clear();
        future.clear();
        showHistory();
        change(null);
    }

    /** Chooses a feature, and its checkpoint if that is another one. */
    public void select(FeatureRef chosen) {
        if (chosen.equals(feature.get())) {
            return;
        }
        selectSae(chosen.sae());
        if (feature.get() != null) {
            push(past, feature.get());
        }
        future.clear();
        show(chosen);
    }

    /** Chooses the feature that was chosen before; does nothing at the beginning. */
    public void back() {
        step(past, future);
    }

    public void forward() {
        step(future, past);
    }

    /** Marks a range; null for none. */
    public void brush(@Nullable Brush range) {
        brush.set(range);
    }

    private void step(Deque<FeatureRef> from, Deque<FeatureRef> to) {
        if (from.isEmpty()) {
            return;
        }
        FeatureRef target = from.pop();
        push(to, feature.get());
        show(target);
    }

    private void show(FeatureRef ref) {
        showHistory();
        change(ref);
    }

    private void change(@Nullable FeatureRef ref) {
        within.accept(() -> {
            brush.set(null);
            feature.set(ref);
        });
    }

    private void push(Deque<FeatureRef> stack, FeatureRef ref) {
        stack.push(ref);
        if (stack.size() > HISTORY) {
            stack.removeLast();
        }
    }

    private void showHistory() {
        hasPast.set(!past.isEmpty());
        hasFuture.set(!future.isEmpty());
    }
}
