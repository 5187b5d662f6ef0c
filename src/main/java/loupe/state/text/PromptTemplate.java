package loupe.state.text;

import java.util.List;

/**
 * A pair of prompts under a name.
 *
 * @param own whether the user has kept it, and can delete it
 */
public record PromptTemplate(String name, PromptPair pair, boolean own) {
    /** Tasks of the literature, in words that are single tokens of GPT-2 and of most vocabularies. */
    public static final List<PromptTemplate> BUILT_IN = List.of(
            given(
                    "Indirect object",
                    "When John and Mary went to the store, John gave a drink to",
                    "When John and Mary went to the store, Mary gave a drink to",
                    " Mary",
                    " John"),
            given("Subject-verb number", "The keys to the cabinet", "The key to the cabinet", " are", " is"),
            given("Factual recall", "The capital of France is", "The capital of Italy is", " Paris", " Rome"));

    private static PromptTemplate given(String name, String clean, String corrupt, String answer, String wrong) {
        return new PromptTemplate(name, new PromptPair(clean, corrupt, answer, wrong), false);
    }

    @Override
    public String toString() {
        return name;
    }
}
