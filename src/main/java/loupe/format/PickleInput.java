package loupe.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import loupe.base.CheckpointException;

/**
 * The bytes of a range of a file, one after the other, through a small buffer. Running out of them is a refusal. For
 * one thread.
 */
final class PickleInput {
    static final int MAX_STRING_BYTES = 1 << 20;
    private static final int BUFFER_BYTES = 1 << 14;

    private final PositionalFile file;
    private final long end;
    private final ByteBuffer buffer =
            ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN).limit(0);
    private long next;

    /** @param start,end byte range of the file */
    PickleInput(PositionalFile file, long start, long end) {
        this.file = file;
        this.next = start;
        this.end = end;
    }

    PositionalFile file() {
        return file;
    }

    /** Byte position in the file of what is read next. */
    long position() {
        return next - buffer.remaining();
    }

    boolean isAtEnd() {
        return position() >= end;
    }

    int u8() {
        return need(1).get() & 0xFF;
    }

    int u16() {
        return need(2).getShort() & 0xFFFF;
    }

    int i32() {
        return need(4).getInt();
    }

    long i64() {
        return need(8).getLong();
    }

    double bigEndianF64() {
        return Double.longBitsToDouble(Long.reverseBytes(i64()));
    }

    byte[] bytes(long count) {
        if (count < 0 || count > MAX_STRING_BYTES) {
            throw file.refuse(
                    "the pickle holds a string of " + Long.toUnsignedString(count) + " bytes at byte " + position(),
                    "at most " + MAX_STRING_BYTES,
                    "The file is damaged or made to do harm; get it again from its source");
        }
        if (count > end - position()) {
            throw cutOff();
        }
        byte[] bytes = new byte[(int) count];
        int buffered = Math.min(bytes.length, buffer.remaining());
        buffer.get(bytes, 0, buffered);
        if (buffered < bytes.length) {
            file.read(next, ByteBuffer.wrap(bytes, buffered, bytes.length - buffered));
            next += bytes.length - buffered;
        }
        return bytes;
    }

    String utf8(long count) {
        long at = position();
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes(count)))
                    .toString();
        } catch (CharacterCodingException e) {
            throw file.refuse(
                    "the pickle holds a string at byte " + at + " that is not UTF-8", "UTF-8", "Export the file again");
        }
    }

    /** Skips {@code count} bytes. */
    void skip(long count) {
        if (count > end - position()) {
            throw cutOff();
        }
        next = position() + count;
        buffer.limit(0);
    }

    /** The text up to the next newline, which is skipped. */
    String line() {
        StringBuilder line = new StringBuilder();
        for (int c = u8(); c != '\n'; c = u8()) {
            if (line.length() == MAX_STRING_BYTES) {
                throw file.refuse(
                        "the pickle holds a line longer than " + MAX_STRING_BYTES + " bytes",
                        "short names",
                        "Get the file again from its source");
            }
            line.append((char) c);
        }
        return line.toString();
    }

    private ByteBuffer need(int count) {
        if (buffer.remaining() < count) {
            if (count > end - position()) {
                throw cutOff();
            }
            buffer.compact();
            buffer.limit((int) Math.min(buffer.capacity(), buffer.position() + (end - next)));
            int before = buffer.position();
            file.read(next, buffer);
            next += buffer.position() - before;
            buffer.flip();
        }
        return buffer;
    }

    private CheckpointException cutOff() {
        return file.refuse("the pickle is cut off at byte " + end, "a complete file", "Download the file again");
    }
}
