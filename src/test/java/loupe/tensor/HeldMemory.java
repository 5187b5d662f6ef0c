package loupe.tensor;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;

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

    /** Collects the garbage, and returns when the memory of all direct buffers among it has been given back. */
    public static void freeGarbage() {
        // the platform ends one batch of garbage before it begins the next, but which way it goes through one is its
        // own
        awaitACollection();
        awaitACollection();
    }

    private static void awaitACollection() {
        ReferenceQueue<Object> queue = new ReferenceQueue<>();
        Reference<Object> garbage = new WeakReference<>(new Object(), queue);
        try {
            do {
                System.gc();
            } while (queue.remove(1_000) != garbage);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
