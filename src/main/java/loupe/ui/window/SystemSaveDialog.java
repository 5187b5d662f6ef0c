package loupe.ui.window;

import java.io.File;
import java.nio.file.Path;
import java.util.Optional;
import javafx.stage.FileChooser;
import javafx.stage.Window;
import org.jspecify.annotations.Nullable;

/** The operating system's dialog for saving a file. It begins in the folder that was chosen last. */
public final class SystemSaveDialog implements SaveDialog {
    private @Nullable File lastFolder;

    @Override
    public Optional<Path> ask(Window owner, String suggestedName, String kind) {
        FileChooser chooser = new FileChooser();
        chooser.setTitle("Save as " + kind);
        chooser.setInitialFileName(suggestedName);
        if (lastFolder != null && lastFolder.isDirectory()) {
            chooser.setInitialDirectory(lastFolder);
        }
        File chosen = chooser.showSaveDialog(owner);
        if (chosen != null) {
            lastFolder = chosen.getParentFile();
        }
        return Optional.ofNullable(chosen).map(File::toPath);
    }
}
