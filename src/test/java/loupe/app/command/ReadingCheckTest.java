package loupe.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What evaluate and index build say of a checkpoint that is read the wrong way, or beside the wrong model. */
class ReadingCheckTest {
    @TempDir
    static Path folder;

    @BeforeAll
    static void writeFiles() throws IOException {
        TinyModel.writeTo(folder.resolve("tiny"));
        TinySae.writeTo(folder.resolve("random"), 1);
        Path perfect = TinySae.writePerfectTo(folder.resolve("perfect"));
        Files.writeString(
                folder.resolve("corpus.txt"), "the otter is a definition of the other<|endoftext|>".repeat(20));

        // reconstructs x exactly if b_dec is subtracted first, and misses it by b_dec if not
        Path shifted = TinySae.writePerfectTo(folder.resolve("shifted"));
        int d = TinyModel.CONFIG.dModel();
        float[] bias = new float[d];
        java.util.Arrays.fill(bias, 0.3f);
        TinyModel.writeSafetensors(
                shifted.resolve("sae_weights.safetensors"),
                Map.of(
                        "W_enc",
                        CommandRun.read(perfect.resolve("sae_weights.safetensors"), "W_enc"),
                        "W_dec",
                        CommandRun.read(perfect.resolve("sae_weights.safetensors"), "W_dec"),
                        "b_enc",
                        new HostTensor(new float[2 * d], 2 * d),
                        "b_dec",
                        new HostTensor(bias, d)));
        edit(shifted, "\"apply_b_dec_to_input\": true", "\"apply_b_dec_to_input\": false");

        Path foreign = TinySae.writePerfectTo(folder.resolve("foreign"));
        edit(foreign, "\"hook_name\"", "\"model_name\": \"gpt2-xl\", \"hook_name\"");
    }

    private static void edit(Path checkpoint, String from, String to) throws IOException {
        Path cfg = checkpoint.resolve("cfg.json");
        Files.writeString(cfg, Files.readString(cfg).replace(from, to));
    }

    private static String evaluated(String checkpoint, String... further) {
        Object[] arguments = java.util.stream.Stream.concat(
                        java.util.stream.Stream.of(
                                "evaluate",
                                "--model",
                                folder.resolve("tiny"),
                                "--sae",
                                folder.resolve(checkpoint),
                                "--context",
                                "32",
                                "--corpus",
                                folder.resolve("corpus.txt")),
                        java.util.Arrays.stream(further))
                .toArray();
        CommandRun run = CommandRun.of(arguments);
        assertThat(run.code).as(run.err).isZero();
        return run.err;
    }

    @Test
    void aReadingThatFitsIsNotWarnedOf() {
        assertThat(evaluated("perfect")).isEmpty();
    }

    @Test
    void aBetterReadingIsNamedWithItsOptionsWhichMendIt() {
        assertThat(evaluated("shifted"))
                .contains("b_dec subtracted it explains 100.00 % of the variance")
                .contains("Give --subtract-b-dec to read it so");
        assertThat(evaluated("shifted", "--subtract-b-dec")).doesNotContain("Give --");
    }

    @Test
    void thatNoReadingFitsIsSaid() {
        assertThat(evaluated("random")).contains("No reading fits").contains("another model, layer or hook point");
    }

    @Test
    void anotherModelsNameIsSaid() {
        assertThat(evaluated("foreign"))
                .contains("says that it was trained on gpt2-xl, and the open model is called tiny");
    }

    @Test
    void givenVectorsTellWhichReadingFitsThemIfTheyAreMany() throws IOException {
        int d = TinyModel.CONFIG.dModel();
        java.util.Random random = new java.util.Random(1);
        for (int count : new int[] {99, 200}) {
            float[] data = new float[count * d];
            for (int i = 0; i < data.length; i++) {
                data[i] = (float) random.nextGaussian() + 0.5f;
            }
            TinyModel.writeSafetensors(folder.resolve("x.safetensors"), Map.of("x", new HostTensor(data, count, d)));
            CommandRun run = CommandRun.of(
                    "encode", "--sae", folder.resolve("shifted"), "--input", folder.resolve("x.safetensors") + ":x");
            assertThat(run.code).as(run.err).isZero();
            if (count < 100) {
                assertThat(run.err).isEmpty();
            } else {
                assertThat(run.err)
                        .contains("b_dec subtracted it explains 100.00 % of the variance")
                        .contains("Give --subtract-b-dec to read it so");
            }
        }
    }

    @Test
    void anIndexIsBuiltWithTheSameWarnings() {
        CommandRun run = CommandRun.of(
                "index",
                "build",
                "--model",
                folder.resolve("tiny"),
                "--sae",
                folder.resolve("shifted"),
                "--corpus",
                folder.resolve("corpus.txt"),
                "--out",
                folder.resolve("index"));
        assertThat(run.code).as(run.err).isZero();
        assertThat(run.err).contains("Give --subtract-b-dec to read it so");
    }
}
