package loupe.lm;

import java.util.List;
import java.util.Optional;

/** How one family of Hugging Face folders spells its configuration and its tensors: one small class for each. */
interface ModelFamily {
    /** Families that can be read. */
    List<ModelFamily> ALL = List.of(new Gpt2());

    static Optional<ModelFamily> of(String modelType) {
        return ALL.stream().filter(family -> family.modelType().equals(modelType)).findFirst();
    }

    /** Hugging Face's {@code model_type}. */
    String modelType();

    /** @throws loupe.base.CheckpointException for settings that are wrong or not supported */
    ModelConfig config(ConfigFile file);

    /**
     * Where the parameters of {@link LanguageModel} lie in the file.
     *
     * @param tensors every parameter must be claimed from it; whatever stays unclaimed is reported as unused
     * @throws loupe.base.CheckpointException if one is missing or has another shape
     */
    void locate(ModelConfig config, ConfigFile file, StoredWeights tensors);
}
