package loupe.inference;

import java.nio.file.Path;
import loupe.lm.LanguageModel;
import loupe.lm.Processing;
import loupe.sae.SaeOptions;
import loupe.sae.SparseAutoencoder;

/** Reads Hugging Face folders and checkpoint files. */
final class FileLoader implements Loader {
    @Override
    public Loaded<OpenModel, LanguageModel> model(Path folder, Processing processing) {
        throw new UnsupportedOperationException("models cannot be read yet");
    }

    @Override
    public Loaded<OpenSae, SparseAutoencoder> sae(Path path, SaeOptions options) {
        throw new UnsupportedOperationException("checkpoints cannot be read yet");
    }
}
