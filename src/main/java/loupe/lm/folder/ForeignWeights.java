package loupe.lm.folder;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import loupe.base.CheckpointException;
import loupe.base.FileFailure;
import loupe.format.JsonFiles;
import loupe.format.TensorArchive;

/**
 * Folders and tensors that belong to a model but are not its plain weights: quantised ones, adapters, and files made
 * for other programs. Each kind is refused with a sentence that names it and what to open instead.
 */
final class ForeignWeights {
    private static final String ORIGINAL = "Choose the model they were made from";
    /** Where config.json says how the weights are quantised: transformers' key, an older one, and that of MLX. */
    private static final List<String> QUANTISATION_KEYS =
            List.of("quantization_config", "compression_config", "quantization");

    /** Endings of tensor names that only quantised weights have, and what has them. */
    private static final Map<String, String> QUANTISED_NAMES = Map.ofEntries(
            Map.entry(".qweight", "GPTQ or AWQ"),
            Map.entry(".qzeros", "GPTQ or AWQ"),
            Map.entry(".SCB", "bitsandbytes, 8 bit"),
            Map.entry(".weight.absmax", "bitsandbytes, 4 bit"),
            Map.entry(".weight.quant_map", "bitsandbytes, 4 bit"),
            Map.entry(".weight_scale_inv", "FP8"),
            Map.entry(".weight_scale", "FP8 or compressed-tensors"),
            Map.entry(".weight_packed", "compressed-tensors"),
            Map.entry(".W_q", "HQQ"),
            Map.entry("_proj_blocks", "MXFP4"),
            Map.entry(".weight._data", "quanto"),
            Map.entry(".weight._scale", "quanto"),
            Map.entry(".scales", "GPTQ, AWQ or MLX"));

    /** Endings of files in which other programs keep a model, and what they are. */
    private static final List<Map.Entry<String, String>> OTHER_FILES = List.of(
            Map.entry(".gguf", "GGUF files for llama.cpp"),
            Map.entry(".ggml", "GGML files for llama.cpp"),
            Map.entry(".onnx", "ONNX files"),
            Map.entry("weights.npz", "weights for MLX"),
            Map.entry("openvino_model.xml", "OpenVINO files"),
            Map.entry(".mlpackage", "Core ML files"),
            Map.entry(".tflite", "TensorFlow Lite files"),
            Map.entry("tf_model.h5", "TensorFlow weights"),
            Map.entry("flax_model.msgpack", "Flax weights"),
            Map.entry("rust_model.ot", "weights for rust-bert"),
            Map.entry("consolidated.safetensors", "weights in Mistral's own layout"),
            Map.entry("consolidated.00.pth", "weights in Meta's own layout"));

    private static final String ADAPTER_CONFIG = "adapter_config.json";
    private static final Set<String> ADAPTER_FILES =
            Set.of(ADAPTER_CONFIG, "adapter_model.safetensors", "adapter_model.bin");

    private ForeignWeights() {}

    /**
     * Why a folder without a model's usual weight files is none; empty if nothing in it is of a kind that is known.
     *
     * @param folder as the user named it
     */
    static Optional<CheckpointException> of(Path folder) {
        List<String> names = names(folder);
        if (names.stream().anyMatch(ADAPTER_FILES::contains)) {
            return Optional.of(new CheckpointException(
                    folder,
                    "this is a PEFT adapter" + ofBase(folder) + ", not a whole model",
                    "",
                    "Merge it into its model with merge_and_unload, save that, and choose it"));
        }
        return OTHER_FILES.stream()
                .filter(kind -> names.stream().anyMatch(name -> name.endsWith(kind.getKey())))
                .findFirst()
                .map(kind -> new CheckpointException(
                        folder,
                        "this folder has " + kind.getValue() + ", and no safetensors or torch weights",
                        "",
                        "Choose the model's folder in Hugging Face's layout, from which they were made"));
    }

    private static String ofBase(Path folder) {
        try {
            String base = new ConfigFile(
                            folder.resolve(ADAPTER_CONFIG), JsonFiles.readSettings(folder.resolve(ADAPTER_CONFIG)))
                    .text("", "base_model_name_or_path");
            return base.isEmpty()
                    ? ""
                    : " to " + (base.length() > 60 ? "..." + base.substring(base.length() - 57) : base);
        } catch (CheckpointException unreadable) {
            return "";
        }
    }

    /** Names of the files in a folder, and in the one below it where ONNX files usually are. */
    private static List<String> names(Path folder) {
        try (Stream<Path> files = Files.walk(folder, 1);
                Stream<Path> below = Files.isDirectory(folder.resolve("onnx"))
                        ? Files.list(folder.resolve("onnx"))
                        : Stream.<Path>empty()) {
            return Stream.concat(files, below)
                    .map(file -> String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT))
                    .toList();
        } catch (IOException e) {
            throw new CheckpointException(folder, FileFailure.reason(e), "", "", e);
        }
    }

    /** A warning about an adapter that lies beside whole weights and is not applied; empty without one. */
    static Optional<String> adapterBeside(Path folder) {
        return Files.isRegularFile(folder.resolve(ADAPTER_CONFIG))
                ? Optional.of("The folder also has a PEFT adapter (" + ADAPTER_CONFIG + "), which is not applied")
                : Optional.empty();
    }

    /** @throws CheckpointException if a config.json says that the weights are quantised */
    static void refuseQuantised(ConfigFile file) {
        for (String key : QUANTISATION_KEYS) {
            Optional<ConfigFile> settings =
                    file.within(key).or(() -> file.within("text_config").flatMap(text -> text.within(key)));
            if (settings.isPresent()) {
                throw new CheckpointException(
                        file.path(),
                        "the weights are quantised (" + method(key, settings.get()) + ")",
                        "float32, float16 or bfloat16",
                        ORIGINAL);
            }
        }
    }

    private static String method(String key, ConfigFile settings) {
        String method = settings.text(key.equals("quantization") ? "MLX" : key, "quant_method");
        if (settings.flag(false, "load_in_4bit")) {
            return method + ", 4 bit";
        }
        if (settings.flag(false, "load_in_8bit")) {
            return method + ", 8 bit";
        }
        return settings.json().path("bits").isInt()
                ? method + ", " + settings.json().path("bits").intValue() + " bit"
                : method;
    }

    /** @throws CheckpointException if tensors have names that only quantised weights or adapters have */
    static void refuseQuantised(TensorArchive archive) {
        for (String name : archive.names()) {
            if (name.contains(".lora_A.") || name.contains(".lora_B.")) {
                throw new CheckpointException(
                        archive.path(),
                        "its tensors are those of a PEFT adapter (" + name + ")",
                        "the weights of a whole model",
                        "Merge it into its model with merge_and_unload, save that, and choose it");
            }
            QUANTISED_NAMES.forEach((ending, method) -> {
                if (name.endsWith(ending)) {
                    throw new CheckpointException(
                            archive.path(),
                            "the weights are quantised (" + method + "), as tensor " + name + " shows",
                            "float32, float16 or bfloat16",
                            ORIGINAL);
                }
            });
        }
    }
}
