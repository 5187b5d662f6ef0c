package loupe.tensor;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;

/** The platform's own account of the memory outside the heap. */
public final class HeldMemory {
    private static final BufferPoolMXBean DIRECT = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(pool -> pool.getName().equals("direct"))
            .findFirst()
            .orElseThrow();

    private HeldMemory() {}

    /** Bytes of all direct buffers of this process that have not been given back, whoever made them. */
    public static long bytes() {
        return DIRECT.getMemoryUsed();
    }
}
