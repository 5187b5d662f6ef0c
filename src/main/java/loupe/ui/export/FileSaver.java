package loupe.ui.export;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javafx.beans.property.BooleanProperty;

/** What saving needs from the window around: asking for a file, working off the FX thread, telling how it went. */
public interface FileSaver extends Background {
    /**
     * Asks where to save.
     *
     * @param suggestedName a file name with its suffix
     * @param kind what the file is, such as {@code SVG}
     * @return empty when the user thought better of it
     */
    Optional<Path> choose(String suggestedName, String kind);

    /** Does the work off the FX thread and tells the user where the file is, or what went wrong. */
    void save(Callable<Path> work);

    /**
     * Computes something and hands it on, on the FX thread. Here it is computed at once, on that thread; a window
     * overrides this to compute in the background.
     */
    @Override
    default <T> void compute(Supplier<T> work, Consumer<T> then) {
        then.accept(work.get());
    }

    /** Whether exported pictures carry a caption of provenance; remembered with the settings. */
    BooleanProperty captionProperty();
}
