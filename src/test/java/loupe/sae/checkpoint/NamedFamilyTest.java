package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import loupe.base.CheckpointException;
import loupe.base.HookPoint;
import loupe.base.Remedy;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a checkpoint is taken for where its family is named by hand, or only by the folder it lies in. */
class NamedFamilyTest {
    private static final int D = 4;
    private static final int N = 12;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"neel", "tokenized", "dictionary-learning"})
    void aFamilyThatCannotReadItNamesTheOneThatCan(String format) {
        Path file = fourTensors("layer_3.safetensors", true, true);
        CheckpointException refused =
                catchThrowableOfType(CheckpointException.class, () -> SaeFile.read(file, options(format)));
        assertThat(refused.remedies()).extracting(Remedy::value).containsExactly("circuit-tracer");
        assertThat(SaeFile.read(file, options(refused.remedies().get(0).value()))
                        .format())
                .isEqualTo("circuit-tracer");
    }

    @Test
    void aSquareTranscoderSaysHowItIsTakenToLie() {
        Path file = folder.resolve("layer_0.safetensors");
        new SafetensorsWriter()
                .add("W_enc", NothingIsDroppedTest.random(D, D))
                .add("W_dec", NothingIsDroppedTest.random(D, D))
                .add("b_enc", NothingIsDroppedTest.random(D))
                .add("b_dec", NothingIsDroppedTest.random(D))
                .add("activation_function.threshold", NothingIsDroppedTest.random(D))
                .write(file);
        assertThat(SaeFile.read(file, SaeOptions.AS_STORED).warnings())
                .anyMatch(warning -> warning.contains("square") && warning.contains("a feature in each row"));
    }

    @Test
    void aRenamedFileOfQwenScopeIsKnownByItsFolder() {
        Path file = fourTensors("SAE-Res-Qwen3-8B-Base-W64K-L0_3/renamed.safetensors", true, false);
        SaeFile read = SaeFile.read(file, SaeOptions.AS_STORED);
        assertThat(read.format()).isEqualTo("qwen-scope");
        assertThat(read.config().reading().subtractsDecoderBias()).isFalse();
        assertThat(read.proposal().k()).isEqualTo(OptionalInt.of(3));
    }

    @Test
    void aFolderOfTheUsersThatIsCalledEmbeddingScalesNothing() {
        List<Optional<HookPoint>> hooks = new ArrayList<>();
        for (String below : List.of("embedding/", "embedding/mine/", "embedding/layer_3/width_16k/")) {
            Path file = folder.resolve(below + "any.safetensors");
            gemmaScope(file);
            SaeFile read = SaeFile.read(file, SaeOptions.AS_STORED);
            assertThat(read.warnings()).noneMatch(warning -> warning.contains("scaled"));
            hooks.add(read.config().hook());
        }
        assertThat(hooks).containsExactly(Optional.empty(), Optional.empty(), Optional.of(HookPoint.residPost(3)));
        Path published = folder.resolve("embedding/width_4k/average_l0_6/any.safetensors");
        gemmaScope(published);
        assertThat(SaeFile.read(published, SaeOptions.AS_STORED).config().hook())
                .contains(HookPoint.of(HookPoint.Site.EMBED));
    }

    @Test
    void theKOfTrainingIsNoMatterWhereAThresholdIsLeftOfIt() {
        Path file = folder.resolve("sae_weights.safetensors");
        new SafetensorsWriter()
                .add("W_enc", NothingIsDroppedTest.random(D, N))
                .add("W_dec", NothingIsDroppedTest.random(N, D))
                .add("b_enc", NothingIsDroppedTest.random(N))
                .add("b_dec", NothingIsDroppedTest.random(D))
                .add("topk_threshold", new HostTensor(new float[] {0.5f}))
                .write(file);
        JsonFiles.write(folder.resolve("cfg.json"), Map.of("architecture", "batchtopk", "d_in", D, "d_sae", N, "k", 3));
        assertThat(SaeFile.read(folder, SaeOptions.AS_STORED).warnings())
                .noneMatch(warning -> warning.contains("not used"));
    }

    private static void gemmaScope(Path file) {
        file.getParent().toFile().mkdirs();
        new SafetensorsWriter()
                .add("w_enc", NothingIsDroppedTest.random(D, N))
                .add("w_dec", NothingIsDroppedTest.random(N, D))
                .add("b_enc", NothingIsDroppedTest.random(N))
                .add("b_dec", NothingIsDroppedTest.random(D))
                .add("threshold", NothingIsDroppedTest.random(N))
                .write(file);
    }

    private Path fourTensors(String name, boolean encoderHasFeaturesInRows, boolean decoderHasFeaturesInRows) {
        Path file = folder.resolve(name);
        file.getParent().toFile().mkdirs();
        new SafetensorsWriter()
                .add(
                        "W_enc",
                        encoderHasFeaturesInRows
                                ? NothingIsDroppedTest.random(N, D)
                                : NothingIsDroppedTest.random(D, N))
                .add(
                        "W_dec",
                        decoderHasFeaturesInRows
                                ? NothingIsDroppedTest.random(N, D)
                                : NothingIsDroppedTest.random(D, N))
                .add("b_enc", NothingIsDroppedTest.random(N))
                .add("b_dec", NothingIsDroppedTest.random(D))
                .write(file);
        return file;
    }

    private static SaeOptions options(String format) {
        return SaeOptions.builder().format(Optional.of(format)).build();
    }
}
