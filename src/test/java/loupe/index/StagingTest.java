package loupe.index;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StagingTest {
    private static final int HEADER = 16;

    @TempDir
    Path temporary;

    private final List<byte[]> payloads = List.of(bytes(40, 1), bytes(1, 2), bytes(7, 3), bytes(64, 4));
    private Path file;
    private byte[] whole;

    @BeforeEach
    void stageFour() throws IOException {
        file = temporary.resolve("staging.bin");
        try (Staging staging = Staging.open(file, Integer.MAX_VALUE)) {
            for (byte[] payload : payloads) {
                staging.append(ByteBuffer.wrap(payload));
            }
            staging.force();
        }
        whole = Files.readAllBytes(file);
    }

    private static byte[] bytes(int count, int seed) {
        byte[] bytes = new byte[count];
        new java.util.Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** Opens what a crash has left, writes what is missing, and says how many records were kept. */
    private int goOn(byte[] left) throws IOException {
        Files.write(file, left);
        int kept;
        try (Staging staging = Staging.open(file, Integer.MAX_VALUE)) {
            kept = staging.batches();
            for (int batch = kept; batch < payloads.size(); batch++) {
                staging.append(ByteBuffer.wrap(payloads.get(batch)));
            }
        }
        assertThat(file).hasBinaryContent(whole);
        return kept;
    }

    /** Records that end at or before a byte. */
    private int recordsBefore(int end) {
        int records = 0;
        for (int at = 0; records < payloads.size() && at + HEADER + payloads.get(records).length <= end; records++) {
            at += HEADER + payloads.get(records).length;
        }
        return records;
    }

    @Test
    void aFileCutAtAnyByteKeepsItsWholeRecordsAndGoesOnToTheSameFile() throws IOException {
        for (int length = 0; length <= whole.length; length++) {
            assertThat(goOn(Arrays.copyOf(whole, length)))
                    .as("cut to %d bytes", length)
                    .isEqualTo(recordsBefore(length));
        }
    }

    @Test
    void aFileWithAnyByteChangedKeepsTheRecordsBeforeIt() throws IOException {
        for (int at = 0; at < whole.length; at++) {
            byte[] damaged = whole.clone();
            damaged[at] ^= (byte) (1 << at % 8);
            assertThat(goOn(damaged)).as("byte %d changed", at).isEqualTo(recordsBefore(at));
        }
    }

    @Test
    void aTailThatTheDiskNeverWroteIsCutOff() throws IOException {
        for (int from = 0; from < whole.length; from++) {
            byte[] hollow = whole.clone();
            Arrays.fill(hollow, from, hollow.length, (byte) 0);
            int lastWritten = from;
            while (lastWritten < whole.length && whole[lastWritten] == 0) {
                lastWritten++;
            }
            assertThat(goOn(hollow))
                    .as("zeros from byte %d", from)
                    .isBetween(recordsBefore(from), recordsBefore(lastWritten));
        }
    }

    @Test
    void recordsAreReadBackAsTheyWereWritten() throws IOException {
        List<byte[]> read = new ArrayList<>();
        Staging.scan(file, (batch, payload) -> {
            assertThat(batch).isEqualTo(read.size());
            byte[] bytes = new byte[payload.remaining()];
            payload.get(bytes);
            read.add(bytes);
        });
        assertThat(read).hasSize(payloads.size());
        for (int i = 0; i < read.size(); i++) {
            assertThat(read.get(i)).containsExactly(payloads.get(i));
        }
    }
}
