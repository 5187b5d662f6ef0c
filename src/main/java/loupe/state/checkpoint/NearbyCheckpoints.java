package loupe.state.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import loupe.index.Corpus;
import loupe.inference.OpenModel;
import loupe.state.window.Workbench;

/** The checkpoints that lie beside the open model, to be offered by name. JavaFX thread only. */
public final class NearbyCheckpoints {
    private final Workbench workbench;
    private final ObservableList<Path> paths = FXCollections.observableArrayList();
    private final ObservableList<Path> view = FXCollections.unmodifiableObservableList(paths);

    public NearbyCheckpoints(Workbench workbench) {
        this.workbench = workbench;
        workbench.model().addListener((property, was, is) -> look(is));
    }

    /** Not to be written. */
    public ObservableList<Path> paths() {
        return view;
    }

    private void look(OpenModel model) {
        paths.clear();
        Path around = model == null
                ? null
                : model.folder().toAbsolutePath().normalize().getParent();
        if (around == null) {
            return;
        }
        workbench.service().files().execute(() -> {
            List<Path> found = checkpointsIn(around);
            workbench.fx().execute(() -> {
                if (workbench.model().get() == model) {
                    paths.setAll(found);
                }
            });
        });
    }

    /** What looks like a checkpoint by its name; whether it is one shows when it is opened. */
    static List<Path> checkpointsIn(Path folder) {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(path -> PathKind.of(path) == PathKind.CHECKPOINT)
                    .sorted()
                    .limit(50)
                    .toList();
        } catch (IOException unreadable) {
            return List.of();
        }
    }

    /** What a path given by the user most likely is, without reading it. */
    public enum PathKind {
        MODEL,
        CHECKPOINT,
        CORPUS,
        UNKNOWN;

        private static final List<String> SAE_MARKS =
                List.of("ae.pt", "cfg.json", "sae_weights.safetensors", "sae.safetensors", "params.npz", "sae.pt");
        private static final List<String> MODEL_MARKS = List.of(
                "model.safetensors",
                "model.safetensors.index.json",
                "pytorch_model.bin",
                "pytorch_model.bin.index.json");

        /** Folders are told apart by the names of the files in them, files by their endings. */
        public static PathKind of(Path path) {
            if (Files.isDirectory(path)) {
                if (SAE_MARKS.stream().anyMatch(name -> Files.exists(path.resolve(name)))) {
                    return CHECKPOINT;
                }
                return Files.exists(path.resolve("config.json"))
                                && MODEL_MARKS.stream().anyMatch(name -> Files.exists(path.resolve(name)))
                        ? MODEL
                        : UNKNOWN;
            }
            String name = path.getFileName() == null
                    ? ""
                    : path.getFileName().toString().toLowerCase(Locale.ROOT);
            if (name.endsWith(".pt")
                    || name.endsWith(".pth")
                    || name.endsWith(".bin")
                    || name.endsWith(".safetensors")
                    || name.endsWith(".npz")) {
                return CHECKPOINT;
            }
            return Corpus.isTextByName(path) ? CORPUS : UNKNOWN;
        }
    }
}
