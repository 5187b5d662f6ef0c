package loupe.ui;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import javafx.beans.property.BooleanProperty;

/** What saving needs from the window around: asking for a file, working off the FX thread, telling how it went. */
public interface ExportDesk {
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

    /** Whether exported pictures carry a caption of provenance; remembered with the settings. */
    BooleanProperty captionProperty();
}
