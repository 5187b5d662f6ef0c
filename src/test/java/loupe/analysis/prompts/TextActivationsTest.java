package loupe.analysis.prompts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.inference.Device;
import loupe.inference.LocalInferenceService;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.lm.Processing;
import loupe.sae.SparseFeatures;
import loupe.sae.checkpoint.SaeOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against the index's own query on the same text, which must agree exactly: it is the same batch. */
class TextActivationsTest {
    private static final List<Integer> TEXT = List.of(3, 1, 4, 1, 5, 9, 2, 6);

    private final LocalInferenceService service = new LocalInferenceService(Device.CPU);
    private OpenModel model;
    private OpenSae sae;
    private TextActivations.Answer answer;
    private SparseFeatures expected;

    @BeforeEach
    void open(@TempDir Path folder) throws IOException {
        TinyModel.writeTo(Files.createDirectories(folder.resolve("tiny")));
        model = service.openModel(folder.resolve("tiny"), Processing.RAW)
                .toCompletableFuture()
                .join();
        sae = service.openSae(TinySae.writeTo(folder.resolve("sae"), 7), SaeOptions.AS_STORED)
                .toCompletableFuture()
                .join();
        answer = service.submit(new TextActivations(model.id(), sae.id(), TEXT), Priority.INTERACTIVE)
                .answer()
                .toCompletableFuture()
                .join();
        expected = service.submit(
                        new CorpusActivations(model.id(), List.of(sae.id()), new int[][] {
                            TEXT.stream().mapToInt(i -> i).toArray()
                        }),
                        Priority.VISIBLE)
                .answer()
                .toCompletableFuture()
                .join()
                .get(0);
    }

    @AfterEach
    void close() {
        service.close();
    }

    @Test
    void everyFeatureIsWhatTheCorpusWouldCount() {
        for (int feature = 0; feature < TinySae.FEATURES; feature++) {
            for (int token = 0; token < TEXT.size(); token++) {
                assertThat(answer.of(feature)[token])
                        .as("feature %d at %d", feature, token)
                        .isEqualTo(expected.get(token, feature));
            }
        }
    }

    @Test
    void theStrongestFeaturesOfATokenComeLargestFirstWithoutSilentOnes() {
        for (int token = 0; token < TEXT.size(); token++) {
            List<TextActivations.Active> active = answer.strongest(token, TinySae.FEATURES);
            assertThat(active)
                    .hasSize(answer.l0(token))
                    .isSortedAccordingTo((one, other) -> Float.compare(other.activation(), one.activation()));
            int place = token;
            assertThat(active)
                    .allSatisfy(one ->
                            assertThat(one.activation()).isPositive().isEqualTo(expected.get(place, one.feature())));
            assertThat(answer.strongest(token, 2)).isEqualTo(active.subList(0, Math.min(2, active.size())));
        }
    }

    @Test
    void anEmptyTextIsRefused() {
        assertThatThrownBy(() -> new TextActivations(model.id(), sae.id(), List.of()))
                .hasMessageContaining("at least one token");
    }
}
