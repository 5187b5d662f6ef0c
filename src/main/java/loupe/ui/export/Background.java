package loupe.ui.export;

import java.util.function.Consumer;
import java.util.function.Supplier;

/** Where a part has something worked out that would take the FX thread too long. */
public interface Background {
    /** Works things out at once, on the FX thread. */
    Background NONE = new Background() {
        @Override
        public <T> void compute(Supplier<T> work, Consumer<T> then) {
            then.accept(work.get());
        }
    };

    /** Computes something and hands it on, on the FX thread. */
    <T> void compute(Supplier<T> work, Consumer<T> then);
}
