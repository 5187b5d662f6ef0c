package loupe.ui;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.SimpleBooleanProperty;
import loupe.ui.export.FileSaver;

/** Saves into a folder under the suggested names, at once and without asking. */
public final class SavedFiles implements FileSaver {
    private final Path folder;
    private final BooleanProperty captions = new SimpleBooleanProperty(this, "caption", true);

    private final BooleanProperty formulas = new SimpleBooleanProperty(this, "formulas", false);

    public SavedFiles(Path folder) {
        this.folder = folder;
    }

    @Override
    public Optional<Path> choose(String suggestedName, String kind) {
        return Optional.of(folder.resolve(suggestedName));
    }

    @Override
    public void save(Callable<Path> work) {
        try {
            work.call();
        } catch (Exception e) {
            throw new AssertionError("saving failed", e);
        }
    }

    @Override
    public BooleanProperty captionProperty() {
        return captions;
    }

    @Override
    public BooleanProperty formulasProperty() {
        return formulas;
    }
}
