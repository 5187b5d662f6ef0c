package loupe.inference;

import ai.djl.ndarray.NDManager;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import loupe.lm.Embeddings;
import loupe.lm.LanguageModel;
import loupe.lm.ModelPart;
import org.jspecify.annotations.Nullable;

/**
 * The layers of an open model: read on the file pool when a question needs them first, uploaded when they have been
 * read, then kept until the model is closed. Device thread only.
 */
final class LazyLayers {
    private final String name;
    private final Loader.Layers source;
    private final Resident<Embeddings> embeddings;
    private final CompletableFuture<Optional<String>> doubt = new CompletableFuture<>();
    private @Nullable CompletableFuture<Optional<String>> reading;
    private @Nullable Resident<LanguageModel> resident;

    LazyLayers(String name, Loader.Layers source, Resident<Embeddings> embeddings) {
        this.name = name;
        this.source = source;
        this.embeddings = embeddings;
    }

    /** Completes when they have been read, with why they cannot be trusted. */
    CompletionStage<Optional<String>> doubt() {
        return doubt;
    }

    /**
     * The model, on the device or ready for it.
     *
     * @param files begins to read them, if nothing has yet
     * @throws Postponed until they have been read
     * @throws RuntimeException why they could not be read; the next call begins anew
     */
    Resident<LanguageModel> resident(Executor files) {
        if (resident != null) {
            return resident;
        }
        if (reading != null || !source.isRead()) {
            read(files);
        } else {
            doubt.complete(Optional.empty()); // it was told when the model was opened
        }
        resident = new Resident<>(
                name,
                source.bytes(),
                false,
                this::upload,
                model -> model.parameters().entrySet().stream()
                        .filter(parameter -> ModelPart.LAYERS.has(parameter.getKey()))
                        .map(Map.Entry::getValue)
                        .toList(),
                () -> {});
        return resident;
    }

    private void read(Executor files) {
        CompletableFuture<Optional<String>> begun =
                reading == null ? CompletableFuture.supplyAsync(source::read, files) : reading;
        if (!begun.isDone()) {
            reading = begun;
            throw new Postponed(begun);
        }
        reading = null;
        try {
            doubt.complete(begun.join());
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private LanguageModel upload(NDManager owner) {
        boolean uploaded = false;
        try {
            LanguageModel model = source.to(owner, embeddings.value());
            uploaded = true;
            return model;
        } finally {
            if (!uploaded) {
                resident = null; // to be read again
            }
        }
    }

    /** Takes them off the device, before the embeddings, and frees their memory. */
    void close(DeviceMemory memory) {
        if (resident != null) {
            memory.release(resident);
        }
        doubt.cancel(false);
        source.close();
    }
}
