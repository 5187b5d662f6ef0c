package loupe.ui.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import javafx.scene.control.RadioButton;
import javafx.scene.layout.StackPane;
import loupe.index.DocumentPacking;
import loupe.state.Opened;
import loupe.state.PlantedCorpus;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusPageUiTest extends UiTest {
    @TempDir
    Path folder;

    private final Opened opened = new Opened();
    private final List<String> asked = new ArrayList<>();
    private PlantedCorpus corpus;

    @Override
    protected Parent build() {
        corpus = new PlantedCorpus(opened, folder);
        return new StackPane(new CorpusPage(
                        corpus.statistics(),
                        List.of(opened.workbench.a(), opened.workbench.b()),
                        () -> asked.add("choose"),
                        () -> asked.add("leave"))
                .node());
    }

    private String text(String id) {
        return onFx(() -> lookup(id).<Label>query().getText());
    }

    @Test
    void theFormSaysWhatHasBeenCountedAndHowDocumentsWereRead() {
        assertThat(text("#corpus-text")).isEqualTo("No corpus is open");
        assertThat(text("#corpus-counted-A")).isEqualTo("No checkpoint is open");
        onFx(() -> {
            opened.openA();
            corpus.count();
        });
        assertThat(text("#corpus-text")).endsWith("corpus.txt");
        assertThat(text("#corpus-counted-A")).isEqualTo("320 tokens, documents apart");
        assertThat(text("#corpus-counted-B")).isEqualTo("No checkpoint is open");
    }

    @Test
    void anotherWayOfReadingDocumentsIsChosenHere() {
        onFx(() -> {
            opened.openA();
            corpus.count();
        });
        assertThat(onFx(() -> lookup("#documents-apart").<RadioButton>query().isSelected()))
                .isTrue();
        clickOn("#documents-packed");
        assertThat(onFx(() -> corpus.statistics().documents().get())).isEqualTo(DocumentPacking.PACKED);
        assertThat(text("#corpus-counted-A")).isEqualTo("320 tokens, documents run on");
        onFx(() -> corpus.statistics().documents().set(DocumentPacking.SEPARATED));
        assertThat(onFx(() ->
                        lookup("#documents-separated").<RadioButton>query().isSelected()))
                .isTrue();
    }

    @Test
    void anotherTextCanBeChosenAndTheFormClosed() {
        clickOn("#corpus-choose");
        clickOn("Close");
        assertThat(asked).containsExactly("choose", "leave");
    }
}
