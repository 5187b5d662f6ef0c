package loupe.inference;

import ai.djl.ndarray.NDArray;
import java.nio.file.Path;
import java.util.Collection;
import java.util.function.Function;
import java.util.function.Supplier;
import loupe.base.MemoryBudget.Claim;
import loupe.base.MemoryBudget.Kind;
import loupe.lm.LanguageModel;
import loupe.lm.Processing;
import loupe.sae.SparseAutoencoder;
import loupe.sae.checkpoint.SaeOptions;

/**
 * Reads models and checkpoints as far as the host needs them, once there is room for their weights. File pool; weights
 * that are read again, device thread.
 */
interface Loader {
    /** Whoever says whether there is room for weights, before the first byte of them is read. */
    @FunctionalInterface
    interface Room {
        /**
         * Takes room for weights.
         *
         * @param bytes all that reading them takes
         * @return to be closed when they have been read
         * @throws loupe.base.OutOfDeviceMemoryException if there is not enough
         */
        Claim claim(Path what, Kind kind, long bytes);

        /** Reads weights within room taken for them. */
        default <T> T within(Path what, Kind kind, long bytes, Supplier<T> read) {
            Claim taken = claim(what, kind, bytes);
            try {
                return read.get();
            } finally {
                taken.close();
            }
        }
    }

    /**
     * Reads a model folder.
     *
     * @throws loupe.base.CheckpointException if the folder is refused
     */
    Loaded<OpenModel, LanguageModel> model(Path folder, Processing processing, Room room);

    /**
     * Reads a checkpoint.
     *
     * @throws loupe.base.CheckpointException if the file is refused
     */
    Loaded<OpenSae, SparseAutoencoder> sae(Path path, SaeOptions options, Room room);

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
