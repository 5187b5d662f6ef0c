package loupe.lm.folder;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import loupe.base.CheckpointException;
import loupe.format.Container;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;

/**
 * One file that holds a whole model, its settings included: a checkpoint of nanoGPT or a file of llama2.c.
 *
 * @param settings as a family reads them
 */
record ModelFile(ModelFamily family, ConfigFile settings, TensorArchive archive) {
    private static final String NANO_GPT_SETTINGS = "model_args";

    /**
     * Opens a file.
     *
     * @throws CheckpointException if it holds no such model
     */
    static ModelFile open(Path path) {
        TensorArchive archive = TensorArchives.open(path);
        try {
            Optional<ModelFamily> family = family(archive);
            if (family.isEmpty()) {
                throw new CheckpointException(
                        path,
                        "this file is not a whole model",
                        "a nanoGPT checkpoint, a llama2.c file, or a folder with config.json and weights",
                        "Choose the folder that holds config.json and the weights");
            }
            Map<?, ?> settings = archive.container() == Container.LLAMA2_C
                    ? archive.values()
                    : (Map<?, ?>) archive.values().get(NANO_GPT_SETTINGS);
            return new ModelFile(family.get(), new ConfigFile(path, new ObjectMapper().valueToTree(settings)), archive);
        } catch (RuntimeException | Error e) {
            archive.close();
            throw e;
        }
    }

    /** The kind of model in a file; empty if it holds none, or cannot be read. */
    static Optional<String> recognise(Path path) {
        try (TensorArchive archive = TensorArchives.open(path)) {
            return family(archive).map(ModelFamily::modelType);
        } catch (CheckpointException none) {
            return Optional.empty();
        }
    }

    private static Optional<ModelFamily> family(TensorArchive archive) {
        if (archive.container() == Container.LLAMA2_C) {
            return Optional.of(new Llama2c());
        }
        return archive.values().get(NANO_GPT_SETTINGS) instanceof Map<?, ?> settings && settings.containsKey("n_embd")
                ? Optional.of(new NanoGpt())
                : Optional.empty();
    }
}
