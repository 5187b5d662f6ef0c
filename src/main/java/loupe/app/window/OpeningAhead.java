package loupe.app.window;

import java.nio.file.Path;
import java.util.concurrent.CompletionStage;
import loupe.inference.InferenceService;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.sae.checkpoint.SaeOptions;
import org.jspecify.annotations.Nullable;

/**
 * The first model and the first checkpoint, which are read while JavaFX starts, so that both processors work. The
 * window takes them over as if it had asked for them itself. One thread at a time.
 */
final class OpeningAhead {
    private final InferenceService service;
    private @Nullable Ahead<Path, OpenModel> model;
    private @Nullable Ahead<Checkpoint, OpenSae> checkpoint;

    /** What is being opened. */
    private record Ahead<K, V>(K what, CompletionStage<V> opening) {}

    private record Checkpoint(Path path, SaeOptions options) {}

    private OpeningAhead(InferenceService service) {
        this.service = service;
    }

    /** Nothing is read ahead. */
    static OpeningAhead none(InferenceService service) {
        return new OpeningAhead(service);
    }

    /** Begins to read what a window opens first. */
    static OpeningAhead of(InferenceService service, FirstOpening first) {
        OpeningAhead ahead = new OpeningAhead(service);
        first.model().ifPresent(folder -> ahead.model = new Ahead<>(folder, service.openEmbeddings(folder)));
        first.checkpoints().stream()
                .findFirst()
                .ifPresent(a -> KeptOptions.understood(a.options()).ifPresent(options -> {
                    Path path = Path.of(a.path());
                    ahead.checkpoint = new Ahead<>(new Checkpoint(path, options), service.openSae(path, options));
                }));
        return ahead;
    }

    /** The opening of a model: that of before, once, if it is of this folder, else a new one. */
    CompletionStage<OpenModel> model(Path folder) {
        Ahead<Path, OpenModel> begun = model;
        if (begun == null || !begun.what().equals(folder)) {
            return service.openEmbeddings(folder);
        }
        model = null;
        return begun.opening();
    }

    /** The opening of a checkpoint: that of before, once, if it is of this file and these options, else a new one. */
    CompletionStage<OpenSae> checkpoint(Path path, SaeOptions options) {
        Ahead<Checkpoint, OpenSae> begun = checkpoint;
        if (begun == null || !begun.what().equals(new Checkpoint(path, options))) {
            return service.openSae(path, options);
        }
        checkpoint = null;
        return begun.opening();
    }

    /** Closes what nobody has taken over. */
    void giveBack() {
        Ahead<Path, OpenModel> unusedModel = model;
        Ahead<Checkpoint, OpenSae> unusedCheckpoint = checkpoint;
        model = null;
        checkpoint = null;
        if (unusedModel != null) {
            unusedModel.opening().thenAccept(opened -> service.close(opened.id()));
        }
        if (unusedCheckpoint != null) {
            unusedCheckpoint.opening().thenAccept(opened -> service.close(opened.id()));
        }
    }
}
