package loupe.state.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import javafx.beans.property.SimpleObjectProperty;
import loupe.TinySae;
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
import loupe.sae.checkpoint.SaeAudit;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import loupe.state.Opened;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CentringFindingTest {
    @TempDir
    Path folder;

    private final Opened opened = new Opened();
    private final CheckpointAudit audit = new CheckpointAudit(
            opened.workbench, opened.workbench.a(), new SimpleObjectProperty<>(), new SimpleObjectProperty<>());

    @Test
    void aModelWithLayerNormMayBeCentred() throws IOException {
        open();

        assertThat(centring().sentence()).contains("not centred");
        assertThat(centring().remedy()).map(SaeAudit.Remedy::label).contains("Centre the activations");
    }

    @Test
    void aModelWithRmsNormIsNotAndItIsSaidWhy() throws IOException {
        openRmsNorm();
        open();

        assertThat(centring().sentence()).startsWith("RMSNorm: TransformerLens centres nothing");
        assertThat(centring().remedy()).isEmpty();
    }

    private SaeAudit.Finding centring() {
        return audit.findings().get().stream()
                .filter(finding -> finding.topic().equals(SaeAudit.CENTRING))
                .findFirst()
                .orElseThrow();
    }

    private void open() throws IOException {
        Path sae = TinySae.writeTo(folder.resolve("sae"), 1);
        OpenSae open = new OpenSae(
                new SaeId("sae", "1"),
                sae,
                SaeFile.read(sae, SaeOptions.AS_STORED).config(),
                List.of(),
                "weights");
        opened.service.saes.put(sae, CompletableFuture.completedFuture(open));
        opened.workbench.openCheckpoint(opened.workbench.a(), sae, SaeOptions.AS_STORED);
    }

    private void openRmsNorm() {
        Path llama = Path.of("nowhere", "llama");
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
                new Wiring(
                        NormKind.RMS_NORM,
                        PositionEmbedding.NONE,
                        BlockOrder.ATTENTION_THEN_MLP,
                        MlpKind.GATED,
                        Set.of()));
        opened.service.models.put(
                llama,
                CompletableFuture.completedFuture(
                        new OpenModel(new ModelId("llama", "l"), llama, config, Optional.empty(), List.of())));
        opened.workbench.openModel(llama);
    }
}
