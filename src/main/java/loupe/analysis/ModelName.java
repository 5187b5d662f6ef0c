package loupe.analysis;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import loupe.sae.SaeConfig;

/**
 * The name of a language model, as checkpoints and folders spell it: {@code gpt2-small}, {@code openai-community/gpt2},
 * {@code gemma-v3-1b-pt}.
 */
public record ModelName(String spelling) {
    /**
     * Names of TransformerLens and of old releases for models that Hugging Face calls otherwise; letters and digits.
     */
    private static final Map<String, String> ALSO_CALLED = Map.of(
            "gpt2small", "gpt2",
            "gptneosmall", "gptneo125m",
            "gptneomedium", "gptneo13b",
            "mistral7b", "mistral7bv01",
            "mistral7binstruct", "mistral7binstructv01",
            "llama7b", "llama17b",
            "pythia19m", "pythia70m");

    /** Names of folders that say nothing. */
    private static final Set<String> SAY_NOTHING = Set.of("", "model", "models", "main", "final", "checkpoint", "lm");

    /** How many letters of a hash make a name that says nothing. */
    private static final int HASH = 32;

    /**
     * Whether two names may be those of one model: they are one name by another spelling, or one of them says nothing.
     */
    public boolean mayBe(ModelName other) {
        String own = canonical();
        String others = other.canonical();
        return own.equals(others) || saysNothing(own) || saysNothing(others);
    }

    /**
     * A warning that a checkpoint names another model than the open one; empty if it may be the same.
     *
     * @param checkpoint its name or path
     * @param open name of the open model
     */
    public static Optional<String> doubt(String checkpoint, SaeConfig sae, String open) {
        String trained = sae.trained().model();
        return new ModelName(trained).mayBe(new ModelName(open))
                ? Optional.empty()
                : Optional.of(checkpoint + " says that it was trained on " + trained + ", and the open model is called "
                        + open + "; if they are not the same, its features mean nothing here");
    }

    /** The last part of the name in letters and digits, under its usual name. */
    private String canonical() {
        String last = spelling.substring(spelling.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
        String plain = last.replaceAll("[^a-z0-9]", "")
                .replaceFirst("^meta(?=llama)", "")
                .replaceFirst("^gemmav", "gemma")
                .replaceFirst("hf$", "");
        return ALSO_CALLED.getOrDefault(plain, plain);
    }

    private static boolean saysNothing(String name) {
        return SAY_NOTHING.contains(name) || (name.length() >= HASH && name.matches("[0-9a-f]+"));
    }
}
