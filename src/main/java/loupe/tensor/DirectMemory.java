package loupe.tensor;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Allocates memory outside the heap and frees it explicitly. Otherwise it is freed only when the collector finds its
 * buffer unreachable, which may be never: gigabytes of weights hang on buffer objects of a few bytes, and so put no
 * pressure on the heap. Thread-safe.
 */
public final class DirectMemory {
    private DirectMemory() {}

    /**
     * Allocates zeroed memory in native byte order, to be freed with {@link #free}.
     *
     * @throws OutOfMemoryError if the process may not take as much
     */
    public static ByteBuffer allocate(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    /**
     * Frees the memory of a direct buffer. Nothing may read or write it afterwards, neither through this buffer, nor a
     * view of it, nor an array of the engine that was made over it without a copy. Freeing it twice does nothing.
     *
     * @param buffer as {@link ByteBuffer#allocateDirect} returned it, or a view of all of it in another byte order
     * @throws IllegalArgumentException if it is a slice or a duplicate
     */
    public static void free(ByteBuffer buffer) {
        if (!buffer.isDirect()) {
            return;
        }
        try {
            Freeing.INVOKE_CLEANER.invoke(Freeing.UNSAFE, buffer);
        } catch (ReflectiveOperationException e) {
            if (e.getCause() instanceof IllegalArgumentException refused) {
                throw refused;
            }
            throw new IllegalStateException("direct memory cannot be freed", e);
        }
    }

    /** The platform's own way, by reflection, because its package is not for programs to compile against. */
    private static final class Freeing {
        static final Object UNSAFE;
        static final Method INVOKE_CLEANER;

        static {
            try {
                Class<?> type = Class.forName("sun.misc.Unsafe");
                Field instance = type.getDeclaredField("theUnsafe");
                instance.setAccessible(true);
                UNSAFE = instance.get(null);
                INVOKE_CLEANER = type.getMethod("invokeCleaner", ByteBuffer.class);
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }
    }
}
