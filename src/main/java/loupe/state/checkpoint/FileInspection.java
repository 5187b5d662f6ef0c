package loupe.state.checkpoint;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import loupe.analysis.FileContents;
import loupe.base.Cancellation;
import loupe.base.Problem;
import loupe.state.window.Workbench;

/** What a file or folder holds, read in the background before anything of it is opened. JavaFX thread only. */
public final class FileInspection {
    private final Executor files;
    private final Executor fx;
    private final ReadOnlyObjectWrapper<FileContents> contents = new ReadOnlyObjectWrapper<>(this, "contents");
    private final ReadOnlyObjectWrapper<Problem> problem = new ReadOnlyObjectWrapper<>(this, "problem");
    private final ReadOnlyBooleanWrapper measuring = new ReadOnlyBooleanWrapper(this, "measuring");
    private Cancellation looking = new Cancellation();

    public FileInspection(Workbench workbench) {
        files = workbench.service().files();
        fx = workbench.fx();
    }

    /** The contents, whose norms fill in one after another; null until something has been inspected. */
    public ReadOnlyObjectProperty<FileContents> contents() {
        return contents.getReadOnlyProperty();
    }

    /** Why it could not be inspected; null if it could. */
    public ReadOnlyObjectProperty<Problem> problem() {
        return problem.getReadOnlyProperty();
    }

    /** Whether tensors are still being read for their norms. */
    public ReadOnlyBooleanProperty measuring() {
        return measuring.getReadOnlyProperty();
    }

    /** Inspects a file or folder in place of the one before. */
    @SuppressWarnings("FutureReturnValueIgnored") // the window gets what fails
    public void inspect(Path path) {
        stop();
        contents.set(null);
        problem.set(null);
        measuring.set(true);
        Cancellation mine = new Cancellation();
        looking = mine;
        CompletableFuture.supplyAsync(
                        () -> {
                            FileContents found = FileContents.of(path);
                            fx.execute(() -> show(found, mine));
                            return found.measured(more -> fx.execute(() -> show(more, mine)), mine);
                        },
                        files)
                .whenComplete((all, failure) -> fx.execute(() -> {
                    if (mine.isCancelled()) {
                        return;
                    }
                    measuring.set(false);
                    if (failure == null) {
                        contents.set(all);
                    } else {
                        problem.set(Problem.of(failure));
                    }
                }));
    }

    /** Stops reading. */
    public void stop() {
        looking.cancel();
        measuring.set(false);
    }

    private void show(FileContents found, Cancellation mine) {
        if (!mine.isCancelled()) {
            contents.set(found);
        }
    }
}
