package loupe.lm.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import loupe.base.CheckpointException;
import loupe.base.HeapRoom;
import loupe.base.OutOfDeviceMemoryException;
import org.jspecify.annotations.Nullable;

/**
 * A tokenizer in native memory, which is freed when it has been closed and the last user has ended: memory that is
 * freed under a user takes the whole process down. Closing waits for nobody. Thread-safe.
 */
final class NativeTokenizer implements AutoCloseable {
    private static final int MOST_REASON = 120;
    /**
     * What an encoding takes in Java's heap for each byte of UTF-8, if each is a token: six integers of 8 bytes, a
     * string, a span and references to both.
     */
    private static final long HEAP_PER_BYTE = 136;

    private final Path file;
    private final HuggingFaceTokenizer library;
    private boolean closed;
    /** Those inside {@link #use}, and the owner until it closes. */
    private int users = 1;

    /** @param file what it was read from, for messages */
    NativeTokenizer(Path file, HuggingFaceTokenizer library) {
        this.file = file;
        this.library = library;
    }

    /**
     * Works with the library's tokenizer, which stays there until the work is done.
     *
     * @throws CancellationException if it has been closed
     * @throws CheckpointException if the library fails, as it does where a file contradicts itself
     */
    <T> T use(Function<HuggingFaceTokenizer, T> work) {
        begin();
        try {
            return work.apply(library);
        } catch (CancellationException stopped) {
            throw stopped;
        } catch (RuntimeException e) {
            throw failure(file, String.valueOf(e.getMessage()), e);
        } finally {
            end();
        }
    }

    /** The refusal of a file with which the library fails at a text. */
    static CheckpointException failure(Path file, String reason, @Nullable Throwable cause) {
        return new CheckpointException(
                file,
                "the tokenizer fails at this text (" + brief(reason) + ")",
                "a tokenizer that can read every text",
                "Download the file again",
                cause);
    }

    /** What the library says, which may quote the file. */
    static String brief(String reason) {
        return reason.length() <= MOST_REASON ? reason : reason.substring(0, MOST_REASON) + "...";
    }

    /**
     * The tokens of a text, which the library makes in Java's heap from native code.
     *
     * @param asItComes whether tokens that the file says begin or end a text are added
     * @throws OutOfDeviceMemoryException if the heap has no room for them: there, native code cannot be told
     */
    Encoded encode(String text, boolean asItComes) {
        HeapRoom.Claim room =
                HeapRoom.claim(HEAP_PER_BYTE * bytes(text), "Reading " + text.length() + " characters of text at once");
        try {
            return use(tokenizer ->
                    Encoded.of(tokenizer.encode(text, asItComes, false), text.codePointCount(0, text.length())));
        } finally {
            room.close();
        }
    }

    /** Bytes of a text in UTF-8. */
    private static long bytes(String text) {
        return text.codePoints()
                .mapToLong(point -> point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4)
                .sum();
    }

    private synchronized void begin() {
        if (closed) {
            throw new CancellationException("the model of this tokenizer has been closed");
        }
        users++;
    }

    private void end() {
        boolean last;
        synchronized (this) {
            users--;
            last = users == 0;
        }
        if (last) {
            library.close();
        }
    }

    /** Refuses new users; frees the memory now, or when the last user has ended. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        end();
    }
}
