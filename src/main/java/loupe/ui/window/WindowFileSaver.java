package loupe.ui.window;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javafx.beans.property.BooleanProperty;
import javafx.stage.Window;
import loupe.base.Problem;
import loupe.state.WorkbenchModels;
import loupe.state.window.Workbench;
import loupe.ui.export.FileSaver;
import loupe.ui.export.SuggestedNames;

/** Saves for the panes of a window: asks with a dialog, writes on the file pool, reports by a notice. */
public final class WindowFileSaver implements FileSaver {
    private final WorkbenchModels models;
    private final Supplier<Window> owner;
    private final SaveDialog dialog;

    WindowFileSaver(WorkbenchModels models, Supplier<Window> owner, SaveDialog dialog) {
        this.models = models;
        this.owner = owner;
        this.dialog = dialog;
    }

    @Override
    public Optional<Path> choose(String suggestedName, String kind) {
        String name = suggestedName;
        while (true) {
            Path chosen = dialog.ask(owner.get(), name, kind).orElse(null);
            if (chosen == null) {
                return Optional.empty();
            }
            String typed = chosen.getFileName().toString();
            name = SuggestedNames.withExtension(typed, suggestedName);
            Path mended = chosen.resolveSibling(name);
            if (name.equals(typed) || !Files.exists(mended)) {
                return Optional.of(mended);
            }
            // the dialog has not asked whether this one is to be overwritten
        }
    }

    @Override
    public void save(Callable<Path> work) {
        saveWithRemark(() -> new Saved(work.call(), ""));
    }

    @Override
    public void saveWithRemark(Callable<Saved> work) {
        Workbench workbench = models.workbench();
        Runnable written = workbench.activity().unfinished("A file is being written");
        workbench.service().files().execute(() -> {
            try {
                Saved saved = work.call();
                workbench.fx().execute(() -> workbench.notices().addSaved(saved.file(), saved.remark()));
            } catch (Exception failure) {
                workbench.fx().execute(() -> workbench.notices().add("Saving", Problem.of(failure)));
            } finally {
                written.run();
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
                workbench.fx().execute(() -> workbench.notices().add("Working in the background", Problem.of(failure)));
            }
        });
    }

    @Override
    public BooleanProperty captionProperty() {
        return models.captions();
    }

    @Override
    public BooleanProperty formulasProperty() {
        return models.formulas();
    }
}
