package loupe.ui.window;

import java.io.File;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.Scene;
import javafx.scene.control.Label;
import javafx.scene.input.DragEvent;
import javafx.scene.input.TransferMode;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.StackPane;
import javafx.scene.layout.VBox;
import loupe.analysis.features.VectorFile;
import loupe.index.PathKind;
import loupe.state.WorkbenchModels;
import loupe.state.window.CorpusFiles;
import loupe.state.window.Workbench;

/**
 * Says, while files are dragged over the window, what becomes of them: checkpoint A or B, the model, the corpus, and
 * what each would replace. JavaFX thread only.
 */
final class DropOverlay {
    private final WorkbenchModels models;
    private final BiConsumer<List<File>, Boolean> open;
    private final VBox box = new VBox(12);
    private final Label heading = new Label();
    private final HBox zones = new HBox(16);
    private List<Path> shownFor = List.of();

    /** @param open opens files; with true a checkpoint goes to side B */
    DropOverlay(WorkbenchModels models, BiConsumer<List<File>, Boolean> open) {
        this.models = models;
        this.open = open;
        heading.getStyleClass().add("form-heading");
        heading.setId("drop-heading");
        VBox.setVgrow(zones, Priority.ALWAYS);
        box.getChildren().addAll(heading, zones);
        box.getStyleClass().add("drop-overlay");
        box.setId("drop-overlay");
        box.setVisible(false);
    }

    Node node() {
        return box;
    }

    /** Lets files be dropped anywhere on the window; with Shift a checkpoint goes to side B. */
    void install(Scene scene) {
        scene.setOnDragEntered(event -> {
            if (event.getDragboard().hasFiles()) {
                show(event.getDragboard().getFiles().stream().map(File::toPath).toList());
            }
        });
        scene.setOnDragExited(event -> hide());
        scene.setOnDragOver(DropOverlay::accept);
        scene.setOnDragDropped(event -> dropped(event, event.getTransferMode() == TransferMode.MOVE));
    }

    /** Shows where files would go; what they are is found out in the background. */
    void show(List<Path> paths) {
        shownFor = paths;
        heading.setText("Looking at " + names(paths));
        zones.getChildren().setAll(zone("drop-any", "Open", "", false));
        box.setVisible(true);
        models.opening().look(paths, kinds -> {
            if (paths.equals(shownFor) && box.isVisible()) {
                explain(paths, kinds);
            }
        });
    }

    void hide() {
        box.setVisible(false);
    }

    private void explain(List<Path> paths, Collection<PathKind> kinds) {
        Workbench workbench = models.workbench();
        heading.setText(names(paths));
        if (kinds.contains(PathKind.MODEL)) {
            String before = workbench.model().get() == null
                    ? ""
                    : "In place of " + workbench.model().get().id().name() + ", whose checkpoints are closed";
            zones.getChildren().setAll(zone("drop-model", "Model", before, false));
        } else if (kinds.contains(PathKind.CORPUS)) {
            CorpusFiles before = models.statistics().corpus().get();
            zones.getChildren()
                    .setAll(zone(
                            "drop-corpus",
                            paths.size() == 1
                                    ? "Corpus to count activations over"
                                    : "Corpus of " + paths.size() + " files to count activations over",
                            before == null ? "" : "In place of " + before.name(),
                            false));
        } else if (kinds.contains(PathKind.INDEX)) {
            zones.getChildren()
                    .setAll(zone("drop-index", "A finished pass over a corpus", "Opened by its corpus", false));
        } else if (paths.size() == 1 && kinds.contains(PathKind.UNKNOWN) && VectorFile.hasName(paths.get(0))) {
            hide(); // the field of a pane takes it
        } else {
            zones.getChildren().setAll(zone("drop-a", "Checkpoint A", inPlaceOf(workbench.a()), false));
            if (workbench.a().sae().get() != null && paths.size() == 1) {
                zones.getChildren()
                        .add(zone(
                                "drop-b",
                                "Checkpoint B, beside A",
                                inPlaceOf(workbench.b()).isEmpty()
                                        ? "Nothing is replaced; Shift does the same"
                                        : inPlaceOf(workbench.b()),
                                true));
            }
        }
    }

    private static String inPlaceOf(loupe.state.window.CheckpointSide side) {
        return side.sae().get() == null
                ? ""
                : "In place of " + side.sae().get().id().name();
    }

    private Node zone(String id, String title, String replaces, boolean beside) {
        Label what = new Label(title);
        what.getStyleClass().add("form-heading");
        VBox words = new VBox(4, what, new Label(replaces));
        words.setAlignment(Pos.CENTER);
        StackPane zone = new StackPane(words);
        zone.setId(id);
        zone.getStyleClass().add("drop-target");
        HBox.setHgrow(zone, Priority.ALWAYS);
        zone.setOnDragOver(DropOverlay::accept);
        zone.setOnDragDropped(event -> dropped(event, beside || event.getTransferMode() == TransferMode.MOVE));
        return zone;
    }

    private static void accept(DragEvent event) {
        if (event.getDragboard().hasFiles()) {
            event.acceptTransferModes(TransferMode.COPY_OR_MOVE);
            event.consume();
        }
    }

    private void dropped(DragEvent event, boolean beside) {
        boolean taken = event.getDragboard().hasFiles();
        hide();
        if (taken) {
            open.accept(event.getDragboard().getFiles(), beside);
        }
        event.setDropCompleted(taken);
        event.consume();
    }

    private static String names(List<Path> paths) {
        return paths.stream()
                .map(path -> String.valueOf(path.getFileName()))
                .limit(3)
                .collect(Collectors.joining(", "));
    }
}
