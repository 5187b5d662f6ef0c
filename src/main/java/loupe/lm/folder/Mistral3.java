package loupe.lm.folder;

import java.util.Set;
import loupe.lm.ModelConfig;

/**
 * Mistral 3, which also takes images: only its text part is read, a Mistral or a Ministral 3 with its settings under
 * {@code text_config}.
 *
 * @see <a href="https://github.com/huggingface/transformers/tree/v5.0.0/src/transformers/models/mistral3">Mistral 3</a>
 */
final class Mistral3 implements ModelFamily {
    private static final Set<String> TEXT_MODELS = Set.of("mistral", "ministral", "ministral3");

    @Override
    public String modelType() {
        return "mistral3";
    }

    @Override
    public ModelConfig config(ConfigFile file) {
        return text(file).config(settings(file));
    }

    @Override
    public void locate(ModelConfig config, ConfigFile file, StoredWeights tensors) {
        text(file).locate(config, settings(file), tensors, isTied(file));
        tensors.ignorePart("vision_tower.");
        tensors.ignorePart("multi_modal_projector.");
    }

    private static boolean isTied(ConfigFile file) {
        return file.flag(false, "tie_word_embeddings") || settings(file).flag(false, "tie_word_embeddings");
    }

    private static ConfigFile settings(ConfigFile file) {
        return file.within("text_config")
                .orElseThrow(() -> file.refuse("text_config is missing", "the settings of the text model"));
    }

    private static Llama text(ConfigFile file) {
        String type = settings(file).text("mistral", "model_type");
        return Llama.all().stream()
                .filter(family ->
                        TEXT_MODELS.contains(type) && family.modelType().equals(type))
                .findFirst()
                .orElseThrow(() -> file.refuse("the text model is a " + type, "a mistral or ministral3"));
    }
}
