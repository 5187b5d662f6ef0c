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
import loupe.base.HookPoint.Site;
import loupe.inference.ModelId;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.SaeId;
import loupe.lm.ModelConfig;
import loupe.lm.ModelConfig.BlockOrder;
import loupe.lm.ModelConfig.MlpActivation;
import loupe.lm.ModelConfig.MlpKind;
import loupe.lm.ModelConfig.NormKind;
import loupe.lm.ModelConfig.PositionEmbedding;
import loupe.lm.ModelConfig.Wiring;
import loupe.sae.Activation;
import loupe.sae.SaeConfig;
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.SaeProposal;
import org.junit.jupiter.api.Test;

/** A checkpoint that does not go with the open model is refused with both named; formats I.6, 47. */
class CheckpointDoubtTest {
    private static final SaeProposal.Encoding RELU =
            new SaeProposal.Encoding("relu", List.of("relu", "topk"), false, OptionalDouble.empty());

    @Test
    void aPlaceTheModelHasNotNamesBoth() {
        assertThat(CheckpointDoubt.misfit(sae(8, new HookPoint(Site.RESID_MID, 1)), model(true))
                        .orElseThrow()
                        .message())
                .contains("sae")
                .contains("blocks.1.hook_resid_mid")
                .contains("a gpt_neox model, does not have");
        assertThat(CheckpointDoubt.misfit(sae(8, new HookPoint(Site.RESID_MID, 1)), model(false)))
                .isEmpty();
    }

    @Test
    void anotherWidthNamesBothWidths() {
        assertThat(CheckpointDoubt.misfit(sae(16, HookPoint.residPre(1)), model(true))
                        .orElseThrow()
                        .message())
                .contains("reads vectors of 16 numbers")
                .contains("at blocks.1.hook_resid_pre pythia has vectors of 8");
        assertThat(CheckpointDoubt.misfit(sae(32, new HookPoint(Site.MLP_POST, 1)), model(true)))
                .isEmpty();
    }

    @Test
    void aLayerTheModelHasNotNamesHowManyItHas() {
        assertThat(CheckpointDoubt.misfit(sae(8, HookPoint.residPost(2)), model(true))
                        .orElseThrow()
                        .message())
                .contains("blocks.2.hook_resid_post")
                .contains("has 2 layers");
    }

    @Test
    void wherePlacesAreNotSaidTheCheckpointBesideIsFollowedAndElseTheMiddleOfTheModelProposed() {
        SaeProposal silent =
                new SaeProposal(Set.of(SaeProposal.Missing.HOOK), OptionalInt.empty(), Optional.empty(), false, RELU);
        OpenSae beside = sae(8, HookPoint.residPost(1));
        assertThat(CheckpointDoubt.of(null, Path.of("sae.pt"), SaeOptions.AS_STORED, silent, model(true), beside)
                        .hook())
                .isEqualTo(HookPoint.residPost(1));
        assertThat(CheckpointDoubt.of(null, Path.of("sae.pt"), SaeOptions.AS_STORED, silent, model(true), null)
                        .hook())
                .isEqualTo(HookPoint.residPre(1));
    }

    @Test
    void aPlaceThatTheModelDoesNotHaveIsNotProposed() {
        SaeProposal elsewhere = new SaeProposal(
                Set.of(), OptionalInt.empty(), Optional.of(new HookPoint(Site.RESID_MID, 1)), false, RELU);

        assertThat(CheckpointDoubt.of(null, Path.of("sae.pt"), SaeOptions.AS_STORED, elsewhere, model(true), null)
                        .hook())
                .isEqualTo(HookPoint.residPre(1));
        assertThat(CheckpointDoubt.of(null, Path.of("sae.pt"), SaeOptions.AS_STORED, elsewhere, model(false), null)
                        .hook())
                .isEqualTo(new HookPoint(Site.RESID_MID, 1));
    }

    private static OpenSae sae(int dIn, HookPoint hook) {
        return new OpenSae(
                new SaeId("sae", "1"),
                Path.of("sae"),
                SaeConfig.of("saelens", dIn, 20, new Activation.Relu(), true).trainedAt("m", hook, false),
                List.of(),
                "weights");
    }

    private static OpenModel model(boolean parallel) {
        ModelConfig config = new ModelConfig(
                "gpt_neox",
                50,
                16,
                8,
                2,
                2,
                2,
                4,
                32,
                1e-5,
                MlpActivation.GELU,
                Collections.nCopies(2, 0.5),
                new Wiring(
                        NormKind.LAYER_NORM,
                        PositionEmbedding.NONE,
                        parallel ? BlockOrder.PARALLEL : BlockOrder.ATTENTION_THEN_MLP,
                        MlpKind.ONE_BRANCH,
                        Set.of()));
        return new OpenModel(new ModelId("pythia", "m"), Path.of("pythia"), config, Optional.empty(), List.of());
    }
}
