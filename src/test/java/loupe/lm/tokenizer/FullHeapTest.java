package loupe.lm.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import loupe.TinyModel;
import loupe.app.bench.JavaProcess;
import loupe.base.HeapRoom;
import loupe.base.OutOfDeviceMemoryException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A heap that is full is said in a sentence, and never found out by the tokenizer's library, which ends the process.
 */
class FullHeapTest {
    @TempDir
    Path folder;

    @Test
    void aTextThatTheHeapHasNoRoomForIsRefusedAndTheProcessLives() throws IOException {
        TinyModel.writeTo(folder);
        List<String> said = JavaProcess.output(
                Encoding.class,
                List.of("-Xmx40m", "-XX:+UseSerialGC", "-Dai.djl.offline=true", "-DOPT_OUT_TRACKING=true"),
                Map.of(),
                folder.toString(),
                "60000");
        assertThat(said)
                .last()
                .asString()
                .startsWith("Reading 60001 characters of text at once needs up to 7.8 MiB free in Java's heap of ")
                .contains("-Xmx8g")
                .endsWith(" and then 4 tokens");
    }

    /** What was left of an answer must not be taken for the next one. */
    @Test
    void anAnswerThatTheHeapHasNoRoomForIsNotTheNextTexts() throws IOException {
        Path file = TinyModel.writeTo(folder).resolve("tokenizer.json");
        ObjectMapper json = new ObjectMapper();
        ObjectNode apart = (ObjectNode) json.readTree(file.toFile());
        apart.putObject("normalizer")
                .put("type", "Strip")
                .put("strip_left", false)
                .put("strip_right", false);
        Files.write(file, json.writeValueAsBytes(apart));
        List<String> said = JavaProcess.output(
                Encoding.class,
                List.of("-Xmx40m", "-XX:+UseSerialGC", "-Dai.djl.offline=true", "-DOPT_OUT_TRACKING=true"),
                Map.of(),
                folder.toString(),
                "600000");
        assertThat(said).last().isEqualTo("Java heap space and then 4 tokens");
    }

    @Test
    void roomIsSharedAndGivenBack() {
        long most = Runtime.getRuntime().maxMemory();
        try (HeapRoom.Claim first = HeapRoom.claim(most / 3, "the first")) {
            assertThat(first).isNotNull();
            assertThatThrownBy(() -> HeapRoom.claim(most - most / 4, "The second"))
                    .isInstanceOf(OutOfDeviceMemoryException.class)
                    .hasMessageStartingWith("The second needs up to ");
        }
        HeapRoom.claim(most / 3, "the first again").close();
    }

    /** The other process, with a small heap and something in it. */
    static final class Encoding {
        private Encoding() {}

        public static void main(String[] arguments) {
            int characters = Integer.parseInt(arguments[1]);
            String text = "e t".repeat(characters / 3) + "e";
            try (Tokenizer tokenizer =
                    TokenizerFiles.read(Path.of(arguments[0])).orElseThrow()) {
                List<byte[]> held = new ArrayList<>();
                while (free() > 6 << 20) {
                    held.add(new byte[1 << 20]);
                }
                String found;
                try {
                    found = "read "
                            + tokenizer.encode(text, Tokenizer.Beginning.NO).size();
                } catch (OutOfDeviceMemoryException | OutOfMemoryError full) {
                    found = full.getMessage();
                }
                held.clear();
                int after = tokenizer.encode("e t e", Tokenizer.Beginning.NO).size();
                System.out.println(found + " and then " + after + " tokens");
            }
        }

        private static long free() {
            System.gc();
            Runtime java = Runtime.getRuntime();
            return java.maxMemory() - java.totalMemory() + java.freeMemory();
        }
    }
}
