package loupe.inference;

import java.nio.file.Path;
import loupe.lm.LanguageModel;
import loupe.lm.Processing;
import loupe.sae.SaeOptions;
import loupe.sae.SparseAutoencoder;

/** Reads models and checkpoints as far as the host needs them. File pool. */
interface Loader {
    /** @throws loupe.base.CheckpointException if the folder is refused */
    Loaded<OpenModel, LanguageModel> model(Path folder, Processing processing);

    /** @throws loupe.base.CheckpointException if the file is refused */
    Loaded<OpenSae, SparseAutoencoder> sae(Path path, SaeOptions options);

    /**
     * What has been read, and how the rest gets onto the device.
     *
     * @param host what the host knows about it
     * @param bytes expected size on the device
     * @param files closed when the thing is closed
     */
    record Loaded<H, T>(H host, long bytes, Upload<T> upload, Runnable files) {}
}
