package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javafx.scene.Node;
import loupe.TinySae;
import loupe.sae.checkpoint.SaeOptions;
import loupe.search.FeatureColumn;
import loupe.state.window.CorpusFiles;
import loupe.ui.UiTest;
import loupe.ui.WindowUiTest;
import org.junit.jupiter.api.Test;

/** What the whole window shows of opening a model, checkpoints and a corpus, and of what goes wrong there. */
class OpeningUiTest extends WindowUiTest {
    @Test
    void beforeAnythingIsOpenTheTableSaysWhatToDo() {
        assertThat(textsIn(lookup(".empty-state").queryAll())).anyMatch(text -> text.contains("Open a model folder"));
    }

    @Test
    void openingAModelAndACheckpointFillsEveryPane() {
        open();
        assertThat(table("#feature-table").getItems()).hasSize(TinySae.FEATURES);
        assertThat(table("#token-list-A").getItems()).isNotEmpty();
        assertThat(table("#neighbours-A").getItems()).hasSize(TinySae.FEATURES - 1);
        UiTest.waitUntil(() -> tree().dataProperty().get().size() > 1);
        UiTest.waitUntil(() -> models.a().logits().weights().getValue() != null);
        UiTest.waitUntil(() -> models.a().histogram().histogram().getValue() != null);
        UiTest.waitUntil(() -> models.a().examples().examples().getValue() != null);
        UiTest.waitUntil(() -> !Double.isNaN(models.table().number(FeatureColumn.DENSITY, 0)));
    }

    @Test
    void aFileThatIsNoCheckpointIsRefusedInItsPlaceAndTheRestGoesOn() throws IOException {
        open();
        Path bad = Files.writeString(folder.resolve("page.pt"), "<!DOCTYPE html><html></html>");
        UiTest.onFx(() -> workbench.openCheckpoint(workbench.a(), bad, SaeOptions.AS_STORED));
        UiTest.waitUntil(() -> workbench.a().problem().get() != null);
        assertThat(textsIn(lookup(".problem-message").queryAll())).anyMatch(text -> text.contains("page.pt"));
        assertThat(workbench.a().sae().get().path()).isEqualTo(first);
        clickOn(lookup(".problem-close").match(Node::isVisible).<Node>query());
        UiTest.waitUntil(() -> workbench.a().problem().get() == null);
        assertThat(table("#feature-table").getItems()).hasSize(TinySae.FEATURES);
    }

    @Test
    void aPathThatWasOpenedAsSomethingElseIsOfferedAsWhatItIs() {
        UiTest.onFx(() -> workbench.openModel(model));
        UiTest.waitUntil(() -> workbench.model().get() != null);
        UiTest.onFx(() -> workbench.openModel(first));
        UiTest.waitUntil(() -> workbench.modelProblem().get() != null);
        assertThat(workbench.modelProblem().get().message())
                .isEqualTo(first + ": this is a sparse autoencoder; expected a language model. Open it as checkpoint.");
        clickOn("Open it as checkpoint");
        UiTest.waitUntil(() -> workbench.a().sae().get() != null);
        assertThat(workbench.a().sae().get().path()).isEqualTo(first);
        UiTest.onFx(() -> workbench.openCheckpoint(workbench.a(), corpus, SaeOptions.AS_STORED));
        UiTest.waitUntil(() -> workbench.a().problem().get() != null);
        clickOn("Count activations over it");
        UiTest.waitUntil(
                () -> CorpusFiles.of(corpus).equals(models.statistics().corpus().get()));
        assertThat(workbench.a().problem().get()).isNull();
        UiTest.onFx(() -> workbench.openCheckpoint(workbench.a(), model, SaeOptions.AS_STORED));
        UiTest.waitUntil(() -> workbench.a().problem().get() != null);
        assertThat(workbench.a().problem().get().message()).contains("this is a language model");
    }

    @Test
    void whatACheckpointDoesNotSayIsAskedWithAProposalAndThenKnown() throws IOException {
        open();
        Path silent = TinySae.writeTo(folder.resolve("silent"), 3);
        Path settings = silent.resolve("cfg.json");
        Files.writeString(
                settings, Files.readString(settings).replace(", \"hook_name\": \"blocks.1.hook_resid_pre\"", ""));
        UiTest.onFx(() -> workbench.openCheckpoint(workbench.a(), silent, SaeOptions.AS_STORED));
        UiTest.waitUntil(() -> lookup("#checkpoint-form").tryQuery().isPresent());
        clickOn("#form-open");
        UiTest.waitUntil(() -> workbench.a().sae().get().path().equals(silent)
                && workbench.a().sae().get().config().hook().isPresent());
        UiTest.waitUntil(() -> lookup("#checkpoint-form").tryQuery().isEmpty());
        assertThat(workbench.a().sae().get().config().hook()).contains(loupe.base.HookPoint.residPre(1));
    }

    @Test
    void countingCanBeStoppedAndGoesOnWhenAskedAgain() throws IOException {
        Path longer = Files.writeString(
                folder.resolve("longer.txt"), "the cat sat on the mat and the dog ran at the ball. ".repeat(20_000));
        open();
        UiTest.onFx(() -> models.statistics().corpus().set(CorpusFiles.of(longer)));
        UiTest.waitUntil(() -> workbench.activity().jobs().stream()
                .anyMatch(job ->
                        job.title().startsWith("Counting") && job.fraction().get() > 0));
        clickOn(UiTest.onFx(() -> lookup(".job-stop").<Node>query()));
        UiTest.waitUntil(() -> workbench.activity().jobs().isEmpty());
        assertThat(models.statistics().problem(workbench.a()).get().message()).contains("Paused");
        UiTest.onFx(() -> models.statistics().corpus().set(CorpusFiles.of(corpus)));
        UiTest.waitUntil(() -> models.statistics().index(workbench.a()).get() != null);
    }

    @Test
    void whenAllIsClosedNoPaneIsLeftToLayOutAndAllComeBack() {
        open();
        UiTest.onFx(workbench::closeModel);
        UiTest.waitUntil(() -> lookup("#feature-table").queryAll().isEmpty());
        UiTest.onFx(() -> workbench.openModel(model));
        UiTest.waitUntil(() -> workbench.model().get() != null);
        UiTest.onFx(() -> workbench.openCheckpoint(workbench.a(), first, SaeOptions.AS_STORED));
        UiTest.waitUntil(() -> !lookup("#feature-table").queryAll().isEmpty()
                && table("#feature-table").getItems().size() == TinySae.FEATURES);
    }
}
