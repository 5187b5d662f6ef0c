package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javafx.scene.Parent;
import javafx.scene.Scene;
import javafx.scene.control.Label;
import javafx.scene.input.ClipboardContent;
import javafx.scene.input.MouseButton;
import javafx.scene.input.TransferMode;
import javafx.scene.layout.HBox;
import javafx.stage.Stage;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.state.Opened;
import loupe.state.WorkbenchModels;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files dragged from one label and dropped on the window of the other. */
class FileOpeningUiTest extends UiTest {
    @TempDir
    Path folder;

    private final Opened opened = new Opened();
    private final List<File> dragged = new ArrayList<>();
    private TransferMode mode = TransferMode.COPY;
    private WorkbenchModels models;

    @Override
    protected Parent build() {
        models = new WorkbenchModels(opened.workbench, folder.resolve("cache"));
        Label source = new Label("from here");
        source.setId("source");
        source.setMinSize(200, 200);
        source.setOnDragDetected(event -> {
            ClipboardContent content = new ClipboardContent();
            if (dragged.isEmpty()) {
                content.putString("words");
            } else {
                content.putFiles(dragged);
            }
            source.startDragAndDrop(mode).setContent(content);
            event.consume();
        });
        Label target = new Label("to here");
        target.setId("target");
        target.setMinSize(200, 200);
        return new HBox(source, target);
    }

    @Override
    public void start(Stage window) {
        super.start(window);
        Scene scene = window.getScene();
        new FileOpening(models).install(scene);
    }

    private void drop(Path... paths) {
        for (Path path : paths) {
            dragged.add(path.toFile());
        }
        drag("#source", MouseButton.PRIMARY).dropTo("#target");
    }

    @Test
    void aDroppedModelIsOpened() throws IOException {
        Path model = TinyModel.writeTo(folder.resolve("tiny"));
        drop(model);
        waitUntil(() -> opened.service.models.containsKey(model));
    }

    @Test
    void aDroppedCheckpointIsOpenedOnSideA() throws IOException {
        Path sae = TinySae.writeTo(folder.resolve("sae"), 1);
        drop(sae);
        waitUntil(() -> opened.service.saes.containsKey(sae));
        assertThat(opened.workbench.a().opening().get()).isTrue();
    }

    @Test
    void aCheckpointDroppedWithShiftGoesBesideTheOneThatIsOpen() throws IOException {
        onFx(() -> opened.openA());
        Path sae = TinySae.writeTo(folder.resolve("sae"), 1);
        mode = TransferMode.MOVE;
        drop(sae);
        waitUntil(() -> opened.service.saes.containsKey(sae));
        assertThat(opened.workbench.b().opening().get()).isTrue();
        assertThat(opened.workbench.a().opening().get()).isFalse();
    }

    @Test
    void aDroppedTextIsCountedOver() throws IOException {
        Path text = Files.writeString(folder.resolve("words.txt"), "the cat sat");
        drop(text);
        waitUntil(() -> text.equals(models.statistics().corpus().get()));
    }

    @Test
    void wordsThatAreDroppedOpenNothing() {
        drop();
        assertThat(opened.service.models).hasSize(1);
        assertThat(opened.service.saes).isEmpty();
        assertThat(opened.workbench.activity().jobs()).isEmpty();
    }
}
