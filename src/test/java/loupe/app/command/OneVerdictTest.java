package loupe.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import loupe.TinyModel;
import loupe.inference.Device;
import loupe.inference.InferenceService;
import loupe.inference.LocalInferenceService;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Pending;
import loupe.lm.Processing;
import loupe.sae.checkpoint.SaeOptions;
import loupe.sae.checkpoint.SaeProposal;
import loupe.state.FakeService;
import loupe.state.window.Activity;
import loupe.state.window.Notices;
import loupe.state.window.Workbench;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The window and the command line say the same about a checkpoint and a model: a GPT-2 of 2 layers and 2 heads, 8 wide,
 * its MLPs 32.
 */
class OneVerdictTest {
    private static final String ACCEPTED = "accepted";

    private static final int FEATURES = 6;

    @TempDir
    static Path folder;

    private static InferenceService service;
    private static OpenModel model;

    @BeforeAll
    static void openTheModel() throws IOException {
        TinyModel.writeTo(folder.resolve("tiny"));
        Files.writeString(folder.resolve("corpus.txt"), "the otter is a definition of the other".repeat(4));
        service = new LocalInferenceService(Device.CPU);
        model = Pending.await(service.openModel(folder.resolve("tiny"), Processing.RAW));
    }

    @AfterAll
    static void close() {
        service.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // reads at | dIn | head | writes at | dOut | verdict
                "blocks.1.hook_resid_pre          | 8  |   |                        |    | accepted",
                "blocks.1.hook_resid_post         | 8  |   |                        |    | accepted",
                "blocks.0.hook_resid_mid          | 8  |   |                        |    | accepted",
                "hook_pos_embed                   | 8  |   |                        |    | accepted",
                "blocks.0.ln2.hook_normalized     | 8  |   | blocks.0.hook_mlp_out  | 8  | accepted",
                "blocks.0.ln2.hook_normalized     | 8  |   |                        | 32 | accepted",
                "blocks.1.mlp.hook_post           | 32 |   |                        |    | accepted",
                "blocks.1.attn.hook_z             | 8  |   |                        |    | accepted",
                "blocks.1.attn.hook_z             | 4  | 1 |                        |    | accepted",
                "blocks.1.attn.hook_q             | 8  |   |                        |    | accepted",
                "blocks.0.mlp.hook_pre_linear     | 32 |   |                        |    | which tiny, a gpt2 model, "
                        + "does not have",
                "blocks.0.attn.hook_attn_scores   | 8  |   |                        |    | where a token of tiny has "
                        + "no vector",
                "blocks.0.attn.hook_pattern       | 8  |   |                        |    | where a token of tiny has "
                        + "no vector",
                "blocks.0.hook_resid_mid          | 8  |   | blocks.1.hook_mlp_out  | 40 | writes vectors of 40 "
                        + "numbers, but at blocks.1.hook_mlp_out tiny has vectors of 8",
                "blocks.0.ln2.hook_normalized     | 8  |   |                        | 40 | writes vectors of 40 "
                        + "numbers, and tiny has none of that width",
                "blocks.0.ln2.hook_normalized     | 8  |   | blocks.9.hook_mlp_out  | 8  | writes at "
                        + "blocks.9.hook_mlp_out, but tiny has 2 layers",
                "blocks.0.hook_resid_mid          | 8  |   | blocks.0.attn.hook_pattern | 8 | where a token of tiny "
                        + "has no vector",
                "blocks.2.hook_resid_pre          | 8  |   |                        |    | reads at "
                        + "blocks.2.hook_resid_pre, but tiny has 2 layers",
                "blocks.1.hook_resid_pre          | 16 |   |                        |    | reads vectors of 16 "
                        + "numbers, but at blocks.1.hook_resid_pre tiny has vectors of 8",
                "blocks.1.mlp.hook_post           | 8  |   |                        |    | tiny has vectors of 32",
                "blocks.1.ln1.hook_scale          | 8  |   |                        |    | tiny has vectors of 1",
                "blocks.1.attn.hook_z             | 4  | 2 |                        |    | reads head 2 at "
                        + "blocks.1.attn.hook_z, where tiny has 2 heads",
                "blocks.1.attn.hook_z             | 8  | 1 |                        |    | reads vectors of 8 "
                        + "numbers, but at blocks.1.attn.hook_z tiny has vectors of 4",
                "                                 | 8  |   |                        |    | does not say where in the "
                        + "model it reads",
                "                                 | 40 |   |                        |    | reads vectors of 40 "
                        + "numbers, and tiny has none of that width"
            })
    void theWindowAndTheCommandLineAgree(
            String reads, int dIn, Integer head, String writes, Integer dOut, String verdict) throws IOException {
        Path sae = write(reads, dIn, head, writes, dOut);

        String inTheWindow = window(sae);
        CommandRun command = CommandRun.of(
                "index",
                "build",
                "--model",
                folder.resolve("tiny"),
                "--sae",
                sae,
                "--corpus",
                folder.resolve("corpus.txt"),
                "--out",
                Files.createTempDirectory(folder, "index"),
                "--quiet");

        if (verdict.equals(ACCEPTED)) {
            assertThat(inTheWindow).isEqualTo(ACCEPTED);
            assertThat(command.code).as(command.err).isZero();
        } else {
            assertThat(inTheWindow).contains(verdict);
            assertThat(command.err).contains(inTheWindow);
            assertThat(command.code).isEqualTo(reads == null && dIn == 8 ? 2 : 3);
        }
    }

    /** What the workbench says of a checkpoint; a question about it counts as the refusal that led to it. */
    private static String window(Path sae) {
        FakeService answers = new FakeService();
        OpenSae opened = Pending.await(service.openSae(sae, SaeOptions.AS_STORED));
        answers.models.put(model.folder(), CompletableFuture.completedFuture(model));
        answers.saes.put(sae, CompletableFuture.completedFuture(opened));
        Workbench workbench = new Workbench(
                answers, Runnable::run, new Notices(Clock.systemUTC()), new Activity(Runnable::run, () -> 0));
        workbench.openModel(model.folder());
        workbench.openCheckpoint(workbench.a(), sae, SaeOptions.AS_STORED);
        service.close(opened.id());
        if (workbench.doubt().get() != null) {
            assertThat(workbench.doubt().get().missing()).isEqualTo(Set.of(SaeProposal.Missing.HOOK));
            return sae + " does not say where in the model it reads";
        }
        return workbench.a().problem().get() == null
                ? ACCEPTED
                : workbench.a().problem().get().message();
    }

    private static Path write(String reads, int dIn, Integer head, String writes, Integer dOut) throws IOException {
        Path sae = Files.createTempDirectory(folder, "sae");
        int out = dOut == null ? dIn : dOut;
        TinyModel.writeSafetensors(
                sae.resolve("sae_weights.safetensors"),
                Map.of(
                        "W_enc",
                        new HostTensor(new float[dIn * FEATURES], dIn, FEATURES),
                        "W_dec",
                        new HostTensor(new float[FEATURES * out], FEATURES, out),
                        "b_enc",
                        new HostTensor(new float[FEATURES], FEATURES),
                        "b_dec",
                        new HostTensor(new float[out], out)));
        Files.writeString(
                sae.resolve("cfg.json"),
                "{\"architecture\": \"" + (dOut == null ? "standard" : "transcoder") + "\", \"d_in\": " + dIn
                        + ", \"d_out\": " + out + ", \"d_sae\": " + FEATURES
                        + ", \"apply_b_dec_to_input\": false, \"normalize_activations\": \"none\""
                        + ", \"metadata\": {\"sae_lens_version\": \"6.18.0\""
                        + (reads == null ? "" : ", \"hook_name\": \"" + reads + "\"")
                        + (writes == null ? "" : ", \"hook_name_out\": \"" + writes + "\"")
                        + (head == null ? "" : ", \"hook_head_index\": " + head) + "}}");
        return sae;
    }
}
