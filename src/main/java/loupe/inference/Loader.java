package loupe.inference;

import ai.djl.ndarray.NDArray;
import java.nio.file.Path;
import java.util.Collection;
import java.util.function.Function;
import loupe.lm.LanguageModel;
import loupe.lm.Processing;
import loupe.sae.SparseAutoencoder;
import loupe.sae.checkpoint.SaeOptions;

/** Reads models and checkpoints as far as the host needs them. File pool. */
interface Loader {
    /**
     * Reads a model folder.
     *
     * @throws loupe.base.CheckpointException if the folder is refused
     */
    Loaded<OpenModel, LanguageModel> model(Path folder, Processing processing);

    /**
     * Reads a checkpoint.
     *
     * @throws loupe.base.CheckpointException if the file is refused
     */
    Loaded<OpenSae, SparseAutoencoder> sae(Path path, SaeOptions options);

    /**
     * What has been read, and how the rest gets onto the device.
     *
     * @param host what the host knows about it
     * @param bytes expected size on the device
     * @param weights every array of what was uploaded
     * @param evicted called when what was uploaded has been taken off the device: its arrays may have lain in the
     *     host's memory
     * @param files closed with the model or checkpoint; also frees weights that were read and never uploaded
     */
    record Loaded<H, T extends AutoCloseable>(
            H host,
            long bytes,
            Upload<T> upload,
            Function<T, Collection<NDArray>> weights,
            Runnable evicted,
            Runnable files) {}
}
