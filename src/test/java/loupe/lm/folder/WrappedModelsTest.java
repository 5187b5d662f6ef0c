package loupe.lm.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import loupe.TinyModel;
import loupe.Trial;
import loupe.base.CheckpointException;
import loupe.lm.Input;
import loupe.lm.LanguageModelTest;
import loupe.lm.Processing;
import loupe.lm.TinyFamily;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Models whose names other libraries have put something around, and models in a cache of downloads. */
class WrappedModelsTest {
    private static final int[] IDS = {5, 20, 17, 2, 0, 11};

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "_orig_mod.",
                "module.",
                "module._orig_mod.",
                "state_dict.",
                "model.",
                "state_dict.model.",
                "net_g."
            })
    void whatIsBeforeEveryNameIsLeftOut(String wrapping) throws IOException {
        for (TinyFamily family : TinyFamily.all()) {
            Map<String, HostTensor> weights = new LinkedHashMap<>();
            family.weights().forEach((name, tensor) -> weights.put(wrapping + name, tensor));
            Files.writeString(folder.resolve("config.json"), new ObjectMapper().writeValueAsString(family.config()));
            TinyModel.writeSafetensors(folder.resolve("model.safetensors"), weights);
            try (ModelFolder files = ModelFolder.open(folder);
                    NDManager base = NDManager.newBaseManager()) {
                assertThat(files.warnings()).noneMatch(warning -> warning.contains("not used"));
                LanguageModelTest.assertClose(
                        files.read(Processing.RAW)
                                .on(base.newSubManager())
                                .forward(base, Input.of(IDS))
                                .toFloatArray(),
                        LanguageModelTest.flat(family.logits(IDS)),
                        2e-5);
            }
        }
    }

    /** Saved after {@code torch.compile}. */
    @Test
    void aCompiledModelOpens() {
        try (ModelFolder files =
                ModelFolder.open(Trial.folder("compiled-prefix").resolve("model"))) {
            assertThat(files.config().nLayers()).isEqualTo(2);
            assertThat(files.warnings()).containsExactly("There is no tokenizer, so tokens are shown by their ids");
        }
    }

    /** Of the trial the links have become texts with what they lead to. */
    @Test
    void theFolderOfAModelInADownloadCacheStandsForItsSnapshot() throws IOException {
        String name = "models--meta-llama--Llama-tiny";
        String revision = "snapshots/0123456789abcdef0123456789abcdef01234567";
        Path trial = Trial.folder("hub-cache").resolve(name);
        Path cached = folder.resolve(name);
        Path snapshot = Files.createDirectories(cached.resolve(revision));
        Files.createDirectories(cached.resolve("refs"));
        Files.copy(trial.resolve("refs/main"), cached.resolve("refs/main"));
        for (String file : new String[] {"config.json", "model.safetensors"}) {
            Path blob = trial.resolve(revision)
                    .resolve(Files.readString(trial.resolve(revision).resolve(file)));
            Files.createSymbolicLink(
                    snapshot.resolve(file), blob.toAbsolutePath().normalize());
        }
        assertThat(ModelFolder.recognise(cached)).contains("llama");
        try (ModelFolder files = ModelFolder.open(cached)) {
            assertThat(files.path()).isEqualTo(snapshot);
            assertThat(files.config().vocabularySize()).isEqualTo(64);
        }
    }

    @Test
    void aLinkToWeightsThatAreNotThereIsNamed() throws IOException {
        TinyModel.writeTo(folder);
        Files.delete(folder.resolve("model.safetensors"));
        Path link = Files.createSymbolicLink(folder.resolve("model.safetensors"), Path.of("..", "blobs", "1f2e"));
        assertThatThrownBy(() -> ModelFolder.open(folder).close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(link + ": this symbolic link leads to ../blobs/1f2e, which is not there");
    }

    @Test
    void aLinkToSettingsThatAreNotThereIsNamed() throws IOException {
        TinyModel.writeTo(folder);
        Files.delete(folder.resolve("config.json"));
        Files.createSymbolicLink(folder.resolve("config.json"), Path.of("..", "blobs", "1f2e"));
        assertThatThrownBy(() -> ModelFolder.open(folder).close())
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("config.json: this symbolic link leads to ../blobs/1f2e");
    }
}
