package loupe.ui.export;

import java.util.function.Consumer;
import java.util.function.Supplier;

/** Runs computations that would take too long on the FX thread. */
public interface Background {
    /** Computes at once, on the FX thread. */
    Background NONE = new Background() {
        @Override
        public <T> void compute(Supplier<T> work, Consumer<T> then) {
            then.accept(work.get());
        }
    };

    /** Computes a value and passes it to {@code then} on the FX thread. */
    <T> void compute(Supplier<T> work, Consumer<T> then);
}
