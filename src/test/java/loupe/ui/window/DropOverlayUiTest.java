package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import loupe.Npy;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.state.Opened;
import loupe.state.WorkbenchModels;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of files while they are dragged over the window. */
class DropOverlayUiTest extends UiTest {
    @TempDir
    Path folder;

    private final Opened opened = new Opened();
    private DropOverlay overlay;

    @Override
    protected Parent build() {
        overlay =
                new DropOverlay(new WorkbenchModels(opened.workbench, folder.resolve("cache")), (files, beside) -> {});
        return new Label("the overlay is in no scene, because the service of the test answers on its own thread");
    }

    private String words(String zone) {
        return String.join(
                "; ",
                onFx(() -> overlay.node().lookup(zone).lookupAll(".label").stream()
                        .map(label -> ((Label) label).getText())
                        .toList()));
    }

    private void drag(Path path, String zone) {
        onFx(() -> overlay.show(List.of(path)));
        waitUntil(() -> overlay.node().lookup(zone) != null);
    }

    @Test
    void aCheckpointGoesToAOrBesideItAndWhatItReplacesIsNamed() throws IOException {
        Path sae = TinySae.writeTo(folder.resolve("sae"), 1);
        drag(sae, "#drop-a");
        assertThat(onFx(() -> overlay.node().lookup("#drop-b")))
                .as("nothing to be beside")
                .isNull();
        onFx(() -> opened.openA());
        drag(sae, "#drop-b");
        assertThat(words("#drop-a"))
                .startsWith("Checkpoint A; In place of ")
                .endsWith(opened.workbench.a().sae().get().id().name());
        assertThat(words("#drop-b")).contains("Checkpoint B").contains("Nothing is replaced");
    }

    @Test
    void aModelSaysThatItTakesThePlaceOfTheOneThatIsOpen() throws IOException {
        onFx(() -> opened.openA());
        drag(TinyModel.writeTo(folder.resolve("tiny")), "#drop-model");
        assertThat(words("#drop-model")).contains("In place of").contains("checkpoints are closed");
    }

    @Test
    void theFieldThatTakesAVectorIsNotCovered() {
        Path own = Npy.floats(folder.resolve("own.npy"), "(2,)", 1, 2);
        onFx(() -> overlay.show(List.of(own)));
        waitUntil(() -> !overlay.node().isVisible());
    }

    @Test
    void aTextIsTheCorpus() throws IOException {
        drag(Files.writeString(folder.resolve("words.txt"), "the cat sat"), "#drop-corpus");
        assertThat(words("#drop-corpus")).contains("Corpus to count activations over");
        onFx(() -> overlay.hide());
        assertThat(onFx(() -> overlay.node().isVisible())).isFalse();
    }
}
