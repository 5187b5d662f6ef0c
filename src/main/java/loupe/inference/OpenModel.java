package loupe.inference;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import loupe.lm.ModelConfig;
import loupe.lm.tokenizer.Tokenizer;

/**
 * What the host knows about an open model.
 *
 * @param tokenizer empty if the folder has no tokenizer files; tokens are then shown as {@code <id>}
 * @param warnings plain sentences about unusual facts in the files
 */
public record OpenModel(
        ModelId id, Path folder, ModelConfig config, Optional<Tokenizer> tokenizer, List<String> warnings) {
    /** The tokens that end a text; empty without a tokenizer. */
    public Set<Integer> ends() {
        return tokenizer.map(Tokenizer::ends).orElse(Set.of());
    }
}
