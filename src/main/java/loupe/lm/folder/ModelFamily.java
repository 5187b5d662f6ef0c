package loupe.lm.folder;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import loupe.lm.LanguageModel;
import loupe.lm.ModelConfig;
import loupe.lm.ModelConfig.MlpActivation;

/** How one family of Hugging Face folders spells its configuration and its tensors: one small class for each. */
interface ModelFamily {
    /** Families that can be read. */
    List<ModelFamily> ALL = Stream.of(
                    List.of(new Gpt2(), new GptNeo(), new GptJ(), new GptNeoX()),
                    Llama.all(),
                    List.of(new Mistral3(), new Phi3(), new StableLm()),
                    Olmo.all(),
                    Gemma.all())
            .<ModelFamily>flatMap(List::stream)
            .toList();

    static Optional<ModelFamily> of(String modelType) {
        return ALL.stream()
                .filter(family -> family.modelType().equals(modelType))
                .findFirst();
    }

    /** An activation by the names transformers knows it under; those that differ by rounding only are one. */
    static MlpActivation activation(ConfigFile file, String key, String otherwise) {
        String name = file.text(otherwise, key);
        return switch (name) {
            case "gelu", "gelu_python" -> MlpActivation.GELU;
            case "gelu_new", "gelu_fast", "gelu_pytorch_tanh" -> MlpActivation.GELU_NEW;
            case "silu", "swish" -> MlpActivation.SILU;
            case "relu" -> MlpActivation.RELU;
            default -> throw file.refuse(key + " is " + name, "gelu, gelu_new, silu or relu");
        };
    }

    /** dModel shared out among the heads. */
    static int headWidth(ConfigFile file, int dModel, int nHeads) {
        if (dModel % nHeads != 0) {
            throw file.refuse(
                    "hidden_size is " + dModel + " and num_attention_heads " + nHeads,
                    "hidden_size to be a multiple of num_attention_heads");
        }
        return dModel / nHeads;
    }

    /** The {@code head_dim} of the file, or dModel shared out among the heads. */
    static int ownHeadWidth(ConfigFile file, int dModel, int nHeads) {
        return file.json().hasNonNull("head_dim") ? file.size(0, "head_dim") : headWidth(file, dModel, nHeads);
    }

    /**
     * The number of key and value heads, each of which serves the same number of query heads; null stands for as many
     * as there are query heads, whatever a missing key stands for.
     */
    static int keyHeads(ConfigFile file, int nHeads, int otherwise) {
        int keyHeads = file.sizeOrNull(OptionalInt.of(otherwise), "num_key_value_heads")
                .orElse(nHeads);
        if (nHeads % keyHeads != 0) {
            throw file.refuse(
                    "num_attention_heads is " + nHeads + " and num_key_value_heads " + keyHeads,
                    "num_attention_heads to be a multiple of num_key_value_heads");
        }
        return keyHeads;
    }

    /** Whether a layer sees a window only, by {@code layer_types} (transformers 5); empty without such a list. */
    static Optional<Boolean> isLocal(ConfigFile file, int layer, int nLayers) {
        List<String> types = file.texts("layer_types");
        if (types.isEmpty()) {
            return Optional.empty();
        }
        if (types.size() != nLayers) {
            throw file.refuse("layer_types has " + types.size() + " entries", "one for each of " + nLayers + " layers");
        }
        return switch (types.get(layer)) {
            case "sliding_attention" -> Optional.of(true);
            case "full_attention" -> Optional.of(false);
            default -> throw file.refuse("a layer type is " + types.get(layer), "full_attention or sliding_attention");
        };
    }

    /** Hugging Face's {@code model_type}. */
    String modelType();

    /**
     * The model's configuration, from the family's {@code config.json}.
     *
     * @throws loupe.base.CheckpointException for settings that are wrong or not supported
     */
    ModelConfig config(ConfigFile file);

    /**
     * Where the parameters of {@link LanguageModel} lie in the file.
     *
     * @param tensors every parameter must be claimed from it; whatever stays unclaimed is reported as unused
     * @throws loupe.base.CheckpointException if one is missing or has another shape
     */
    void locate(ModelConfig config, ConfigFile file, StoredWeights tensors);
}
