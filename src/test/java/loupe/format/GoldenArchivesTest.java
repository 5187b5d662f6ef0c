package loupe.format;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import loupe.Golden;
import loupe.tensor.StoredTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files written by torch, numpy and safetensors themselves: the same weights from every container, bit for bit. */
class GoldenArchivesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "dl_AutoEncoder",
                "dl_AutoEncoderNew",
                "dl_AutoEncoderTopK",
                "dl_BatchTopKSAE",
                "dl_JumpReluAutoEncoder",
                "dl_MatryoshkaBatchTopKSAE"
            })
    void dictionaryLearningFilesEqualTheirCopies(String name) {
        assertSameTensors(
                Golden.folder(name).resolve("ae.pt"),
                Container.TORCH_ZIP,
                Golden.folder(name).resolve("weights_copy.safetensors"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tok_gated", "tok_topk", "tok_topk_nolookup", "tok_vanilla"})
    void tokenizedSaeFilesEqualTheirCopies(String name) {
        assertSameTensors(
                Golden.folder(name).resolve("sae.pt"),
                Container.TORCH_ZIP,
                Golden.folder(name).resolve("weights_copy.safetensors"));
    }

    @Test
    void aDictionaryLearningFileOfTheOldKindEqualsItsCopy() {
        Path folder = Golden.folder("dl_GatedAutoEncoder");
        assertSameTensors(folder.resolve("ae.pt"), Container.TORCH_LEGACY, folder.resolve("weights_copy.safetensors"));
    }

    @Test
    void legacyFilesEqualSafetensors() {
        Path folder = Golden.folder("hf_gpt2_a");
        assertSameTensors(
                folder.resolve("model_bin_legacy/pytorch_model.bin"),
                Container.TORCH_LEGACY,
                folder.resolve("model/model.safetensors"));
    }

    @Test
    void zipFilesEqualSafetensors() {
        Path folder = Golden.folder("hf_gpt2_a");
        assertSameTensors(
                folder.resolve("model_bin_zip/pytorch_model.bin"),
                Container.TORCH_ZIP,
                folder.resolve("model/model.safetensors"));
    }

    @ParameterizedTest
    @CsvSource({
        "hf_gpt2_a, model_sharded, SAFETENSORS",
        "hf_llama_gqa, model_sharded, SAFETENSORS",
        "hf_gptneo_a, model_bin_sharded, TORCH_ZIP"
    })
    void shardsSeenAsOneEqualTheSingleFile(String name, String folder, Container container) {
        assertSameTensors(
                Golden.folder(name).resolve(folder),
                container,
                Golden.folder(name).resolve("model"));
    }

    @Test
    void aFileWithUnusedBuffersHoldsTheSameWeights() {
        Path folder = Golden.folder("hf_gptneox_parallel");
        assertSameTensors(folder.resolve("model_bin_oldbuffers"), Container.TORCH_ZIP, folder.resolve("model"));
    }

    @Test
    void npzFilesHoldTheirArrays() {
        Path file = Golden.folder("gemmascope_res").resolve("layer_1/width_16k/average_l0_20/params.npz");
        try (TensorArchive archive = TensorArchives.open(file)) {
            assertThat(archive.container()).isEqualTo(Container.NPZ);
            assertThat(archive.names()).containsExactlyInAnyOrder("W_enc", "W_dec", "b_enc", "b_dec", "threshold");
            assertThat(archive.tensor("W_enc").shape()).containsExactly(24L, 96L);
            assertThat(archive.tensor("W_dec").shape()).containsExactly(96L, 24L);
            assertThat(archive.tensor("W_enc").toHost().data()).hasSize(24 * 96).doesNotContain(Float.NaN);
        }
    }

    /**
     * Every tensor of the safetensors file is in the other with equal shape and bits; the other may have more (tied
     * weights).
     */
    private static void assertSameTensors(Path other, Container container, Path safetensors) {
        try (TensorArchive expected = TensorArchives.open(safetensors);
                TensorArchive actual = TensorArchives.open(other)) {
            assertThat(actual.container()).isEqualTo(container);
            assertThat(actual.names()).containsAll(expected.names());
            for (String name : expected.names()) {
                StoredTensor tensor = actual.tensor(name);
                assertThat(tensor.shape())
                        .as(name)
                        .isEqualTo(expected.tensor(name).shape());
                assertThat(tensor.dtype())
                        .as(name)
                        .isEqualTo(expected.tensor(name).dtype());
                assertThat(tensor.toHost())
                        .as(name)
                        .isEqualTo(expected.tensor(name).toHost());
            }
        }
    }
}
