package loupe.base;

/**
 * Room in Java's heap for what native code makes there. A heap that is full is an error that Java code can catch; the
 * library of the tokenizers ends the process instead. So the room is there before such code is called, made by a
 * collection if need be, or what wants it is refused. Thread-safe.
 */
public final class HeapRoom {
    private static final int BLOCK_BYTES = 1 << 18;

    private static long claimed;

    private HeapRoom() {}

    /** Room that is kept until it is closed. */
    @FunctionalInterface
    public interface Claim extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Takes room beside that of others.
     *
     * @param bytes the most that is needed
     * @param what needs it, as the beginning of a sentence
     * @throws OutOfDeviceMemoryException if there is less
     */
    public static synchronized Claim claim(long bytes, String what) {
        Runtime java = Runtime.getRuntime();
        long needed = claimed + bytes;
        // what is used counts garbage too, so that less than this may still do
        if (java.maxMemory() - java.totalMemory() + java.freeMemory() < 2 * needed && !fits(needed)) {
            throw new OutOfDeviceMemoryException(
                    what + " needs up to " + MemoryBudget.size(bytes) + " free in " + heap() + ". " + advice(), null);
        }
        claimed = needed;
        return () -> giveBack(bytes);
    }

    private static synchronized void giveBack(long bytes) {
        claimed -= bytes;
    }

    /** Whether so much can be allocated, in blocks that fit between what is there. */
    private static boolean fits(long bytes) {
        if (bytes > Runtime.getRuntime().maxMemory()) {
            return false;
        }
        try {
            byte[][] blocks = new byte[Math.toIntExact(bytes / BLOCK_BYTES + 1)][];
            for (int i = 0; i < blocks.length; i++) {
                blocks[i] = new byte[BLOCK_BYTES];
            }
            return blocks[blocks.length - 1].length > 0;
        } catch (OutOfMemoryError full) {
            return false;
        }
    }

    /** What the program says when the heap is full: one or two sentences without the last full stop. */
    static String full() {
        return heap() + " is full. " + advice();
    }

    /** Refuses what the heap is too small for. */
    public static OutOfDeviceMemoryException refusal(String what, Throwable full) {
        return new OutOfDeviceMemoryException(what + " does not fit into " + heap() + ". " + advice(), full);
    }

    private static String heap() {
        return "Java's heap of " + MemoryBudget.size(Runtime.getRuntime().maxMemory());
    }

    private static String advice() {
        return "Start the program with a larger one, as with JAVA_TOOL_OPTIONS=-Xmx8g, or close what else is open";
    }
}
