package loupe.app.command;

import static loupe.app.command.CommandRun.read;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import loupe.Golden;
import loupe.TinyModel;
import loupe.Trial;
import loupe.format.SafetensorsWriter;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Asking for processed activations of a model with RMSNorm, where TransformerLens centres nothing. */
@Timeout(120)
class ProcessedRmsNormTest {
    @TempDir
    private Path folder;

    private Path model;
    private Path sae;
    private Path corpus;

    @BeforeEach
    void write() throws IOException {
        Path tiny = TinyModel.writeTo(folder.resolve("tiny"));
        model = Files.createDirectories(folder.resolve("llama"));
        Path trial = Trial.folder("sparsify-transcoder-on-llama").resolve("model");
        for (String file : new String[] {"config.json", "model.safetensors"}) {
            Files.copy(trial.resolve(file), model.resolve(file));
        }
        Files.copy(tiny.resolve("tokenizer.json"), model.resolve("tokenizer.json"));
        sae = folder.resolve("25.safetensors");
        Random random = new Random(1);
        new SafetensorsWriter()
                .add("W_enc", gaussian(random, 32, 40))
                .add("b_enc", gaussian(random, 40))
                .add("W_dec", gaussian(random, 40, 32))
                .add("b_dec", gaussian(random, 32))
                .write(sae);
        corpus = Files.writeString(folder.resolve("corpus.txt"), "!\"#$%&'()*+,-./!\"#$%&'()*+,-./!\"#$%&'()*+,-./");
    }

    @Test
    void evaluateGivesTheSameNumbersAndSaysSo() {
        CommandRun raw = evaluate("raw");
        CommandRun processed = evaluate("processed");

        assertThat(raw.code).as(raw.err).isZero();
        assertThat(processed.out).isEqualTo(raw.out);
        assertThat(processed.err)
                .contains("--processing processed changes nothing")
                .contains("RMSNorm: TransformerLens centres nothing");
        assertThat(raw.err).doesNotContain("RMSNorm");
    }

    @Test
    void forwardSaysThatTheResidualStreamIsTheRawOne() {
        Path llama = Golden.folder("hf_llama_gqa").resolve("model");
        Path raw = folder.resolve("raw.safetensors");
        Path processed = folder.resolve("processed.safetensors");
        forward(llama, "raw", raw);
        CommandRun run = forward(llama, "processed", processed);

        assertThat(run.err).contains("RMSNorm").contains("the residual stream is the raw one");
        assertThat(read(processed, "blocks.1.hook_resid_post").data())
                .containsExactly(
                        read(raw, "blocks.1.hook_resid_post").data(), org.assertj.core.data.Offset.offset(1e-4f));
    }

    private static CommandRun forward(Path model, String processing, Path out) {
        return CommandRun.of(
                "forward",
                "--model",
                model,
                "--ids",
                "1,2,3",
                "--hooks",
                "blocks.1.hook_resid_post",
                "--processing",
                processing,
                "--out",
                out);
    }

    private CommandRun evaluate(String processing) {
        return CommandRun.of(
                "evaluate",
                "--model",
                model,
                "--sae",
                sae,
                "--hook",
                "blocks.1.hook_resid_post",
                "--processing",
                processing,
                "--corpus",
                corpus,
                "--context",
                "16");
    }

    private static HostTensor gaussian(Random random, int... shape) {
        int size = 1;
        for (int length : shape) {
            size *= length;
        }
        float[] data = new float[size];
        for (int i = 0; i < size; i++) {
            data[i] = (float) random.nextGaussian();
        }
        return new HostTensor(data, shape);
    }
}
