package loupe.format;

import java.nio.ByteBuffer;

/**
 * Elements of a float32 tensor on demand, in row-major order, so that what is written need not be in memory at once.
 */
@FunctionalInterface
public interface FloatSource {
    /**
     * Fills {@code destination} from its position to its limit, in native byte order, with the elements from
     * {@code firstElement} on.
     */
    void read(long firstElement, ByteBuffer destination);
}
