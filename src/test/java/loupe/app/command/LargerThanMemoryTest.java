package loupe.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import loupe.app.cli.ExitCode;
import loupe.base.MachineMemory;
import loupe.base.MemoryBudget;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;
import loupe.format.SparseFiles;
import loupe.tensor.HeldMemory;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checkpoints of 40 GB and models of 60 GB, or of as much as this machine has, in files of holes. The checksums of the
 * torch files are wrong, which is found only by reading them.
 */
class LargerThanMemoryTest {
    private static final int D = 4096;
    private static final long MACHINE = MachineMemory.ofThisProcess().total();
    private static final long CHECKPOINT_BYTES = Math.max(40_000_000_000L, MACHINE);
    private static final long MODEL_BYTES = Math.max(60_000_000_000L, MACHINE);

    @TempDir
    Path folder;

    private Path input;

    @BeforeEach
    void writeVectors() {
        input = folder.resolve("x.safetensors");
        new SafetensorsWriter().add("x", new HostTensor(new float[D], 1, D)).write(input);
    }

    @Test
    void aCheckpointIsRefusedWithWhatItNeedsAndWhatThereIs() throws IOException {
        Path sae = Files.createDirectory(folder.resolve("sae"));
        long features = CHECKPOINT_BYTES / (8 * D);
        SparseFiles.safetensors(
                sae.resolve("sae_weights.safetensors"),
                shapes("W_enc", D, features, "b_enc", features, "W_dec", features, D, "b_dec", D));
        JsonFiles.write(
                sae.resolve("cfg.json"),
                Map.of(
                        "architecture",
                        "standard",
                        "d_in",
                        D,
                        "d_sae",
                        features,
                        "apply_b_dec_to_input",
                        true,
                        "metadata",
                        Map.of("sae_lens_version", "6.18.0", "hook_name", "blocks.0.hook_resid_pre")));
        long held = HeldMemory.bytes();
        refused(sae, needs(features), "Inspect it instead", encode(sae));
        assertThat(HeldMemory.bytes() - held).isLessThan(64 << 20);
        assertThat(CommandRun.json("inspect", sae).path("sae").path("dSae").longValue())
                .isEqualTo(features);
    }

    @Test
    void aTorchFileIsRefusedBeforeItsChecksumsAreRead() throws IOException {
        Path sae = Files.createDirectory(folder.resolve("ae"));
        long features = CHECKPOINT_BYTES / (8 * D);
        SparseFiles.torch(
                sae.resolve("ae.pt"),
                shapes(
                        "encoder.weight",
                        features,
                        D,
                        "encoder.bias",
                        features,
                        "decoder.weight",
                        D,
                        features,
                        "bias",
                        D));
        refused(sae, needs(features), "Inspect it instead", encode(sae));
    }

    @Test
    void aSmallTorchFileOfHolesIsReadAndRefusedForItsChecksums() throws IOException {
        Path sae = Files.createDirectory(folder.resolve("ae"));
        SparseFiles.torch(
                sae.resolve("ae.pt"),
                shapes("encoder.weight", 8, D, "encoder.bias", 8, "decoder.weight", D, 8, "bias", D));
        CommandRun run = encode(sae);
        assertThat(run.code).as(run.err).isEqualTo(ExitCode.REFUSED);
        assertThat(run.err).contains("checksum");
    }

    @Test
    void aModelIsRefusedWithWhatItNeedsAndWhatThereIs() throws IOException {
        Path model = Files.createDirectory(folder.resolve("lm"));
        long vocabulary = MODEL_BYTES / (4 * D);
        Map<String, long[]> shapes = shapes("wte.weight", vocabulary, D, "wpe.weight", 64, D);
        norm(shapes, "ln_f");
        norm(shapes, "h.0.ln_1");
        norm(shapes, "h.0.ln_2");
        linear(shapes, "h.0.attn.c_attn", D, 3 * D);
        linear(shapes, "h.0.attn.c_proj", D, D);
        linear(shapes, "h.0.mlp.c_fc", D, 4 * D);
        linear(shapes, "h.0.mlp.c_proj", 4 * D, D);
        SparseFiles.safetensors(model.resolve("model.safetensors"), shapes);
        JsonFiles.write(
                model.resolve("config.json"),
                Map.of(
                        "model_type",
                        "gpt2",
                        "vocab_size",
                        vocabulary,
                        "n_positions",
                        64,
                        "n_embd",
                        D,
                        "n_layer",
                        1,
                        "n_head",
                        32,
                        "activation_function",
                        "gelu_new",
                        "layer_norm_epsilon",
                        1e-5));
        // the embedding is too large for one buffer, and copied from several
        long bytes =
                shapes.values().stream().mapToLong(LargerThanMemoryTest::bytes).sum() + Integer.MAX_VALUE - 8;
        refused(model, bytes, "Choose a smaller model", CommandRun.of("forward", "--model", model, "--ids", "1,2"));
    }

    /** Its own size, and one of the blocks in which its matrices lie before they are copied. */
    private static long needs(long features) {
        return 4 * (2 * D * features + features + D) + (1 << 30);
    }

    private CommandRun encode(Path sae) {
        return CommandRun.of("encode", "--sae", sae, "--input", input + ":x", "--out", folder.resolve("out"));
    }

    private void refused(Path what, long bytes, String advice, CommandRun run) {
        assertThat(run.code).as(run.err).isEqualTo(ExitCode.STOPPED);
        assertThat(run.out).isEmpty();
        assertThat(run.err)
                .startsWith(
                        what + " needs " + MemoryBudget.size(bytes) + " of memory as float32, and there is room for ")
                .contains(advice)
                .hasSizeLessThan(300 + what.toString().length());
        assertThat(folder.resolve("out")).doesNotExist();
    }

    /** Names, each followed by its shape. */
    private static Map<String, long[]> shapes(Object... parts) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        for (int i = 0; i < parts.length; ) {
            String name = (String) parts[i++];
            int from = i;
            while (i < parts.length && parts[i] instanceof Number) {
                i++;
            }
            shapes.put(
                    name,
                    java.util.stream.IntStream.range(from, i)
                            .mapToLong(at -> ((Number) parts[at]).longValue())
                            .toArray());
        }
        return shapes;
    }

    private static void norm(Map<String, long[]> shapes, String name) {
        shapes.put(name + ".weight", new long[] {D});
        shapes.put(name + ".bias", new long[] {D});
    }

    private static void linear(Map<String, long[]> shapes, String name, long in, long out) {
        shapes.put(name + ".weight", new long[] {in, out});
        shapes.put(name + ".bias", new long[] {out});
    }

    private static long bytes(long[] shape) {
        return java.util.Arrays.stream(shape).reduce(4, Math::multiplyExact);
    }
}
