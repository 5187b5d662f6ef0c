package loupe.lm.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
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
                folder.toString());
        assertThat(said)
                .last()
                .asString()
                .startsWith("Reading 60001 characters of text at once needs up to 7.8 MiB free in Java's heap of ")
                .contains("-Xmx8g")
                .endsWith(" and then 4 tokens");
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

    /** The other process, with a small heap. */
    static final class Encoding {
        /** Bytes that the heap is left with. */
        private static final long LEFT = 5 << 20;

        private Encoding() {}

        private static long free() {
            Runtime heap = Runtime.getRuntime();
            return heap.maxMemory() - heap.totalMemory() + heap.freeMemory();
        }

        public static void main(String[] arguments) {
            String text = "e t".repeat(20_000) + "e";
            try (Tokenizer tokenizer =
                    TokenizerFiles.read(Path.of(arguments[0])).orElseThrow()) {
                String found;
                List<byte[]> ballast = new ArrayList<>();
                while (free() > LEFT) {
                    ballast.add(new byte[1 << 19]);
                }
                try {
                    found = "read "
                            + tokenizer.encode(text, Tokenizer.Beginning.NO).size();
                } catch (OutOfDeviceMemoryException refused) {
                    found = refused.getMessage();
                }
                ballast.clear();
                int after = tokenizer.encode("e t e", Tokenizer.Beginning.NO).size();
                System.out.println(found + " and then " + after + " tokens");
            }
        }
    }
}
