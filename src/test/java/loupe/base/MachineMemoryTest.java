package loupe.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A machine of 16 GiB of which 12 are available, whose Java has a heap of 1 to 3 GiB. */
class MachineMemoryTest {
    private static final long GIB = 1L << 30;
    /** A sixteenth of the machine. */
    private static final long RESERVE = GIB;

    @TempDir
    Path root;

    private long directLimit = 1L << 40;

    @BeforeEach
    void aMachine() throws IOException {
        write("proc/meminfo", "MemTotal: 16777216 kB\nMemFree: 1024 kB\nMemAvailable: 12582912 kB\n");
        write("proc/self/cgroup", "0::/\n");
    }

    @Test
    void whatTheHeapMayGrowByAndAReserveAreLeftOut() {
        assertThat(memory().room()).isEqualTo(12 * GIB - 2 * GIB - RESERVE);
        assertThat(memory().most()).isEqualTo(16 * GIB - 3 * GIB - RESERVE);
        assertThat(memory().total()).isEqualTo(16 * GIB);
    }

    @Test
    void theLimitOfDirectBuffersCounts() {
        directLimit = 5 * GIB;
        assertThat(memory().room()).isEqualTo(4 * GIB);
        assertThat(memory().isJavasLimit(6 * GIB)).isTrue();
        assertThat(memory().isJavasLimit(10 * GIB))
                .as("the machine has as little")
                .isFalse();
    }

    @Test
    void aControlGroupLeavesWhatItHasNotUsed() throws IOException {
        write("proc/self/cgroup", "0::/user/loupe\n");
        group("user/loupe", 8 * GIB, "max", 4 * GIB, GIB);
        assertThat(memory().total()).isEqualTo(8 * GIB);
        // files that are only cached can make room: 8 - (4 - 1) = 5
        assertThat(memory().room()).isEqualTo(5 * GIB - 2 * GIB - GIB / 2);
    }

    @Test
    void theGroupAroundAndTheLimitAboveWhichItIsSlowedDownCountToo() throws IOException {
        write("proc/self/cgroup", "0::/user/loupe\n");
        group("user/loupe", 15 * GIB, Long.toString(14 * GIB), 0, 0);
        group("user", 100 * GIB, Long.toString(8 * GIB), 0, 0);
        assertThat(memory().total()).isEqualTo(8 * GIB);
        assertThat(memory().room()).isEqualTo(8 * GIB - 2 * GIB - GIB / 2);
    }

    @Test
    void controlGroupsOfTheFirstVersionCount() throws IOException {
        write("proc/self/cgroup", "5:cpu,cpuacct:/\n4:memory:/job\n0::/\n");
        write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", 6 * GIB + "\n");
        write("sys/fs/cgroup/memory/job/memory.usage_in_bytes", 3 * GIB + "\n");
        write(
                "sys/fs/cgroup/memory/job/memory.stat",
                "cache 7\ntotal_inactive_file " + GIB + "\ntotal_active_file " + GIB + "\n");
        assertThat(memory().total()).isEqualTo(6 * GIB);
        assertThat(memory().room()).isEqualTo(5 * GIB - 2 * GIB - 6 * GIB / 16);
    }

    @Test
    void aContainerSeesItsOwnGroupAtTheTop() throws IOException {
        write("proc/self/cgroup", "4:memory:/docker/0123\n");
        write("sys/fs/cgroup/memory/memory.limit_in_bytes", 4 * GIB + "\n");
        write("sys/fs/cgroup/memory/memory.usage_in_bytes", "0\n");
        assertThat(memory().total()).isEqualTo(4 * GIB);
    }

    @Test
    void withoutSuchFilesJavaSaysWhatThereIs() throws IOException {
        Files.delete(root.resolve("proc/meminfo"));
        Files.delete(root.resolve("proc/self/cgroup"));
        assertThat(memory().total()).isEqualTo(32 * GIB);
        assertThat(memory().room()).isEqualTo(32 * GIB - GIB - GIB - 2 * GIB - 2 * GIB);
    }

    @Test
    void thereIsNeverLessThanNothing() throws IOException {
        write("proc/meminfo", "MemTotal: 16777216 kB\nMemAvailable: 1024 kB\n");
        assertThat(memory().room()).isZero();
    }

    @Test
    void thisProcessHasSome() {
        assertThat(MachineMemory.ofThisProcess().most()).isPositive();
        assertThat(MachineMemory.ofThisProcess().room())
                .isLessThanOrEqualTo(MachineMemory.ofThisProcess().total());
    }

    private MachineMemory memory() {
        return new MachineMemory(root, new MachineMemory.Java() {
            @Override
            public long machineBytes() {
                return 32 * GIB;
            }

            @Override
            public long heapHeld() {
                return GIB;
            }

            @Override
            public long heapGrowth() {
                return 2 * GIB;
            }

            @Override
            public long directLimit() {
                return directLimit;
            }

            @Override
            public long directUsed() {
                return GIB;
            }
        });
    }

    private void group(String name, long max, String high, long used, long cached) throws IOException {
        String folder = "sys/fs/cgroup/" + name + "/";
        write(folder + "memory.max", max + "\n");
        write(folder + "memory.high", high + "\n");
        write(folder + "memory.current", used + "\n");
        write(folder + "memory.stat", "anon 5\ninactive_file " + cached + "\nactive_file 0\n");
    }

    private void write(String name, String text) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
