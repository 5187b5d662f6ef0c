package loupe.ui.export;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javafx.beans.property.BooleanProperty;

/**
 * The services that saving needs from the window: choosing a file, working off the FX thread, reporting the outcome.
 */
public interface FileSaver extends Background {
    /**
     * Asks where to save.
     *
     * @param suggestedName a file name with its suffix
     * @param kind what the file is, such as {@code SVG}
     * @return empty if the user cancels
     */
    Optional<Path> choose(String suggestedName, String kind);

    /** Does the work off the FX thread and shows the user the path of the file, or the failure. */
    void save(Callable<Path> work);

    /** Likewise, and shows with the path what is to be said of the file. */
    default void saveWithRemark(Callable<Saved> work) {
        save(() -> work.call().file());
    }

    /**
     * A file that has been saved.
     *
     * @param remark what is to be said of it; empty for nothing
     */
    record Saved(Path file, String remark) {}

    /**
     * Computes a value and passes it to {@code then} on the FX thread. This default computes at once, on that thread; a
     * window overrides it to compute in the background.
     */
    @Override
    default <T> void compute(Supplier<T> work, Consumer<T> then) {
        then.accept(work.get());
    }

    /** Whether exported pictures carry a caption of provenance; remembered with the settings. */
    BooleanProperty captionProperty();

    /**
     * Whether texts in CSV stand as they are, also those that a spreadsheet would run as formulas; remembered with the
     * settings.
     */
    BooleanProperty formulasProperty();
}
