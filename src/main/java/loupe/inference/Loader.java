package loupe.inference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import loupe.base.MemoryBudget.Claim;
import loupe.base.MemoryBudget.Kind;
import loupe.lm.Embeddings;
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
    LoadedModel model(Path folder, Processing processing, Room room);

    /**
     * Reads a model folder, of its weights, as published, only the embeddings.
     *
     * @throws loupe.base.CheckpointException if the folder is refused
     */
    LoadedModel embeddings(Path folder, Room room);

    /**
     * Reads a checkpoint.
     *
     * @throws loupe.base.CheckpointException if the file is refused
     */
    Loaded<OpenSae, SparseAutoencoder> sae(Path path, SaeOptions options, Room room);

    /**
     * A model of which at least the embeddings have been read.
     *
     * @param embeddings closing its files does not close the layers
     */
    record LoadedModel(Loaded<OpenModel, Embeddings> embeddings, Layers layers) {}

    /** The layers of a model that is open, which are read, if they have not been, when they are needed. */
    interface Layers {
        /** Whether they are in the host's memory. */
        boolean isRead();

        /**
         * Reads them into the host's memory. File pool.
         *
         * @return why nothing that is computed from them can be trusted; usually empty
         * @throws loupe.base.CheckpointException if the files can no longer be read
         */
        Optional<String> read();

        /** Size on the device, of what has been read. */
        long bytes();

        /**
         * Puts what has been read onto the device. Device thread.
         *
         * @param owner every array of the layers belongs to it
         * @param embeddings on the device already
         */
        LanguageModel to(NDManager owner, Embeddings embeddings);

        /** Frees what is in the host's memory, and the files, as soon as nothing is being read any more. */
        void close();
    }

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
