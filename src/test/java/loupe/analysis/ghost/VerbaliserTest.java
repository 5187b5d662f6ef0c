package loupe.analysis.ghost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import loupe.TinyModel;
import loupe.analysis.TestDevice;
import loupe.analysis.Vectors;
import loupe.base.CheckpointException;
import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.SaeId;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VerbaliserTest {
    @TempDir
    Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("verbaliser.json"), text);
    }

    /** Whatever the mix and the components, whose direction is no unit vector. */
    @ParameterizedTest
    @ValueSource(doubles = {0, 0.3, 1})
    void theInjectedVectorHasTheNormAskedFor(double mix) throws IOException {
        Verbaliser verbaliser =
                Verbaliser.read(file("{\"prompt\": \"<concept>{ghost}</concept>\", \"injection_scale\": 150}"));
        ModelConfig config = ModelConfig.gpt2(40, 32, 8, 2, 2);
        try (TestDevice device = new TestDevice()) {
            ModelId model = device.model("tiny", config, TinyModel.weights(config, 7));
            GhostSource source = new GhostSource.Directions(
                    new HostTensor(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 8),
                    new HostTensor(new float[] {8, -1, 3, 2, 0, 0, 1, 1}, 8));
            GhostSettings settings = new GhostSettings(source, mix, 3.8, true, List.of(0.2), PcaSign.POSITIVE);
            GhostBasis.Answer basis = device.ask(new GhostBasis(model, settings));
            GhostSettings applied = verbaliser.apply(
                    settings, Vectors.doubles(basis.vector(settings).direction()));
            double[] ghost = Vectors.doubles(basis.vector(applied).ghost());
            double[] direction = Vectors.doubles(basis.vector(settings).direction());
            assertThat(Vectors.norm(ghost)).isCloseTo(150, within(1e-3));
            assertThat(Vectors.dot(ghost, direction) / Vectors.norm(ghost) / Vectors.norm(direction))
                    .isCloseTo(1, within(1e-6));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"prompt\": \"no place\", \"norm\": 1}",
                "{\"norm\": 1}",
                "{\"prompt\": \"{ghost}\"}",
                "{\"prompt\": \"{ghost}\", \"norm\": 0}"
            })
    void aSidecarThatDoesNotSayPromptAndNormIsRefused(String text) throws IOException {
        Path file = file(text);
        assertThatThrownBy(() -> Verbaliser.read(file))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("verbaliser.json");
    }

    @Test
    void everyBuiltInWordingHasPlacesForTheGhost() {
        Map<String, Integer> places = PromptPreset.ALL.stream()
                .collect(java.util.stream.Collectors.toMap(
                        PromptPreset::name,
                        preset -> GhostPrompt.pieces(preset.text()).size() - 1));
        assertThat(places)
                .containsEntry("Typical definition", 1)
                .containsEntry("Self-explanation", 3)
                .doesNotContainValue(0);
        assertThat(PromptPreset.ALL.get(0).text()).isEqualTo(GhostPrompt.DEFAULT_TEXT);
        assertThatThrownBy(() -> new PromptPreset("none", "no place")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void manyGhostsGetTheNormTogetherOnlyWhereTheirDirectionsAreOfLengthOne() {
        Verbaliser verbaliser = new Verbaliser("say {ghost}", 150);
        GhostSettings settings = GhostSettings.decoder(new SaeId("sae", "1"), 3);
        assertThat(verbaliser.applyToAll(settings).scale()).isEqualTo(150);
        assertThat(verbaliser.applyToAll(settings).centroid()).isFalse();
        assertThatThrownBy(() -> verbaliser.applyToAll(settings.withEncoderMix(0.5)))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("each of another length");
        assertThatThrownBy(() -> verbaliser.applyToAll(settings.withPca(PcaSign.POSITIVE, 0.1)))
                .isInstanceOf(Refusal.class);
    }
}
