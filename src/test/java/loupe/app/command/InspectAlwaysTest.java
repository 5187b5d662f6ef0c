package loupe.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import loupe.TinySae;
import loupe.analysis.FileContents;
import loupe.format.SafetensorsWriter;
import loupe.format.TorchWriter;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What cannot be opened is still shown: its tensors, its configuration, and the reason beside them. */
class InspectAlwaysTest {
    private static final int LONGEST_MESSAGE = 300;

    @TempDir
    private Path folder;

    @Test
    void anUnsupportedArchitectureIsShownWithTheReason() throws IOException {
        Path sae = TinySae.writeTo(folder, 1);
        replace(sae.resolve("cfg.json"), "\"standard\"", "\"no_such_architecture\"");

        JsonNode inspected = CommandRun.json("inspect", sae);

        requireShown(inspected, 4);
        assertThat(inspected.path("config").path("architecture").asText()).isEqualTo("no_such_architecture");
        assertThat(inspected.path("warnings").toString()).contains("no_such_architecture, which is not supported");
        assertThat(FileContents.of(sae).tensors()).hasSize(4);
        assertThat(FileContents.of(sae).warnings()).anyMatch(warning -> warning.contains("no_such_architecture"));
    }

    @Test
    void tensorsOfNoKnownKindAreShownWithTheNearest() throws IOException {
        new SafetensorsWriter()
                .add("encoder.weight", new HostTensor(new float[6], 3, 2))
                .add("decoder.weight", new HostTensor(new float[6], 2, 3))
                .add("pre_bias", new HostTensor(new float[2], 2))
                .write(folder.resolve("my.safetensors"));

        JsonNode inspected = CommandRun.json("inspect", folder);

        requireShown(inspected, 3);
        assertThat(inspected.path("warnings").path(0).asText())
                .contains("no known kind", "nearest is openai, which also has latent_bias")
                .contains("--tensors encoder=encoder.weight,decoder=decoder.weight,decoder-bias=pre_bias");
    }

    @Test
    void damagedSettingsAreNamedBesideTheTensors() throws IOException {
        Path sae = TinySae.writeTo(folder, 1);
        Files.writeString(sae.resolve("cfg.json"), "{\"architecture\": ");

        JsonNode inspected = CommandRun.json("inspect", sae);

        requireShown(inspected, 4);
        assertThat(inspected.path("config").isNull()).isTrue();
        assertThat(inspected.path("warnings").toString()).contains("cfg.json: the JSON text is not strict JSON");
    }

    @Test
    void oneDamagedFileDoesNotHideTheOthers() throws IOException {
        new SafetensorsWriter()
                .add("W_enc_0", new HostTensor(new float[6], 3, 2))
                .write(folder.resolve("a.safetensors"));
        Files.write(folder.resolve("b.safetensors"), new byte[] {1, 2, 3});

        JsonNode inspected = CommandRun.json("inspect", folder);

        requireShown(inspected, 1);
        assertThat(inspected.path("warnings").toString()).contains("b.safetensors: the file has 3 bytes, too short");
    }

    @Test
    void aTensorWithAWrongChecksumIsNamedAndTheOthersCounted() throws IOException {
        Path file = folder.resolve("any.pt");
        new TorchWriter()
                .add("first", new HostTensor(new float[] {1, 2, 3, 4}, 4))
                .add("second", new HostTensor(new float[] {5, 6}, 2))
                .write(file);
        byte[] bytes = Files.readAllBytes(file);
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("\0\0\u0080?\0\0\0@");
        try (RandomAccessFile damaged = new RandomAccessFile(file.toFile(), "rw")) {
            damaged.seek(at);
            damaged.write(7);
        }

        JsonNode inspected = CommandRun.json("inspect", file);

        requireShown(inspected, 2);
        assertThat(inspected.path("statistics").path("values")).hasSize(1);
        assertThat(inspected.path("warnings").toString()).contains("first cannot be read");
    }

    private void requireShown(JsonNode inspected, int tensors) {
        assertThat(inspected.path("tensors")).hasSize(tensors);
        assertThat(inspected.path("sae").isNull()).isTrue();
        assertThat(inspected.path("warnings")).isNotEmpty();
        inspected
                .path("warnings")
                .forEach(warning -> assertThat(warning.asText().replace(folder.toString(), ""))
                        .hasSizeLessThan(LONGEST_MESSAGE));
    }

    private static void replace(Path file, String old, String now) throws IOException {
        Files.writeString(file, Files.readString(file).replace(old, now));
    }
}
