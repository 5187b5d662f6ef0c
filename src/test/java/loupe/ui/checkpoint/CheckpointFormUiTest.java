package loupe.ui.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import javafx.scene.layout.VBox;
import loupe.base.HookPoint;
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.SaeProposal;
import loupe.state.window.CheckpointDoubt;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;

class CheckpointFormUiTest extends UiTest {
    private final VBox root = new VBox();

    @Override
    protected Parent build() {
        return root;
    }

    @Test
    void settingsAreSaidToBeMissingOnlyIfSomeAre() {
        assertThat(heading(Set.of(SaeProposal.Missing.K))).isEqualTo("sae.pt: settings are missing");
        assertThat(heading(Set.of()))
                .as("it is asked again because its hook point was refused")
                .isEqualTo("How to read sae.pt");
    }

    @Test
    void centringIsAskedOnlyWhereItMakesADifference() {
        show(Set.of(), true);
        assertThat(root.lookup("#form-centred")).isNotNull();
        show(Set.of(), false);
        assertThat(root.lookup("#form-centred")).isNull();
    }

    private String heading(Set<SaeProposal.Missing> missing) {
        show(missing, true);
        return ((Label) root.lookup(".form-heading")).getText();
    }

    private void show(Set<SaeProposal.Missing> missing, boolean offersCentring) {
        CheckpointDoubt doubt = new CheckpointDoubt(
                null,
                Path.of("sae.pt"),
                SaeOptions.AS_STORED,
                missing,
                32,
                HookPoint.residPre(0),
                false,
                offersCentring,
                new SaeProposal.Encoding("topk", List.of("topk", "relu"), false, OptionalDouble.empty()),
                Optional.empty(),
                Optional.empty());
        onFx(() -> {
            root.getChildren().setAll(new CheckpointForm(doubt, 2, options -> {}, () -> {}).node());
        });
    }
}
