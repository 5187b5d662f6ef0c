package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.state.Opened;
import loupe.state.WorkbenchModels;
import loupe.state.window.CorpusFiles;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of dropped files. */
class FileOpeningUiTest extends UiTest {
    @TempDir
    Path folder;

    private final Opened opened = new Opened();
    private boolean beside;
    private WorkbenchModels models;
    private FileOpening opening;

    @Override
    protected Parent build() {
        models = new WorkbenchModels(opened.workbench, folder.resolve("cache"));
        opening = new FileOpening(models);
        return new Label("drop here");
    }

    private void drop(Path... paths) {
        onFx(() -> opening.drop(Arrays.stream(paths).map(Path::toFile).toList(), beside));
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
        beside = true;
        drop(sae);
        waitUntil(() -> opened.service.saes.containsKey(sae));
        assertThat(opened.workbench.b().opening().get()).isTrue();
        assertThat(opened.workbench.a().opening().get()).isFalse();
    }

    @Test
    void aDroppedTextIsCountedOver() throws IOException {
        Path text = Files.writeString(folder.resolve("words.txt"), "the cat sat");
        drop(text);
        waitUntil(() -> CorpusFiles.of(text).equals(models.statistics().corpus().get()));
    }
}
