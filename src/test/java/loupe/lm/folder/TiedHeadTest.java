package loupe.lm.folder;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import loupe.TinyModel;
import loupe.Trial;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.lm.Input;
import loupe.lm.LanguageModelTest;
import loupe.lm.Processing;
import loupe.lm.TinyFamily;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of an unembedding that config.json says is the embedding: as transformers 5 does. */
class TiedHeadTest {
    private static final int[] IDS = {1, 5, 9, 33, 12, 7, 60, 2, 3, 4, 11};

    @TempDir
    Path folder;

    /** Expected logits: of the trial, computed in float64 with the head that the file has. */
    @Test
    void aHeadThatDiffersIsUsedAndSaidSo() {
        Path trial = Trial.folder("tied-but-head-differs");
        try (TensorArchive expected = TensorArchives.open(trial.resolve("expected.safetensors"))) {
            LanguageModelTest.assertClose(
                    logits(trial.resolve("llama"), IDS),
                    expected.tensor("logits_untied").toHost().data(),
                    1e-4);
        }
        try (ModelFolder files = ModelFolder.open(trial.resolve("llama"))) {
            assertThat(files.warnings())
                    .contains("tie_word_embeddings is true, but lm_head.weight differs from model.embed_tokens.weight;"
                            + " the two are not tied, and both are used");
        }
    }

    @Test
    void aHeadThatIsEqualIsTiedWithoutAWord() throws IOException {
        Map<String, HostTensor> weights =
                read(Trial.folder("tied-but-head-differs").resolve("llama"));
        weights.put("lm_head.weight", weights.get("model.embed_tokens.weight"));
        write(config(Trial.folder("tied-but-head-differs").resolve("llama")), weights);
        try (ModelFolder files = ModelFolder.open(folder);
                NDManager base = NDManager.newBaseManager();
                TensorArchive expected = TensorArchives.open(
                        Trial.folder("tied-but-head-differs").resolve("expected.safetensors"))) {
            assertThat(files.warnings()).noneMatch(warning -> warning.contains("lm_head"));
            assertThat(files.read(Processing.RAW).on(base).parameters()).doesNotContainKey("lm_head.weight");
            LanguageModelTest.assertClose(
                    logits(folder, IDS), expected.tensor("logits_tied").toHost().data(), 1e-4);
        }
    }

    @Test
    void aHeadWithoutAnEmbeddingIsTheEmbedding() throws IOException {
        Path trial = Trial.folder("gpt2-only-lm_head");
        Map<String, HostTensor> weights = read(trial);
        weights.put("transformer.wte.weight", weights.remove("lm_head.weight"));
        write(config(trial), weights);
        assertThat(logits(trial, 1, 2, 3)).isEqualTo(logits(folder, 1, 2, 3));
    }

    /** Each family's file as {@code safetensors.save_model} leaves it: of two names of one tensor, one. */
    @ParameterizedTest
    @ValueSource(strings = {"gpt_neo", "gptj", "gpt_neox", "qwen3", "gemma2"})
    void everyFamilyTakesEitherNameOfOneMatrix(String name) throws IOException {
        TinyFamily family = TinyFamily.all().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow();
        Map<String, Object> config = new LinkedHashMap<>(family.config());
        config.put("tie_word_embeddings", true);
        Map<String, HostTensor> weights = new LinkedHashMap<>(family.weights());
        String head = name.equals("gpt_neox") ? "embed_out.weight" : "lm_head.weight";
        String embedding = Stream.of("transformer.wte.weight", "gpt_neox.embed_in.weight", "model.embed_tokens.weight")
                .filter(weights::containsKey)
                .findFirst()
                .orElseThrow();
        weights.remove(head);
        write(config, weights);
        float[] expected = logits(folder, 1, 2, 3);
        weights.put(head, weights.remove(embedding));
        write(config, weights);
        assertThat(logits(folder, 1, 2, 3)).isEqualTo(expected);
    }

    private static Map<String, Object> config(Path model) throws IOException {
        @SuppressWarnings("unchecked") // keys of a JSON object are texts
        Map<String, Object> config =
                new ObjectMapper().readValue(Files.readString(model.resolve("config.json")), LinkedHashMap.class);
        return config;
    }

    private void write(Map<String, Object> config, Map<String, HostTensor> weights) throws IOException {
        Files.writeString(folder.resolve("config.json"), new ObjectMapper().writeValueAsString(config));
        TinyModel.writeSafetensors(folder.resolve("model.safetensors"), weights);
    }

    private static Map<String, HostTensor> read(Path model) {
        Map<String, HostTensor> weights = new LinkedHashMap<>();
        try (TensorArchive archive = TensorArchives.open(model)) {
            for (String name : List.copyOf(archive.names())) {
                weights.put(name, archive.tensor(name).toHost());
            }
        }
        return weights;
    }

    private static float[] logits(Path model, int... ids) {
        try (ModelFolder files = ModelFolder.open(model);
                NDManager base = NDManager.newBaseManager()) {
            return files.read(Processing.RAW)
                    .on(base.newSubManager())
                    .forward(base, Input.of(ids))
                    .toFloatArray();
        }
    }
}
