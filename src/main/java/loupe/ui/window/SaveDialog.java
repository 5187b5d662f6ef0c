package loupe.ui.window;

import java.nio.file.Path;
import java.util.Optional;
import javafx.stage.Window;

/** Asks the user where to save a file. JavaFX thread only. */
@FunctionalInterface
public interface SaveDialog {
    /**
     * Asks, and returns when the user has answered.
     *
     * @param owner the window the question belongs to
     * @param suggestedName a file name with its suffix
     * @param kind what the file is, such as {@code SVG}
     * @return empty if the user cancels
     */
    Optional<Path> ask(Window owner, String suggestedName, String kind);
}
