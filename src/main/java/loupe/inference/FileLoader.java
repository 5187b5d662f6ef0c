package loupe.inference;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import loupe.base.Cancellation;
import loupe.lm.LanguageModel;
import loupe.lm.ModelFolder;
import loupe.lm.ModelWeights;
import loupe.lm.Processing;
import loupe.sae.HostWeights;
import loupe.sae.SaeConfig;
import loupe.sae.SaeFile;
import loupe.sae.SaeOptions;
import loupe.sae.SparseAutoencoder;

/** Reads Hugging Face folders and checkpoint files. */
final class FileLoader implements Loader {
    @Override
    public Loaded<OpenModel, LanguageModel> model(Path folder, Processing processing) {
        ModelFolder files = ModelFolder.open(folder);
        try {
            ModelId id = new ModelId(name(folder), Fingerprint.of(folder, processing.toString()));
            ModelWeights read = files.read(processing);
            // a model stays on the device until it is closed, so its weights are uploaded once and not held here after that
            AtomicReference<ModelWeights> once = new AtomicReference<>(read);
            return new Loaded<>(new OpenModel(id, folder, files.config(), files.tokenizer(), files.warnings()), read.bytes(),
                    owner -> once.get().on(owner), model -> {
                        once.set(null);
                        return model.parameters().values();
                    }, files::close);
        } catch (RuntimeException | Error e) {
            files.close();
            throw e;
        }
    }

    @Override
    public Loaded<OpenSae, SparseAutoencoder> sae(Path path, SaeOptions options) {
        SaeFile file = SaeFile.read(path, options);
        SaeConfig config = file.config();
        HostWeights read = file.readWeights(new Cancellation());
        List<String> warnings = new ArrayList<>(file.warnings());
        warnings.addAll(read.warnings());
        OpenSae host = new OpenSae(new SaeId(name(path), Fingerprint.of(file.weightsPath(), config.toString() + options)), path, config, List.copyOf(warnings));
        // the first upload takes over what was read here; later ones, after making room, read the file again
        AtomicReference<HostWeights> once = new AtomicReference<>(read);
        Upload<SparseAutoencoder> upload = owner -> {
            HostWeights weights = once.getAndSet(null);
            return SparseAutoencoder.upload(owner, config, weights != null ? weights : file.readWeights(new Cancellation()));
        };
        return new Loaded<>(host, read.bytes(), upload, SparseAutoencoder::weights, () -> once.set(null));
    }

    private static String name(Path path) {
        Path last = path.toAbsolutePath().normalize().getFileName();
        return last == null ? path.toString() : last.toString();
    }
}
