package loupe.base;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * The memory that this process may still take outside Java's heap, in bytes: the least of what the system has
 * available, what the control groups it runs in leave (memory.max and memory.high of the second version, limit_in_bytes
 * of the first) and what Java may hold in direct buffers. Files that the system only keeps to read them faster count as
 * available. What the heap may grow by, and a reserve for the engine and its results, are left out. Thread-safe.
 *
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html#memory">control groups, version 2</a>
 */
public final class MachineMemory {
    private static final long LEAST_RESERVE_BYTES = 256L << 20;
    private static final long MOST_RESERVE_BYTES = 2L << 30;
    private static final int RESERVED_OF = 16;
    /** The first version says so when there is no limit: the largest multiple of a page. */
    private static final long NO_LIMIT = 1L << 60;

    private final Path root;
    private final Java java;

    /** What Java itself may take and has taken. */
    public interface Java {
        /** Memory of the machine as Java sees it, which on other systems than Linux is all that is known. */
        long machineBytes();

        /** What the heap takes of the machine now. */
        long heapHeld();

        /** What the heap may still grow by. */
        long heapGrowth();

        /** Limit of the memory in direct buffers. */
        long directLimit();

        /** Memory in direct buffers now. */
        long directUsed();
    }

    /**
     * Reads what Linux says below {@code root}, the root of the file system.
     *
     * @param java what Java says
     */
    public MachineMemory(Path root, Java java) {
        this.root = root;
        this.java = java;
    }

    /** The memory of the machine, or of the container, that the program runs on. */
    public static MachineMemory ofThisProcess() {
        return new MachineMemory(Path.of("/"), new RunningJava());
    }

    /** What can be taken now. */
    public long room() {
        return Math.max(0, Math.min(machineRoom(), directRoom()));
    }

    /** What could be taken if nothing else ran and nothing were open. */
    public long most() {
        long heap = java.heapHeld() + java.heapGrowth();
        return Math.max(0, Math.min(total() - heap - reserve(), java.directLimit()));
    }

    /** Whether it is Java's own limit, and not the machine, that has too little room for {@code bytes} more. */
    public boolean isJavasLimit(long bytes) {
        return directRoom() < bytes && bytes <= machineRoom();
    }

    /** The memory of the machine, or of the container if that has less, whoever uses it. */
    public long total() {
        return LongStream.concat(
                        LongStream.of(meminfo("MemTotal").orElse(java.machineBytes())),
                        groups().stream().mapToLong(Group::limit))
                .min()
                .orElseThrow();
    }

    /** What can be taken now outside Java, by the engine. */
    public long engineRoom() {
        return Math.max(0, machineRoom());
    }

    private long machineRoom() {
        long available = LongStream.concat(
                        LongStream.of(meminfo("MemAvailable")
                                .orElse(java.machineBytes() - java.heapHeld() - java.directUsed())),
                        groups().stream().mapToLong(Group::available))
                .min()
                .orElseThrow();
        return available - java.heapGrowth() - reserve();
    }

    private long directRoom() {
        return java.directLimit() - java.directUsed();
    }

    private long reserve() {
        return Math.max(LEAST_RESERVE_BYTES, Math.min(MOST_RESERVE_BYTES, total() / RESERVED_OF));
    }

    /** A figure of the system in bytes. */
    private OptionalLong meminfo(String key) {
        return lines(root.resolve("proc/meminfo")).stream()
                .filter(line -> line.startsWith(key + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
                .findFirst();
    }

    /** A control group with a limit. */
    private record Group(long limit, long available) {}

    /** The groups that this process is in, and those around them. */
    private List<Group> groups() {
        return lines(root.resolve("proc/self/cgroup")).stream()
                .map(line -> line.split(":", 3))
                .filter(parts -> parts.length == 3)
                .flatMap(parts -> {
                    boolean second = parts[0].equals("0") && parts[1].isEmpty();
                    boolean first = List.of(parts[1].split(",")).contains("memory");
                    Path mount = root.resolve(second ? "sys/fs/cgroup" : "sys/fs/cgroup/memory");
                    return second || first
                            ? around(mount, parts[2]).stream().flatMap(folder -> group(folder, second).stream())
                            : List.<Group>of().stream();
                })
                .toList();
    }

    /** The folder of a group and the folders around it; in a container, that of the container alone may be there. */
    private static List<Path> around(Path mount, String group) {
        Path inner = mount.resolve(group.substring(Math.min(1, group.length()))).normalize();
        return Stream.iterate(
                        inner.startsWith(mount) ? inner : mount, folder -> folder.startsWith(mount), Path::getParent)
                .toList();
    }

    private static List<Group> group(Path folder, boolean second) {
        long limit = second
                ? Math.min(number(folder.resolve("memory.max")), number(folder.resolve("memory.high")))
                : number(folder.resolve("memory.limit_in_bytes"));
        if (limit >= NO_LIMIT) {
            return List.of();
        }
        Map<String, Long> statistics = statistics(folder.resolve("memory.stat"));
        long used = number(folder.resolve(second ? "memory.current" : "memory.usage_in_bytes"));
        long files = second
                ? statistics.getOrDefault("inactive_file", 0L) + statistics.getOrDefault("active_file", 0L)
                : statistics.getOrDefault("total_inactive_file", 0L) + statistics.getOrDefault("total_active_file", 0L);
        return List.of(new Group(limit, used >= NO_LIMIT ? limit : limit - Math.max(0, used - files)));
    }

    /** The number in a file; a very large one if there is none, or the word max. */
    private static long number(Path file) {
        return lines(file).stream()
                .filter(line -> line.matches("\\d{1,18}"))
                .mapToLong(Long::parseLong)
                .findFirst()
                .orElse(Long.MAX_VALUE);
    }

    private static Map<String, Long> statistics(Path file) {
        return lines(file).stream()
                .map(line -> line.split(" "))
                .filter(parts -> parts.length == 2 && parts[1].matches("\\d{1,18}"))
                .collect(Collectors.toMap(parts -> parts[0], parts -> Long.parseLong(parts[1]), (a, b) -> a));
    }

    /** Nothing where the system has no such file. */
    private static List<String> lines(Path file) {
        try {
            return Files.isRegularFile(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException unreadable) {
            return List.of();
        }
    }

    /** The Java that runs this. */
    private static final class RunningJava implements Java {
        @Override
        public long machineBytes() {
            return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
                    .getTotalMemorySize();
        }

        @Override
        public long heapHeld() {
            return Runtime.getRuntime().totalMemory();
        }

        @Override
        public long heapGrowth() {
            return Runtime.getRuntime().maxMemory() - Runtime.getRuntime().totalMemory();
        }

        @Override
        public long directLimit() {
            long given = Long.parseLong(ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                    .getVMOption("MaxDirectMemorySize")
                    .getValue());
            return given == 0 ? Runtime.getRuntime().maxMemory() : given;
        }

        @Override
        public long directUsed() {
            return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                    .filter(pool -> pool.getName().equals("direct"))
                    .mapToLong(BufferPoolMXBean::getMemoryUsed)
                    .sum();
        }
    }
}
