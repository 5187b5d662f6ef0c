package loupe.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import loupe.base.CheckpointException;
import loupe.base.OtherWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonLinesWritersTest {
    @TempDir
    Path folder;

    @Test
    void twoWritersOfOneFileDoNotOverwriteEachOthersLines() throws IOException {
        Path file = folder.resolve("out.jsonl");
        try (JsonLines first = JsonLines.open(file)) {
            first.add(Map.of("feature", 1));
            assertThatThrownBy(() -> JsonLines.open(file))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("out.jsonl: somebody else is writing here");
            assertThat(JsonLines.read(file)).as("it may be read").hasSize(1);
            first.add(Map.of("feature", 2));
        }
        try (JsonLines second = JsonLines.open(file)) {
            assertThat(second.documents()).hasSize(2);
            second.add(Map.of("feature", 3));
        }
        assertThat(Files.readAllLines(file)).containsExactly("{\"feature\":1}", "{\"feature\":2}", "{\"feature\":3}");
        assertThat(folder.toFile().list()).containsExactly("out.jsonl");
    }

    @Test
    void aFileThatAnotherProcessWritesIsRefusedWithItsNumber() throws IOException {
        Path file = folder.resolve("out.jsonl");
        try (OtherWriter other = new OtherWriter(file)) {
            assertThatThrownBy(() -> JsonLines.open(file))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("process " + other.pid());
            assertThat(file).doesNotExist();
        }
    }

    @Test
    void aLineThatCannotBeWrittenIsAFailureOfItsFile() throws IOException {
        Path file = folder.resolve("out.jsonl");
        JsonLines lines = JsonLines.open(file);
        lines.close();
        assertThatThrownBy(() -> lines.add(Map.of("feature", 1)))
                .isInstanceOf(UncheckedIOException.class)
                .cause()
                .isInstanceOfSatisfying(
                        FileSystemException.class,
                        failure -> assertThat(failure.getFile()).isEqualTo(file.toString()));
    }
}
