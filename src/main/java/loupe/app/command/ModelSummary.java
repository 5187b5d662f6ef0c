package loupe.app.command;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.base.CheckpointException;
import loupe.lm.LayerAttention;
import loupe.lm.ModelConfig;
import loupe.lm.folder.ModelFolder;
import loupe.lm.tokenizer.Tokenizer;

/** What a model's folder holds, in the sizes and switches that decide what goes with it. */
final class ModelSummary {
    private ModelSummary() {}

    /**
     * Null for anything but the folder of a model that can be opened.
     *
     * @param warnings gets what was unusual, or why the model cannot be opened
     */
    static Map<String, Object> of(Path path, List<String> warnings) {
        if (!Files.isDirectory(path)) {
            return null;
        }
        try (ModelFolder files = ModelFolder.open(path)) {
            files.warnings().stream()
                    .filter(warning -> !warnings.contains(warning))
                    .forEach(warnings::add);
            return summary(files);
        } catch (CheckpointException e) {
            warnings.add(e.getMessage());
            return null;
        }
    }

    private static Map<String, Object> summary(ModelFolder files) {
        ModelConfig config = files.config();
        Map<String, Object> summary = new LinkedHashMap<>();
        summary.put("family", config.family());
        summary.put("layers", config.nLayers());
        summary.put("dModel", config.dModel());
        summary.put("heads", config.nHeads());
        summary.put("keyValueHeads", config.nKeyValueHeads());
        summary.put("dHead", config.dHead());
        summary.put("dMlp", config.dMlp());
        summary.put("vocabulary", config.vocabularySize());
        summary.put("context", config.context());
        summary.put(
                "windows",
                config.attention().stream()
                        .map(LayerAttention::window)
                        .map(window -> window.isPresent() ? window.getAsInt() : null)
                        .toList());
        summary.put("bytesInMemory", files.bytes());
        summary.put("tokens", files.tokenizer().map(Tokenizer::size).orElse(null));
        summary.put(
                "beginning",
                files.tokenizer()
                        .filter(tokenizer -> tokenizer.beginning().isPresent())
                        .map(tokenizer -> tokenizer.text(tokenizer.beginning().getAsInt()))
                        .orElse(null));
        summary.put("beginsTexts", files.tokenizer().map(Tokenizer::beginsTexts).orElse(null));
        return summary;
    }
}
