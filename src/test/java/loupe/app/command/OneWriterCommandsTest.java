package loupe.app.command;

import static loupe.app.command.CommandRun.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.base.OtherWriter;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands whose place another process is writing, and {@code index verify}. */
@Timeout(120)
class OneWriterCommandsTest {
    @TempDir
    static Path folder;

    private static Path model;
    private static Path sae;
    private static Path corpus;

    @BeforeAll
    static void writeFiles() throws IOException {
        model = TinyModel.writeTo(folder.resolve("tiny"));
        sae = TinySae.writeTo(folder.resolve("sae"), 1);
        corpus = Files.writeString(folder.resolve("corpus.txt"), "the otter is a definition of the other ".repeat(20));
    }

    private static Object[] build(Path out) {
        return new Object[] {
            "index", "build", "--model", model, "--sae", sae, "--corpus", corpus, "--out", out, "--context", "16"
        };
    }

    @Test
    void anIndexThatIsBeingBuiltIsRefusedWithWhoDoesIt() throws IOException {
        Path out = Files.createDirectory(folder.resolve("held"));
        try (OtherWriter other = new OtherWriter(out)) {
            CommandRun second = CommandRun.of(build(out));
            assertThat(second.code).isEqualTo(3);
            assertThat(second.out).isEmpty();
            assertThat(second.err).contains(out + ": somebody else is writing here: process " + other.pid());
        }
        assertThat(CommandRun.of(build(out)).code).isZero();
    }

    @Test
    void aBatchFileThatIsBeingWrittenIsRefusedAndStays() throws IOException {
        Path out = folder.resolve("batch.jsonl");
        Object[] batch = {
            "batch", "--model", model, "--sae", sae, "--features", "0-1", "--parts", "tokens", "--out", out, "--resume"
        };
        Files.writeString(out, "");
        try (OtherWriter other = new OtherWriter(out)) {
            CommandRun second = CommandRun.of(batch);
            assertThat(second.code).isEqualTo(3);
            assertThat(second.err).contains("process " + other.pid());
            assertThat(out).isEmptyFile();
        }
        assertThat(CommandRun.of(batch).code).isZero();
        assertThat(Files.readAllLines(out)).hasSize(3);
    }

    @Test
    void anIndexIsVerifiedAndADamagedOneRefused() throws IOException {
        Path out = folder.resolve("index");
        assertThat(CommandRun.of(build(out)).code).isZero();
        JsonNode verified = json("index", "verify", out);
        assertThat(verified.get("verified").asBoolean()).isTrue();
        assertThat(verified.get("files")).hasSize(4);
        Path file = out.resolve("contexts.parquet");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 3] ^= 4;
        Files.write(file, bytes);
        CommandRun damaged = CommandRun.of("index", "verify", out);
        assertThat(damaged.code).isEqualTo(3);
        assertThat(damaged.err).contains("contexts.parquet: it is damaged").contains("Build the index anew");
        assertThat(CommandRun.of("feature", "--index", out, "--feature", "2").code)
                .isEqualTo(3);
    }
}
