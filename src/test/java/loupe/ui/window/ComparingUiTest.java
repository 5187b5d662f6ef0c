package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import javafx.scene.input.KeyCode;
import loupe.ui.UiTest;
import loupe.ui.WindowUiTest;
import org.junit.jupiter.api.Test;

/** Two checkpoints beside each other in the whole window. */
class ComparingUiTest extends WindowUiTest {
    @Test
    void aSecondCheckpointStandsBesideTheFirstAndFollowsIt() {
        open();
        compare();
        UiTest.waitUntil(() -> lookup("#token-list-B").tryQuery().isPresent());
        UiTest.waitUntil(() -> workbench.b().feature().get() != null
                && !Double.isNaN(models.compare().cosine().get()));
        assertThat(label("#match-title")).contains("cosine");
        UiTest.waitUntil(() -> models.b().tree().tree().getValue() != null
                && models.b().tokens().list().getValue() != null
                && models.b().neighbours().neighbours().getValue() != null
                && models.b().logits().weights().getValue() != null);
        UiTest.waitUntil(() -> models.b().histogram().histogram().getValue() != null);
        assertThat(models.a().histogram().activations().range())
                .isSameAs(models.b().histogram().activations().range());
        UiTest.onFx(() -> models.table().jumpTo(5));
        UiTest.waitUntil(() -> models.compare().match().completeProperty().get());
        clickOn("#pin-feature").write("99").type(KeyCode.ENTER);
        assertThat(label("#match-title"))
                .isEqualTo("B has no feature 99: the last one is " + (loupe.TinySae.FEATURES - 1));
        clickOn("#pin-feature").eraseText(2).write("2").type(KeyCode.ENTER);
        UiTest.waitUntil(() -> workbench.b().feature().get().feature() == 2);
        UiTest.onFx(() -> models.table().jumpTo(6));
        assertThat(workbench.b().feature().get().feature()).isEqualTo(2);
        UiTest.onFx(() -> workbench.closeCheckpoint(workbench.b()));
        UiTest.waitUntil(() -> lookup("#token-list-B").tryQuery().isEmpty());
    }
}
