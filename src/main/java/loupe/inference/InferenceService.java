package loupe.inference;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import loupe.lm.Processing;
import loupe.sae.checkpoint.SaeOptions;

/** Opens models and checkpoints and answers questions about them. Thread-safe. */
public interface InferenceService extends AutoCloseable {
    /**
     * Reads a Hugging Face folder on the file pool and uploads it on the device thread. Fails with a
     * CheckpointException.
     */
    CompletionStage<OpenModel> openModel(Path folder, Processing processing);

    /**
     * Likewise, but reads of the model's weights, as published, only those with a row for each token; the layers are
     * read when a question needs them, and such a question fails if they cannot be.
     */
    CompletionStage<OpenModel> openEmbeddings(Path folder);

    /**
     * Completes when the layers of an open model have been read, because a question needed them, with why nothing that
     * is computed from them can be trusted; that is usually empty. Cancelled when the model is closed before.
     */
    CompletionStage<Optional<String>> layers(ModelId id);

    /**
     * Reads a checkpoint on the file pool and uploads it on the device thread; {@code options} states what the file
     * does not.
     */
    CompletionStage<OpenSae> openSae(Path path, SaeOptions options);

    /** Closes the model and frees its memory; queued questions about it fail. */
    CompletionStage<Void> close(ModelId id);

    CompletionStage<Void> close(SaeId id);

    <R> Pending<R> submit(Query<R> query, Priority priority);

    /** The thread for host-only questions that must never wait behind device work. */
    Executor compute();

    /** The pool for reading, parsing and exporting files. */
    Executor files();

    /**
     * A snapshot of running and queued work and of memory held, for the window's status line and for {@code doctor}.
     */
    Status status();

    /** Stops everything and frees all memory. Blocks until the threads have ended. */
    @Override
    void close();

    /**
     * How busy the device is, and what it is.
     *
     * @param device its name, such as {@code CPU} or {@code NVIDIA H100 (cuda:0)}
     * @param residentBytes weights held on the device
     */
    record Status(String device, long residentBytes, int running, int waiting) {}
}
