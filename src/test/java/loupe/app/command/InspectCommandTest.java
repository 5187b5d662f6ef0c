package loupe.app.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import loupe.TinyModel;
import loupe.app.Main;
import loupe.app.cli.ExitCode;
import loupe.format.JsonFiles;
import loupe.format.SafetensorsWriter;
import loupe.format.TorchWriter;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectCommandTest {
    private static final int D = 3;
    private static final int N = 5;

    @TempDir
    private Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... arguments) {
        return Main.commandLine(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8))
                .run(arguments);
    }

    private JsonNode inspect(Path path, String... more) throws IOException {
        String[] arguments = java.util.stream.Stream.concat(
                        java.util.stream.Stream.of("inspect", path.toString(), "--json"),
                        java.util.stream.Stream.of(more))
                .toArray(String[]::new);
        assertThat(run(arguments)).as(err.toString(StandardCharsets.UTF_8)).isZero();
        return new ObjectMapper().readTree(out.toByteArray());
    }

    private static HostTensor zeros(int... shape) {
        return new HostTensor(new float[java.util.Arrays.stream(shape).reduce(1, Math::multiplyExact)], shape);
    }

    private Path tokenized() {
        Path file = folder.resolve("gpt2_resid_pre_8_ot2.pt");
        new TorchWriter()
                .add("W_dec", zeros(D, N))
                .add("W_enc", new HostTensor(new float[] {1, Float.NaN, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, N, D))
                .add("b_enc", zeros(N))
                .add("b_dec", zeros(D))
                .add("lookup.W_lookup.weight", zeros(7, D))
                .write(file);
        return file;
    }

    @Test
    void aCheckpointIsDescribedWithWhatItLeavesOpen() throws IOException {
        JsonNode result = inspect(tokenized());
        assertThat(result.path("container").textValue()).isEqualTo("torch zip");
        assertThat(result.path("format").textValue()).isEqualTo("tokenized");
        assertThat(result.path("tensors")).hasSize(5);
        assertThat(result.path("tensors").path(0).toString())
                .isEqualTo("{\"name\":\"W_dec\",\"dtype\":\"F32\",\"shape\":[3,5],\"bytes\":60}");
        JsonNode sae = result.path("sae");
        assertThat(sae.path("dIn").intValue()).isEqualTo(D);
        assertThat(sae.path("dSae").intValue()).isEqualTo(N);
        assertThat(sae.path("lookup").booleanValue()).isTrue();
        assertThat(sae.path("memoryBytes").longValue()).isEqualTo(4L * (D * N + N * D + N + D + 7 * D));
        assertThat(result.path("audit").findValuesAsText("topic"))
                .contains("Decoder norms", "b_dec", "Centring", "Stored type");
        assertThat(result.path("statistics").path("values").path(1).path("norm").doubleValue())
                .isCloseTo(Math.sqrt(5), within(1e-6));
        assertThat(sae.path("k").isNull()).isTrue();
        assertThat(sae.path("suggestedK").intValue()).isEqualTo(2);
        assertThat(result.path("statistics").path("nonFinite").intValue()).isEqualTo(1);
        assertThat(result.path("warnings").toString())
                .contains("W_enc contains 1 non-finite values", "(k); its name suggests 2");
    }

    @Test
    void whatTheFileLeavesOpenCanBeSaid() throws IOException {
        JsonNode sae = inspect(tokenized(), "--k", "4", "--hook", "blocks.3.hook_mlp_out")
                .path("sae");
        assertThat(sae.path("k").intValue()).isEqualTo(4);
        assertThat(sae.path("hook").textValue()).isEqualTo("blocks.3.hook_mlp_out");
        assertThat(sae.path("layer").intValue()).isEqualTo(3);
    }

    @Test
    void aModelIsSummedUpWithHowItsTextsBegin() throws IOException {
        TinyModel.writeTo(folder);
        JsonNode result = inspect(folder);
        assertThat(result.path("model").toString())
                .isEqualTo("{\"family\":\"gpt2\",\"layers\":2,\"dModel\":8,\"heads\":2,\"keyValueHeads\":2,\"dHead\":4,"
                        + "\"dMlp\":32,"
                        + "\"vocabulary\":300,\"context\":32,\"windows\":[null,null],\"bytesInMemory\":17664,"
                        + "\"tokens\":300,\"beginning\":\"<|endoftext|>\",\"beginsTexts\":false}");
    }

    @Test
    void aModelThatCannotBeOpenedIsListedWithItsConfigurationAndTheReason() throws IOException {
        new SafetensorsWriter().add("wte.weight", zeros(2, 2)).write(folder.resolve("model.safetensors"));
        JsonFiles.write(folder.resolve("config.json"), Map.of("model_type", "gpt2", "n_embd", 2));
        JsonNode result = inspect(folder);
        assertThat(result.path("format").textValue()).isEqualTo("huggingface model, gpt2");
        assertThat(result.path("config").path("n_embd").intValue()).isEqualTo(2);
        assertThat(result.path("sae").isNull()).isTrue();
        assertThat(result.path("model").isNull()).isTrue();
        assertThat(result.path("warnings")).hasSize(1);
        assertThat(result.path("warnings").path(0).textValue()).contains("n_embd is 2 and n_head 12");
    }

    @Test
    void unknownTensorsAreListedWithAWarning() throws IOException {
        Path file = folder.resolve("any.safetensors");
        new SafetensorsWriter().add("x", zeros(2)).metadata("format", "pt").write(file);
        JsonNode result = inspect(file, "--no-statistics");
        assertThat(result.path("format").isNull()).isTrue();
        assertThat(result.path("values").path("format").textValue()).isEqualTo("pt");
        assertThat(result.path("statistics").has("values")).isFalse();
        assertThat(result.path("warnings").toString()).contains("no known kind");
    }

    @Test
    void theTableNamesEveryTensor() {
        assertThat(run("inspect", tokenized().toString())).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("lookup.W_lookup.weight", "torch zip");
    }

    @Test
    void badFilesAreRefusedInOneMessage() throws IOException {
        Path pointer = Files.writeString(
                folder.resolve("ae.pt"), "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 151\n");
        assertThat(run("inspect", pointer.toString())).isEqualTo(ExitCode.REFUSED);
        assertThat(run("inspect", folder.resolve("missing").toString())).isEqualTo(ExitCode.USAGE);
        assertThat(run("inspect")).isEqualTo(ExitCode.USAGE);
        assertThat(out.toString(StandardCharsets.UTF_8)).isEmpty();
        List<String> lines = err.toString(StandardCharsets.UTF_8).lines().toList();
        assertThat(lines.get(0))
                .startsWith(pointer + ": this is a Git-LFS pointer to a file of 151 bytes, not the data; expected ");
        assertThat(lines.get(1)).contains("missing does not exist");
    }
}
