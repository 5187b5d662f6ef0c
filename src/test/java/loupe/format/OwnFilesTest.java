package loupe.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import loupe.base.CheckpointException;
import loupe.base.WriterLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What this program writes it reads again, and it waits for no pipe in the place of one of its files. */
@Timeout(120)
class OwnFilesTest {
    @TempDir
    private Path folder;

    @Test
    void linesAsDeepAsTreesGrowComeBack() throws IOException {
        Path file = folder.resolve("a.jsonl");
        Map<String, Object> line = Map.of("tree", nested(520), "text", "\u0000\u001b\u2028\ud800\"");
        try (JsonLines lines = JsonLines.open(file)) {
            lines.add(line);
        }

        try (JsonLines again = JsonLines.open(file)) {
            assertThat(again.documents()).hasSize(1);
        }
        JsonFiles.write(folder.resolve("a.json"), line);
        assertThat(JsonFiles.readOwn(folder.resolve("a.json"))).hasSize(2);
    }

    @Test
    void aStrangersFileOfThatDepthIsRefused() {
        JsonFiles.write(folder.resolve("a.json"), nested(300));

        assertThatThrownBy(() -> JsonFiles.read(folder.resolve("a.json")))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("nesting beyond 200");
    }

    @Test
    void aPipeInThePlaceOfAFileIsRefused() throws Exception {
        Path pipe = pipe("lines.jsonl");
        pipe(".b.jsonl.lock");

        assertThatThrownBy(() -> JsonLines.open(pipe)).hasMessageContaining("a device or a pipe");
        assertThatThrownBy(() -> JsonLines.read(pipe)).hasMessageContaining("a device or a pipe");
        assertThatThrownBy(() -> JsonFiles.readOwn(pipe)).hasMessageContaining("a device or a pipe");
        assertThatThrownBy(() -> WriterLock.take(folder.resolve("b.jsonl"))).hasMessageContaining("a device or a pipe");
    }

    private Path pipe(String name) throws Exception {
        Path pipe = folder.resolve(name);
        Process made = new ProcessBuilder("mkfifo", pipe.toString()).start();
        assertThat(made.waitFor(100, TimeUnit.SECONDS) && made.exitValue() == 0).isTrue();
        assertThat(Files.exists(pipe)).isTrue();
        return pipe;
    }

    private static Object nested(int depth) {
        Object value = 1;
        for (int i = 0; i < depth; i++) {
            value = i % 2 == 0 ? List.of(value) : Map.of("children", value);
        }
        return value;
    }
}
