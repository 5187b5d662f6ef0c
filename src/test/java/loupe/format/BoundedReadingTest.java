package loupe.format;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import loupe.tensor.HeldMemory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are small and ask for much: what reading them takes is bounded by what they are. */
class BoundedReadingTest {
    private static final int TENSORS = 2_000;
    private static final int REFERENCES = 200_000;

    @TempDir
    private Path folder;

    @Test
    void theStatisticsOfManySmallTensorsHoldNoMemoryAfterwards() throws IOException {
        try (TensorArchive archive = TensorArchives.open(manyTensors())) {
            TensorStatistics.of(archive.tensor("t0"));
            long before = HeldMemory.bytes();
            for (String name : archive.names()) {
                assertThat(TensorStatistics.of(archive.tensor(name)).mean()).isEqualTo(1);
            }
            assertThat(HeldMemory.bytes() - before).isLessThan(1 << 20);
        }
    }

    @Test
    void aListThatHoldsItselfManyTimesIsRefusedBeforeItIsCopiedAtEveryDepth() throws IOException {
        PickleBytes pickle = PickleBytes.protocol(2).op(']', 'q', 0, '(');
        for (int i = 0; i < REFERENCES; i++) {
            pickle.op('h', 0);
        }
        Path file = RawZip.torch(pickle.op('e', '.').bytes()).write(folder.resolve("self.pt"));
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        Refusal.ofFile(file, "too large or too deep");
        // a copy at each of a hundred depths would be 2 GB
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(500L << 20);
    }

    private Path manyTensors() throws IOException {
        List<String> entries = new ArrayList<>();
        for (int i = 0; i < TENSORS; i++) {
            entries.add("\"t%d\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[%d,%d]}"
                    .formatted(i, 16 * i, 16 * (i + 1)));
        }
        byte[] header = ("{" + String.join(",", entries) + "}").getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(8 + header.length + 16 * TENSORS).order(ByteOrder.LITTLE_ENDIAN);
        file.putLong(header.length).put(header);
        for (int i = 0; i < 4 * TENSORS; i++) {
            file.putFloat(1);
        }
        return Files.write(folder.resolve("many.safetensors"), file.array());
    }
}
