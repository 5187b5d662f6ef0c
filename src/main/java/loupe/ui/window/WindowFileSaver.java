package loupe.ui.window;

import java.io.File;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javafx.beans.property.BooleanProperty;
import javafx.stage.FileChooser;
import javafx.stage.Window;
import loupe.base.Problem;
import loupe.state.WorkbenchModels;
import loupe.state.window.Workbench;
import loupe.ui.export.FileSaver;

/** Saves for the panes of a window: asks with the system's dialog, writes on the file pool, tells by a notice. */
public final class WindowFileSaver implements FileSaver {
    private final WorkbenchModels models;
    private final Supplier<Window> owner;
    private BiFunction<String, String, Optional<Path>> ask;
    private File lastFolder;

    WindowFileSaver(WorkbenchModels models, Supplier<Window> owner) {
        this.models = models;
        this.owner = owner;
        ask = this::askWithDialog;
    }

    /** Answers where to save without a dialog, for windows that nobody sits in front of. */
    public void answerWith(BiFunction<String, String, Optional<Path>> answer) {
        ask = answer;
    }

    @Override
    public Optional<Path> choose(String suggestedName, String kind) {
        return ask.apply(suggestedName, kind);
    }

    private Optional<Path> askWithDialog(String suggestedName, String kind) {
        FileChooser chooser = new FileChooser();
        chooser.setTitle("Save as " + kind);
        chooser.setInitialFileName(suggestedName);
        if (lastFolder != null && lastFolder.isDirectory()) {
            chooser.setInitialDirectory(lastFolder);
        }
        File chosen = chooser.showSaveDialog(owner.get());
        if (chosen != null) {
            lastFolder = chosen.getParentFile();
        }
        return Optional.ofNullable(chosen).map(File::toPath);
    }

    @Override
    public void save(Callable<Path> work) {
        Workbench workbench = models.workbench();
        workbench.service().files().execute(() -> {
            try {
                Path saved = work.call();
                workbench.fx().execute(() -> workbench.notices().tell("Saved " + saved));
            } catch (Exception failure) {
                workbench.fx().execute(() -> workbench.notices().tell("Saving", Problem.of(failure)));
            }
        });
    }

    @Override
    public <T> void compute(Supplier<T> work, Consumer<T> then) {
        Workbench workbench = models.workbench();
        workbench.service().files().execute(() -> {
            try {
                T result = work.get();
                workbench.fx().execute(() -> then.accept(result));
            } catch (RuntimeException failure) {
                workbench
                        .fx()
                        .execute(() -> workbench.notices().tell("Working in the background", Problem.of(failure)));
            }
        });
    }

    @Override
    public BooleanProperty captionProperty() {
        return models.captions();
    }
}
