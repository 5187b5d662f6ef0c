package loupe.ui.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.control.Button;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.TextField;
import javafx.scene.layout.VBox;
import loupe.base.HookPoint;
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.SaeProposal;
import loupe.sae.checkpoint.SaeProposal.Encoding;
import loupe.sae.checkpoint.SaeProposal.Missing;
import loupe.state.window.CheckpointDoubt;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;

/** The form's choices of how a checkpoint encodes end up in the same options as those of the command line. */
class CheckpointChoicesUiTest extends UiTest {
    private final VBox root = new VBox();
    private final AtomicReference<SaeOptions> settled = new AtomicReference<>();

    @Override
    protected Parent build() {
        return root;
    }

    @Test
    void anotherActivationFunctionThanTheProposedOneIsChosen() {
        show(Set.of(Missing.K), new Encoding("topk", List.of("topk", "relu"), false, OptionalDouble.empty()));
        assertThat(node("#form-k").isVisible()).isTrue();

        onFx(() -> activation().setValue("relu"));
        assertThat(node("#form-k").isVisible()).as("a ReLU has no k").isFalse();
        open();
        assertThat(settled.get().activation()).contains("relu");
        assertThat(settled.get().k()).isEmpty();
    }

    @Test
    void aFunctionWithAKAsksForIt() {
        show(Set.of(Missing.ACTIVATION), new Encoding("relu", List.of("relu", "topk"), false, OptionalDouble.empty()));
        assertThat(node("#form-k").isVisible()).isFalse();

        onFx(() -> activation().setValue("topk"));
        assertThat(node("#form-k").isVisible()).isTrue();
        open();
        assertThat(settled.get().activation()).contains("topk");
        assertThat(settled.get().k()).isEqualTo(OptionalInt.of(32));
    }

    @Test
    void aProposedFunctionThatWasAskedForIsTheAnswer() {
        show(Set.of(Missing.ACTIVATION), new Encoding("relu", List.of("relu", "topk"), false, OptionalDouble.empty()));
        open();
        assertThat(settled.get().activation()).contains("relu");
    }

    @Test
    void whatTheFileSaysIsLeftToIt() {
        show(Set.of(Missing.HOOK), new Encoding("relu", List.of("relu", "topk"), false, OptionalDouble.empty()));
        open();
        assertThat(settled.get().activation()).isEmpty();
        assertThat(root.lookup("#form-norm-factor")).isNull();
    }

    @Test
    void theFactorOfTheInputIsAskedForWhereThereIsOne() {
        show(Set.of(Missing.HOOK), new Encoding("relu", List.of("relu"), true, OptionalDouble.empty()));
        onFx(() -> ((TextField) node("#form-norm-factor")).setText("x"));
        open();
        assertThat(settled.get()).isNull();
        assertThat(((Label) root.lookup(".problem-message")).getText()).contains("x is no number");

        onFx(() -> ((TextField) node("#form-norm-factor")).setText("0.25"));
        open();
        assertThat(settled.get().normFactor()).hasValue(0.25);
    }

    private void show(Set<Missing> missing, SaeProposal.Encoding encoding) {
        CheckpointDoubt doubt = new CheckpointDoubt(
                null,
                Path.of("sae.pt"),
                SaeOptions.AS_STORED,
                missing,
                32,
                HookPoint.residPre(0),
                false,
                true,
                encoding,
                Optional.empty(),
                Optional.empty());
        onFx(() -> {
            root.getChildren().setAll(new CheckpointForm(doubt, 2, settled::set, () -> {}).node());
        });
    }

    private void open() {
        onFx(() -> ((Button) node("#form-open")).fire());
    }

    private Node node(String id) {
        return root.lookup(id);
    }

    @SuppressWarnings("unchecked")
    private ComboBox<String> activation() {
        return (ComboBox<String>) node("#form-activation");
    }
}
