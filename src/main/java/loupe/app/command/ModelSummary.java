package loupe.app.command;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import loupe.base.CheckpointException;
import loupe.lm.LayerAttention;
import loupe.lm.ModelConfig;
import loupe.lm.folder.ModelFolder;
import loupe.lm.tokenizer.Tokenizer;

/**
 * A summary of a model's folder or file: the sizes and switches that decide which checkpoints fit it.
 *
 * @param vocabulary tokens of the embedding
 * @param context tokens it takes at most
 * @param windows tokens each layer's attention looks back; empty for all
 * @param bytesInMemory of its weights as float32
 * @param tokens of the tokenizer; empty without one
 * @param beginning text of the token for the beginning of text; empty without one
 * @param beginsTexts whether the model's texts begin with that token; empty without a tokenizer
 */
@JsonNaming(PropertyNamingStrategies.LowerCamelCaseStrategy.class)
record ModelSummary(
        String family,
        int layers,
        int dModel,
        int heads,
        int keyValueHeads,
        int dHead,
        int dMlp,
        int vocabulary,
        int context,
        List<Optional<Integer>> windows,
        long bytesInMemory,
        Optional<Integer> tokens,
        Optional<String> beginning,
        Optional<Boolean> beginsTexts) {
    /**
     * The summary of a folder or file; empty unless it is a model that can be opened.
     *
     * @param warnings receives unusual facts, or why the model cannot be opened
     */
    static Optional<ModelSummary> of(Path path, List<String> warnings) {
        if (!Files.isDirectory(path) && ModelFolder.recognise(path).isEmpty()) {
            return Optional.empty();
        }
        try (ModelFolder files = ModelFolder.open(path)) {
            files.warnings().stream()
                    .filter(warning -> !warnings.contains(warning))
                    .forEach(warnings::add);
            return Optional.of(of(files));
        } catch (CheckpointException e) {
            warnings.add(e.getMessage());
            return Optional.empty();
        }
    }

    private static ModelSummary of(ModelFolder files) {
        ModelConfig config = files.config();
        return new ModelSummary(
                config.family(),
                config.nLayers(),
                config.dModel(),
                config.nHeads(),
                config.nKeyValueHeads(),
                config.dHead(),
                config.dMlp(),
                config.vocabularySize(),
                config.context(),
                config.attention().stream()
                        .map(LayerAttention::window)
                        .map(window -> window.isPresent() ? Optional.of(window.getAsInt()) : Optional.<Integer>empty())
                        .toList(),
                files.bytes(),
                files.tokenizer().map(Tokenizer::size),
                files.tokenizer()
                        .filter(tokenizer -> tokenizer.beginning().isPresent())
                        .map(tokenizer -> tokenizer.text(tokenizer.beginning().getAsInt())),
                files.tokenizer().map(Tokenizer::beginsTexts));
    }
}
