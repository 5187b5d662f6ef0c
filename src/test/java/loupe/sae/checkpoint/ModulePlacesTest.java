package loupe.sae.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import loupe.Trial;
import loupe.base.HookPoint;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;
import loupe.format.TorchWriter;
import loupe.sae.SaeConfig;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checkpoints that name the place they read by a module of the model, with what that module takes or gives. */
class ModulePlacesTest {
    private static final int D = 4;
    private static final int N = 8;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "0, blocks.12.hook_resid_post",
        "1, blocks.30.hook_resid_post",
        "2, blocks.3.hook_resid_post",
        "3, blocks.3.hook_resid_post",
        "sparsify/model.layers.5.mlp, blocks.5.mlp.hook_out",
    })
    void whatPeopleHaveIsRead(String name, String hook) {
        SaeFile file = SaeFile.read(Trial.folder("hook-names").resolve(name), SaeOptions.AS_STORED);

        assertThat(file.config().hook()).map(HookPoint::name).contains(hook);
        assertThat(file.config().trained().centred()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "blocks.3.hook_out, blocks.3.hook_resid_post",
        "blocks.3.hook_in, blocks.3.hook_resid_pre",
        "blocks.3.mlp.hook_in, blocks.3.mlp.hook_in",
        "language_model.model.layers.3, blocks.3.hook_resid_post",
        "model.layers.3.mlp, blocks.3.mlp.hook_out",
        "model.layers.3.self_attn, blocks.3.attn.hook_out",
    })
    void aSaeLensFolderMayNameAModule(String name, String hook) throws IOException {
        SaeConfig config = read(saeLens(Map.of("hook_name", name)));

        assertThat(config.hook()).map(HookPoint::name).contains(hook);
    }

    @Test
    void aSaeLensTranscoderReadsAndWritesAModule() throws IOException {
        SaeConfig config = read(saeLens(
                Map.of("hook_name", "blocks.3.mlp.hook_in", "hook_name_out", "blocks.3.mlp.hook_out"), "transcoder"));

        assertThat(config.hook()).map(HookPoint::name).contains("blocks.3.mlp.hook_in");
        assertThat(config.hookOut()).map(HookPoint::name).contains("blocks.3.mlp.hook_out");
    }

    @Test
    void aNameThatIsNoPlaceIsSaidWithTheNearest() throws IOException {
        SaeFile file = SaeFile.read(saeLens(Map.of("hook_name", "blocks.3.hook_mlp_in")), SaeOptions.AS_STORED);

        assertThat(file.config().hook()).isEmpty();
        assertThat(file.warnings())
                .anyMatch(warning -> warning.contains("blocks.3.hook_mlp_in")
                        && warning.contains("the nearest: blocks.3.mlp.hook_in"));
    }

    @ParameterizedTest
    @CsvSource({
        "layers.2, false, blocks.2.hook_resid_post, ",
        "layers.2, true, blocks.2.hook_resid_pre, blocks.2.hook_resid_post",
        "layers.2.mlp, false, blocks.2.mlp.hook_out, ",
        "layers.2.mlp, true, blocks.2.mlp.hook_in, blocks.2.mlp.hook_out",
        "model.layers.2.mlp, true, blocks.2.mlp.hook_in, blocks.2.mlp.hook_out",
        "h.2.attn, true, blocks.2.attn.hook_in, blocks.2.attn.hook_out",
        "gpt_neox.layers.2.attention, false, blocks.2.attn.hook_out, ",
        "model.layers.2.self_attn, false, blocks.2.attn.hook_out, ",
        "layers.2.self_attn, true, blocks.2.attn.hook_in, blocks.2.attn.hook_out",
        "embed_tokens, false, hook_embed, ",
    })
    void aSparsifyFolderIsNamedAfterItsModule(String name, boolean transcode, String hook, String out)
            throws IOException {
        Path sae = Files.createDirectories(folder.resolve(name));
        new SafetensorsWriter()
                .add("encoder.weight", zeros(N, D))
                .add("encoder.bias", zeros(N))
                .add("W_dec", zeros(N, D))
                .add("b_dec", zeros(D))
                .write(sae.resolve("sae.safetensors"));
        JsonFiles.write(
                sae.resolve("cfg.json"), Map.of("d_in", D, "expansion_factor", 2, "k", 3, "transcode", transcode));
        SaeConfig config = read(sae);

        assertThat(config.hook()).map(HookPoint::name).contains(hook);
        assertThat(config.hookOut().map(HookPoint::name).orElse(null)).isEqualTo(out);
    }

    @ParameterizedTest
    @CsvSource({
        "resid_post_layer_2, out, blocks.2.hook_resid_post, ",
        "resid_post_layer_2, in, blocks.2.hook_resid_pre, ",
        "resid_pre_layer_2, in, blocks.2.hook_resid_pre, ",
        "mlp_layer_2, out, blocks.2.mlp.hook_out, ",
        "mlp, in, blocks.2.mlp.hook_in, ",
        "mlp_out_layer_2, out, blocks.2.mlp.hook_out, ",
        "mlp, in_and_out, blocks.2.mlp.hook_in, blocks.2.mlp.hook_out",
        "attn, in, blocks.2.attn.hook_in, ",
        "attention, out, blocks.2.attn.hook_out, ",
        "attn_out_layer2, out, blocks.2.attn.hook_out, ",
        "gpt_neox.layers.2.mlp, in, blocks.2.mlp.hook_in, ",
        "model.layers.2, out, blocks.2.hook_resid_post, ",
        "blocks.2.mlp.hook_in, out, blocks.2.mlp.hook_in, ",
    })
    void dictionaryLearningSaysWhichEndOfTheModule(String submodule, String io, String hook, String out)
            throws IOException {
        new TorchWriter()
                .add("bias", zeros(D))
                .add("encoder.weight", zeros(N, D))
                .add("encoder.bias", zeros(N))
                .add("decoder.weight", zeros(D, N))
                .write(folder.resolve("ae.pt"));
        JsonFiles.write(
                folder.resolve("config.json"),
                Map.of(
                        "trainer",
                        Map.of("dict_class", "AutoEncoder", "layer", 2, "submodule_name", submodule),
                        "buffer",
                        Map.of("io", io)));
        SaeConfig config = read(folder.resolve("ae.pt"));

        assertThat(config.hook()).map(HookPoint::name).contains(hook);
        assertThat(config.hookOut().map(HookPoint::name).orElse(null)).isEqualTo(out);
    }

    @Test
    void aGemmaScope2TranscoderReadsBehindTheGainAndWritesBehindThePostNorm() throws IOException {
        new SafetensorsWriter()
                .add("w_enc", zeros(D, N))
                .add("w_dec", zeros(N, D))
                .add("b_enc", zeros(N))
                .add("b_dec", zeros(D))
                .add("threshold", zeros(N))
                .write(folder.resolve("params.safetensors"));
        JsonFiles.write(
                folder.resolve("config.json"),
                Map.of(
                        "architecture",
                        "jump_relu",
                        "hf_hook_point_in",
                        "model.layers.7.pre_feedforward_layernorm.output",
                        "hf_hook_point_out",
                        "model.layers.7.post_feedforward_layernorm.output"));
        SaeConfig config = read(folder.resolve("params.safetensors"));

        assertThat(config.hook()).map(HookPoint::name).contains("blocks.7.mlp.hook_in");
        assertThat(config.hookOut()).map(HookPoint::name).contains("blocks.7.hook_mlp_out");
    }

    private static SaeConfig read(Path path) {
        return SaeFile.read(path, SaeOptions.AS_STORED).config();
    }

    private Path saeLens(Map<String, Object> metadata) throws IOException {
        return saeLens(metadata, "standard");
    }

    private Path saeLens(Map<String, Object> metadata, String architecture) throws IOException {
        new SafetensorsWriter()
                .add("W_enc", zeros(D, N))
                .add("b_enc", zeros(N))
                .add("W_dec", zeros(N, D))
                .add("b_dec", zeros(D))
                .write(folder.resolve("sae_weights.safetensors"));
        Map<String, Object> all = new HashMap<>(metadata);
        all.put("sae_lens_version", "6.49.2");
        JsonFiles.write(
                folder.resolve("cfg.json"),
                Map.of("architecture", architecture, "d_in", D, "d_sae", N, "d_out", D, "metadata", all));
        return folder;
    }

    private static HostTensor zeros(int... shape) {
        int size = 1;
        for (int length : shape) {
            size *= length;
        }
        return new HostTensor(new float[size], shape);
    }
}
