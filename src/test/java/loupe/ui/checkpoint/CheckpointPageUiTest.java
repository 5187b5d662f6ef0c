package loupe.ui.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javafx.scene.Node;
import javafx.scene.control.Label;
import javafx.scene.control.Labeled;
import javafx.scene.control.TableView;
import loupe.TinySae;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import loupe.ui.UiTest;
import loupe.ui.WindowUiTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The pages about a checkpoint, in the whole window on a tiny model; and saving it. */
class CheckpointPageUiTest extends WindowUiTest {
    @BeforeEach
    void openAll() {
        begin();
    }

    @Test
    void aRemedyOnThePageReadsTheCheckpointAgain() {
        show();
        UiTest.waitUntil(() -> lookup("#checkpoint-page .label").queryAll().stream()
                .map(node -> ((Label) node).getText())
                .anyMatch(text -> text.contains("not folded into the encoder")));
        clickOn(remedy("Fold the norms"));
        UiTest.waitUntil(() -> workbench.readAs(workbench.a()).fold());
        assertThat(UiTest.onFx(() -> view.scene().lookup(".veil").isVisible())).isFalse();
        show();
        UiTest.waitUntil(() -> remedy("Leave the norms as stored") != null);
    }

    @Test
    void thePageIsAsHighAsWhatIsOnIt() {
        show();
        UiTest.waitUntil(() -> lookup("#checkpoint-page").tryQuery().isPresent());
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
            models.inspection().inspect(other);
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
