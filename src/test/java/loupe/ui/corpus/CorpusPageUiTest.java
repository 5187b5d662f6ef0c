package loupe.ui.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import javafx.scene.control.MenuButton;
import javafx.scene.control.RadioButton;
import javafx.scene.control.TextField;
import javafx.scene.layout.Region;
import javafx.scene.layout.StackPane;
import loupe.index.DocumentPacking;
import loupe.state.Opened;
import loupe.state.PlantedCorpus;
import loupe.state.corpus.CorpusForm;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.window.CorpusFiles;
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
                        new CorpusForm(opened.workbench, corpus.statistics()),
                        corpus.statistics(),
                        List.of(opened.workbench.a(), opened.workbench.b()),
                        opened.workbench.recent(),
                        new Asking())
                .node());
    }

    /** Notes what is asked for. */
    private final class Asking implements CorpusPage.Choosing {
        @Override
        public List<Path> files() {
            asked.add("file");
            return List.of(corpus.file());
        }

        @Override
        public Optional<Path> folder() {
            asked.add("folder");
            return Optional.empty();
        }

        @Override
        public void index() {
            asked.add("index");
        }

        @Override
        public void open(List<Path> paths) {
            asked.add("open " + new CorpusFiles(paths).name());
        }

        @Override
        public void kept() {
            asked.add("kept");
        }
    }

    private String text(String id) {
        return onFx(() -> lookup(id).<Label>query().getText());
    }

    private boolean isShown(String id) {
        return onFx(() -> lookup(id).<Node>query().isVisible());
    }

    private void press(String id) {
        onFx(() -> lookup(id).<javafx.scene.control.ButtonBase>query().fire());
    }

    private void type(String id, String typed) {
        onFx(() -> lookup(id).<TextField>query().setText(typed));
    }

    @Test
    void whatCountingTakesAndTheButtonThatBeginsItStayInSightWhereTheFormScrolls() {
        onFx(() -> {
            Region page = (Region) lookup("#corpus-page").query().getScene().getRoot();
            page.setMaxHeight(360);
            page.resize(page.getWidth(), 360);
            page.layout();
        });
        for (String id : List.of("#corpus-costs", "#corpus-count")) {
            Node node = lookup(id).query();
            assertThat(onFx(() -> node.localToScene(node.getLayoutBounds()).getMaxY()))
                    .as(id)
                    .isBetween(1.0, 360.0);
        }
        assertThat(onFx(() -> {
                    Node kept = lookup("#corpus-kept").query();
                    return kept.localToScene(kept.getLayoutBounds()).getMaxY();
                }))
                .as("the form itself is longer")
                .isGreaterThan(360);
    }

    private void countOverA() {
        onFx(() -> {
            opened.openA();
            corpus.count();
        });
    }

    @Test
    void theFormSaysWhatHasBeenCountedAndHowDocumentsWereRead() {
        assertThat(text("#corpus-text")).isEqualTo("No corpus is open");
        assertThat(text("#corpus-counted-A")).isEqualTo("No checkpoint is open");
        countOverA();
        assertThat(text("#corpus-text")).endsWith("corpus.txt");
        assertThat(text("#corpus-counted-A")).isEqualTo("320 tokens, documents apart");
        assertThat(text("#corpus-counted-B")).isEqualTo("No checkpoint is open");
    }

    @Test
    void nothingIsCountedOtherwiseBeforeThatIsSaid() {
        countOverA();
        assertThat(onFx(() -> lookup("#documents-apart").<RadioButton>query().isSelected()))
                .isTrue();
        assertThat(onFx(() -> lookup("#corpus-count").query().isDisabled())).isTrue();
        press("#documents-packed");
        type("#corpus-tokens", "200");
        type("#corpus-mask-first", "3");
        CorpusStatistics statistics = corpus.statistics();
        assertThat(onFx(() -> statistics.settings().get().documents())).isEqualTo(DocumentPacking.APART);
        press("#corpus-count");
        assertThat(onFx(() -> statistics.settings().get().documents())).isEqualTo(DocumentPacking.PACKED);
        assertThat(text("#corpus-counted-A"))
                .isEqualTo("161 tokens, documents run on, without the first 3 positions (39 left out)");
        assertThat(onFx(() -> lookup("#corpus-count").query().isDisabled())).isTrue();
    }

    @Test
    void changesCanBeUndoneAndAWrongFieldSaysSo() {
        countOverA();
        type("#corpus-context", "1");
        assertThat(text("#corpus-costs")).isEqualTo("Tokens in a context: a whole number from 2 is wanted");
        assertThat(onFx(() -> lookup("#corpus-count").query().isDisabled())).isTrue();
        press("#corpus-undo");
        assertThat(onFx(() -> lookup("#corpus-context").<TextField>query().getText()))
                .isEqualTo("128");
        type("#corpus-ignored", "one");
        assertThat(text("#corpus-costs")).startsWith("Ignored tokens");
    }

    @Test
    void whatItTakesIsSaidBeforeItIsCounted() {
        onFx(() -> opened.openA());
        assertThat(text("#corpus-costs")).isEqualTo("Choose a text to see what counting it takes");
        press("#corpus-choose");
        assertThat(text("#corpus-costs"))
                .startsWith("About 320 tokens, all of it; on disk about ")
                .contains(" while it is counted. ")
                .doesNotContain("dense");
        assertThat(onFx(() -> corpus.statistics().corpus().get())).isNull();
        press("#corpus-count");
        assertThat(text("#corpus-counted-A")).isEqualTo("320 tokens, documents apart");
        assertThat(asked).containsExactly("file");
        assertThat(onFx(() -> opened.workbench.recent().corpora())).containsExactly(CorpusFiles.of(corpus.file()));
    }

    @Test
    void theCountingIsRepeatedFromHere() {
        countOverA();
        assertThat(isShown("#corpus-recount-A")).isTrue();
        assertThat(isShown("#corpus-pause-A")).isFalse();
        int before = opened.service.asked.size();
        press("#corpus-recount-A");
        assertThat(opened.service.asked.size()).as("questions").isGreaterThan(before);
        assertThat(text("#corpus-counted-A")).isEqualTo("320 tokens, documents apart");
    }

    @Test
    void otherTextsAndIndexesAreAskedFor() {
        press("#corpus-choose-folder");
        press("#corpus-open-index");
        press("#corpus-kept");
        assertThat(onFx(() -> lookup("#corpus-recent").<MenuButton>query().isDisabled()))
                .isTrue();
        assertThat(asked).containsExactly("folder", "index", "kept");
    }
}
