package loupe.state.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import loupe.index.PathKind;
import loupe.inference.OpenModel;
import loupe.sae.checkpoint.SaeFile;
import loupe.state.window.Workbench;

/** The checkpoints that lie beside the open model, to be offered by name. JavaFX thread only. */
public final class NearbyCheckpoints {
    private static final int MOST_LOOKED_AT = 500;
    private static final int MOST_OFFERED = 50;

    private final Workbench workbench;
    private final AtomicReference<OpenModel> newest = new AtomicReference<>();
    private final ObservableList<Path> paths = FXCollections.observableArrayList();
    private final ObservableList<Path> view = FXCollections.unmodifiableObservableList(paths);

    private final ReadOnlyBooleanWrapper searching = new ReadOnlyBooleanWrapper();

    public NearbyCheckpoints(Workbench workbench) {
        this.workbench = workbench;
        workbench.model().addListener((property, was, is) -> search(is));
    }

    /** The paths of the checkpoints; not to be written. */
    public ObservableList<Path> paths() {
        return view;
    }

    /** Whether the folder is still being gone through. */
    public ReadOnlyBooleanProperty searchingProperty() {
        return searching.getReadOnlyProperty();
    }

    @SuppressWarnings("ReferenceEquality") // a folder opened anew is another
    private void search(OpenModel model) {
        paths.clear();
        newest.set(model);
        Path around = model == null
                ? null
                : model.folder().toAbsolutePath().normalize().getParent();
        searching.set(around != null);
        if (around == null) {
            return;
        }
        workbench.service().files().execute(() -> {
            List<Path> found = checkpointsIn(around, () -> newest.get() == model);
            workbench.fx().execute(() -> {
                if (newest.get() == model) {
                    paths.setAll(found);
                    searching.set(false);
                }
            });
        });
    }

    /** The checkpoints among the files and folders of a folder, sorted by name. */
    static List<Path> checkpointsIn(Path folder, BooleanSupplier wanted) {
        try (Stream<Path> all = Files.list(folder)) {
            return all.sorted()
                    .limit(MOST_LOOKED_AT)
                    .takeWhile(path -> wanted.getAsBoolean())
                    .filter(NearbyCheckpoints::mayBeOne)
                    .filter(path -> PathKind.of(path) == PathKind.CHECKPOINT)
                    .limit(MOST_OFFERED)
                    .toList();
        } catch (IOException unreadable) {
            return List.of();
        }
    }

    /** Whether a path is a folder or may hold tensors; others are not opened. */
    private static boolean mayBeOne(Path path) {
        return !path.getFileName().toString().startsWith(".")
                && (Files.isDirectory(path) || SaeFile.mayHoldWeights(path));
    }
}
