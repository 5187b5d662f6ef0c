package loupe.ui.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import javafx.scene.Parent;
import javafx.scene.control.Button;
import javafx.scene.control.CheckBox;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.layout.VBox;
import loupe.base.HookPoint;
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.SaeProposal;
import loupe.sae.checkpoint.TensorRoles;
import loupe.sae.checkpoint.TensorRoles.Role;
import loupe.state.window.CheckpointDoubt;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;

class TensorsFormUiTest extends UiTest {
    private static final String LIKELY = "encoder=enc.w,decoder=dec.w,decoder-bias=dec.b";

    private final VBox root = new VBox();
    private final List<SaeOptions> answers = new ArrayList<>();

    @Override
    protected Parent build() {
        return root;
    }

    @Test
    void whatShapesSuggestIsFilledInAndOpensAsItIs() {
        show(Optional.of(TensorRoles.parse(LIKELY)));
        onFx(() -> {
            ComboBox<String> activation = combo("activation");
            activation.setValue("topk");
            ((CheckBox) root.lookup("#tensors-subtract")).setSelected(true);
            ((Button) root.lookup("#form-open")).fire();
        });

        assertThat(answers).hasSize(1);
        SaeOptions answer = answers.get(0);
        assertThat(answer.tensors().map(TensorRoles::text)).contains(LIKELY);
        assertThat(answer.activation()).contains("topk");
        assertThat(answer.k()).isEqualTo(OptionalInt.of(32));
        assertThat(answer.subtractDecoderBias()).contains(true);
    }

    @Test
    void anotherTensorAndTheWayItLiesCanBeChosen() {
        show(Optional.of(TensorRoles.parse(LIKELY)));
        onFx(() -> {
            combo("encoder").setValue("dec.w");
            ComboBox<TensorRoles.Orientation> way = combo("encoder-way");
            way.setValue(TensorRoles.Orientation.ROWS);
            combo("decoder-bias").setValue("none");
            ((Button) root.lookup("#form-open")).fire();
        });

        assertThat(answers.get(0).tensors().map(TensorRoles::text)).contains("encoder:rows=dec.w,decoder=dec.w");
        assertThat(answers.get(0).k()).isEmpty();
        assertThat(answers.get(0).subtractDecoderBias()).isEmpty();
    }

    @Test
    void withoutAnEncoderItSaysWhatIsMissing() {
        show(Optional.empty());
        onFx(() -> ((Button) root.lookup("#form-open")).fire());

        assertThat(answers).isEmpty();
        assertThat(((Label) root.lookup(".problem-message")).getText()).contains("at least an encoder and a decoder");
    }

    @SuppressWarnings("unchecked")
    private <T> ComboBox<T> combo(String name) {
        return (ComboBox<T>) root.lookup("#tensors-" + name);
    }

    private void show(Optional<TensorRoles> likely) {
        List<String> matrices = List.of("enc.w", "dec.w");
        List<String> vectors = List.of("enc.b", "dec.b");
        CheckpointDoubt doubt = new CheckpointDoubt(
                null,
                Path.of("mine.safetensors"),
                SaeOptions.AS_STORED,
                Set.of(),
                32,
                HookPoint.residPre(0),
                false,
                false,
                new SaeProposal.Encoding("relu", List.of("relu"), false, OptionalDouble.empty()),
                Optional.empty(),
                Optional.of(new TensorRoles.Choices(
                        Map.of(
                                Role.ENCODER, matrices,
                                Role.DECODER, matrices,
                                Role.ENCODER_BIAS, vectors,
                                Role.DECODER_BIAS, vectors,
                                Role.THRESHOLD, vectors),
                        likely)));
        onFx(() -> root.getChildren().setAll(new TensorsForm(doubt, answers::add, () -> {}).node()));
    }
}
