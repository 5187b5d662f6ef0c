package loupe.ui.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.scene.Parent;
import javafx.scene.control.Button;
import javafx.scene.layout.StackPane;
import loupe.index.DocumentPacking;
import loupe.state.Opened;
import loupe.state.PlantedCorpus;
import loupe.state.corpus.CorpusSettings;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.window.CorpusFiles;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusChipUiTest extends UiTest {
    @TempDir
    Path folder;

    private final Opened opened = new Opened();
    private final List<String> said = new ArrayList<>();
    private final BooleanProperty roomy = new SimpleBooleanProperty(true);
    private int opens;
    private PlantedCorpus corpus;

    @Override
    protected Parent build() {
        corpus = new PlantedCorpus(opened, folder);
        return new StackPane(new CorpusChip(opened.workbench, corpus.statistics(), () -> opens++, roomy).node());
    }

    private Button chip() {
        return lookup("#corpus-chip").query();
    }

    @Test
    void itNamesTheCorpusWithWhatIsCountedAndOpensItsPage() {
        assertThat(onFx(() -> chip().getText())).isEqualTo("No corpus");
        onFx(() -> chip().textProperty().addListener((property, was, is) -> said.add(is)));
        onFx(() -> {
            opened.openA();
            corpus.count();
        });
        assertThat(said).contains("corpus.txt  \u00b7  128 tokens so far (40 % of the corpus)");
        assertThat(onFx(() -> chip().getText())).isEqualTo("corpus.txt  \u00b7  320 tokens");
        clickOn("#corpus-chip");
        assertThat(opens).isEqualTo(1);
    }

    @Test
    void whereRoomIsShortItSaysTheShareAloneWhileAPartIsCounted() {
        onFx(() -> roomy.set(false));
        onFx(() -> chip().textProperty().addListener((property, was, is) -> said.add(is)));
        onFx(() -> {
            opened.openA();
            corpus.count();
        });
        assertThat(said).contains("corpus.txt  \u00b7  40 % of the corpus");
        assertThat(onFx(() -> chip().getText())).isEqualTo("corpus.txt  \u00b7  320 tokens");
    }

    @Test
    void itSaysWhatIsLeftOutAndThatCountingIsPaused() {
        CorpusStatistics statistics = corpus.statistics();
        onFx(() -> {
            opened.openA();
            statistics
                    .settings()
                    .set(new CorpusSettings(
                            1_000, 128, true, DocumentPacking.APART, "text", false, 2, 0, List.of(3, 4)));
            statistics.features(opened.workbench.a()).addListener((property, was, is) -> {
                if (is != null) {
                    statistics.pause(opened.workbench.a());
                }
            });
            corpus.count();
        });
        assertThat(onFx(() -> chip().getText()))
                .contains(" so far (")
                .endsWith(", paused  \u00b7  without first 2, 2 tokens");
    }

    @Test
    void ofSeveralFilesItSaysHowMany() throws IOException {
        Path more = Files.writeString(folder.resolve("more.txt"), "abc");
        onFx(() -> {
            opened.openA();
            corpus.statistics().choose(CorpusFiles.of(corpus.file(), more));
        });
        assertThat(onFx(() -> chip().getText())).isEqualTo("2 files  \u00b7  323 tokens");
        assertThat(onFx(() -> chip().getTooltip().getText()))
                .contains("corpus.txt\n")
                .contains("more.txt\n");
    }
}
