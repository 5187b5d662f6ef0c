package loupe.ui.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javafx.application.Platform;
import javafx.scene.Node;
import javafx.scene.control.Label;
import javafx.scene.control.Labeled;
import javafx.scene.control.TableView;
import javafx.stage.Stage;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.inference.Device;
import loupe.inference.LocalInferenceService;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import loupe.state.WorkbenchModels;
import loupe.state.window.Activity;
import loupe.state.window.Notices;
import loupe.state.window.Workbench;
import loupe.ui.UiTest;
import loupe.ui.window.WorkbenchView;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testfx.framework.junit5.ApplicationTest;

/** The pages about a checkpoint, in the whole window on a tiny model; and saving it. */
@Tag("ui")
class CheckpointPageUiTest extends ApplicationTest {
    @TempDir
    static Path folder;

    private final LocalInferenceService service = new LocalInferenceService(Device.CPU);
    private Workbench workbench;
    private WorkbenchModels models;
    private WorkbenchView view;
    private Path saveTo;

    @Override
    public void start(Stage stage) throws Exception {
        Path model = TinyModel.writeTo(folder.resolve("tiny"));
        Path sae = TinySae.writeTo(folder.resolve("sae"), 1);
        Path corpus = Files.writeString(
                folder.resolve("words.txt"), "the cat sat on the mat and the dog ran at the ball. ".repeat(40));
        workbench = new Workbench(
                service,
                Platform::runLater,
                new Notices(Clock.systemUTC()),
                new Activity(Platform::runLater, System::nanoTime));
        models = new WorkbenchModels(workbench, folder.resolve("indexes"));
        view = new WorkbenchView(models, (owner, name, kind) -> Optional.ofNullable(saveTo), Map.of(), 1280, 800);
        stage.setScene(view.scene());
        stage.setWidth(1280);
        stage.setHeight(800);
        stage.show();
        workbench.openModel(model, opened -> {
            models.statistics().corpus().set(corpus);
            workbench.openCheckpoint(workbench.a(), sae, SaeOptions.AS_STORED);
        });
    }

    @AfterEach
    void closeAll() {
        UiTest.onFx(() -> {
            models.close();
            workbench.closeModel();
        });
        service.close();
    }

    @Test
    void aRemedyOnThePageReadsTheCheckpointAgain() {
        show();
        assertThat(lookup("#checkpoint-page .label").queryAll().stream().map(node -> ((Label) node).getText()))
                .anyMatch(text -> text.contains("not folded into the encoder"));
        clickOn(remedy("Fold the norms"));
        UiTest.waitUntil(() -> workbench.readAs(workbench.a()).fold());
        assertThat(UiTest.onFx(() -> view.scene().lookup(".veil").isVisible())).isFalse();
        show();
        UiTest.waitUntil(() -> remedy("Leave the norms as stored") != null);
    }

    @Test
    void thePageIsAsHighAsWhatIsOnIt() {
        show();
        javafx.scene.layout.Region box = lookup("#checkpoint-page").query();
        javafx.scene.control.ScrollPane scroll =
                from(lookup(".card").<Node>query()).lookup(".scroll-pane").query();
        UiTest.waitUntil(() -> box.getHeight() > 100 && Math.abs(scroll.getHeight() - box.getHeight()) < 12);
        double before = UiTest.onFx(() -> scroll.getHeight());
        clickOn("#measure-fit");
        UiTest.waitUntil(
                () -> lookup("#fit-conclusion").<Label>query().getText().contains("of the variance"));
        double room =
                ((javafx.scene.layout.Region) lookup(".card").<Node>query().getParent()).getHeight() - 100;
        UiTest.waitUntil(() -> scroll.getHeight() > before && scroll.getHeight() >= Math.min(box.getHeight(), room));
    }

    @Test
    void theFitIsMeasuredAndConcluded() {
        show();
        clickOn("#measure-fit");
        UiTest.waitUntil(
                () -> lookup("#fit-conclusion").<Label>query().getText().contains("of the variance"));
        assertThat(models.audit(workbench.a()).fit().getValue().readings()).hasSize(4);
        assertThat(models.audit(workbench.a()).fit().getValue().tokens()).isGreaterThan(300);
    }

    @Test
    void aCheckpointIsSavedWhereTheUserSays() {
        show();
        Path file = folder.resolve("saved.safetensors");
        UiTest.onFx(() -> {
            view.dismiss();
            saveTo = file;
            view.run("save-a-plain");
        });
        UiTest.waitUntil(() -> workbench.notices().all().stream()
                .anyMatch(notice -> notice.text().contains("Saved")));
        assertThat(SaeFile.read(file, SaeOptions.AS_STORED).config().hook()).isPresent();
    }

    @Test
    void aFileIsInspectedBeforeItIsOpened() {
        show();
        Path other = UiTest.onFx(() -> TinySae.writeTo(folder.resolve("other"), 2));
        List<Path> asked = new ArrayList<>();
        UiTest.onFx(() -> {
            view.dismiss();
            models.inspection().lookAt(other);
            view.cover(new InspectPage(models.inspection(), asked::add, view::uncover).node(), view::uncover);
        });
        UiTest.waitUntil(() -> models.inspection().contents().get() != null
                && !models.inspection().measuring().get());
        assertThat(lookup("#inspect-table").<TableView<?>>query().getItems()).hasSize(4);
        clickOn("#inspect-open");
        assertThat(asked).containsExactly(other);
        assertThat(UiTest.onFx(() -> view.scene().lookup(".veil").isVisible())).isFalse();
    }

    private void show() {
        UiTest.waitUntil(() -> workbench.a().sae().get() != null
                && !workbench.a().opening().get()
                && !models.audit(workbench.a()).findings().get().isEmpty());
        UiTest.onFx(() -> view.run("audit-a"));
    }

    private Node remedy(String label) {
        return lookup(".remedy").queryAll().stream()
                .filter(node -> ((Labeled) node).getText().equals(label))
                .findFirst()
                .orElse(null);
    }
}
