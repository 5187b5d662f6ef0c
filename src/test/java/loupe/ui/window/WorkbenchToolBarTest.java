package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class WorkbenchToolBarTest {
    @Test
    void whatIsOpenIsKnownByItsFileAndByTheFolderItLiesIn() {
        Path open = Path.of("saes", "topk", "sae_weights.safetensors");
        assertThat(WorkbenchToolBar.isAt(open, Path.of("saes", "topk"))).isTrue();
        assertThat(WorkbenchToolBar.isAt(
                        open, Path.of("saes", "..", "saes", "topk").toAbsolutePath()))
                .isTrue();
        assertThat(WorkbenchToolBar.isAt(open, Path.of("saes", "topk-early"))).isFalse();
    }
}
