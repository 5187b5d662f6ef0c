package loupe.lm.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import loupe.base.CheckpointException;

/**
 * A tokenizer in native memory, which is freed when it has been closed and the last user has ended: memory that is
 * freed under a user takes the whole process down. Closing waits for nobody. Thread-safe.
 */
final class NativeTokenizer implements AutoCloseable {
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
            throw new CheckpointException(
                    file,
                    "the tokenizer fails at this text (" + e.getMessage() + ")",
                    "a tokenizer that can read every text",
                    "Download the file again",
                    e);
        } finally {
            end();
        }
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
