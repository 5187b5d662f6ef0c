package loupe.state.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.OpenModel;
import loupe.lm.ModelConfig;
import loupe.lm.ModelConfig.BlockOrder;
import loupe.lm.ModelConfig.MlpActivation;
import loupe.lm.ModelConfig.MlpKind;
import loupe.lm.ModelConfig.NormKind;
import loupe.lm.ModelConfig.PositionEmbedding;
import loupe.lm.ModelConfig.Wiring;
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.SaeProposal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Whether it is asked if a checkpoint was trained on the centred residual stream. */
class CentringQuestionTest {
    private static final SaeProposal CENTRED = new SaeProposal(
            Set.of(SaeProposal.Missing.HOOK),
            OptionalInt.empty(),
            Optional.empty(),
            true,
            new SaeProposal.Encoding("relu", List.of("relu"), false, OptionalDouble.empty()));

    @ParameterizedTest
    @CsvSource({"LAYER_NORM, true", "RMS_NORM, false"})
    void itIsAskedOfModelsThatTransformerLensCentres(NormKind norm, boolean asked) {
        CheckpointDoubt doubt = doubt(SaeOptions.AS_STORED, model(norm));

        assertThat(doubt.offersCentring()).isEqualTo(asked);
        assertThat(doubt.centred()).isEqualTo(asked);
    }

    @Test
    void withoutAModelItIsAsked() {
        CheckpointDoubt doubt = doubt(SaeOptions.AS_STORED, null);

        assertThat(doubt.offersCentring()).isTrue();
        assertThat(doubt.centred()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(NormKind.class)
    void anAnswerCountsOnlyIfItWasAsked(NormKind norm) {
        CheckpointDoubt doubt = doubt(SaeOptions.AS_STORED, model(norm));

        assertThat(doubt.settled(doubt.k(), HookPoint.residPost(0), false, "relu", "")
                        .centred())
                .isEqualTo(norm == NormKind.LAYER_NORM ? Optional.of(false) : Optional.empty());
    }

    private static CheckpointDoubt doubt(SaeOptions options, OpenModel model) {
        return CheckpointDoubt.of(null, Path.of("sae.pt"), options, CENTRED, model, null);
    }

    private static OpenModel model(NormKind norm) {
        ModelConfig config = new ModelConfig(
                "llama",
                50,
                16,
                8,
                2,
                2,
                2,
                4,
                32,
                1e-5,
                MlpActivation.SILU,
                Collections.nCopies(2, 0.5),
                new Wiring(norm, PositionEmbedding.NONE, BlockOrder.ATTENTION_THEN_MLP, MlpKind.ONE_BRANCH, Set.of()));
        return new OpenModel(new ModelId("tiny", "m"), Path.of("tiny"), config, Optional.empty(), List.of());
    }
}
