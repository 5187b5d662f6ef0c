package loupe.format;

import java.nio.ByteBuffer;

/** Bytes that can be read at any position: a file, or the unpacked content of an entry in it. Thread-safe. */
interface ElementBytes {
    /**
     * Fills {@code destination} from its position to its limit with the bytes from {@code position} on.
     *
     * @throws loupe.base.CheckpointException if they cannot be read
     */
    void read(long position, ByteBuffer destination);
}
