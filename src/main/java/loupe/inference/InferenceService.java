package loupe.inference;

import java.nio.file.Path;
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

    /** Reads a checkpoint likewise; {@code options} says what the file cannot. */
    CompletionStage<OpenSae> openSae(Path path, SaeOptions options);

    /** Gives the model's memory back; questions about it that still wait fail. */
    CompletionStage<Void> close(ModelId id);

    CompletionStage<Void> close(SaeId id);

    <R> Pending<R> submit(Query<R> query, Priority priority);

    /** The thread for host-only questions that must never wait behind device work. */
    Executor compute();

    /** The pool for reading, parsing and exporting files. */
    Executor files();

    /** What runs, waits and is held; a snapshot for the window's status line and for {@code doctor}. */
    Status status();

    /** Stops everything and gives all memory back. Blocks until the threads have ended. */
    @Override
    void close();

    /**
     * How busy the device is, and what it is.
     *
     * @param device for people, such as {@code CPU} or {@code NVIDIA H100 (cuda:0)}
     * @param residentBytes weights held on the device
     */
    record Status(String device, long residentBytes, int running, int waiting) {}
}
