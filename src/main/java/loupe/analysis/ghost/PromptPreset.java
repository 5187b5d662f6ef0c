package loupe.analysis.ghost;

import java.util.List;

/**
 * A wording that asks a model what a ghost means.
 *
 * @param name in menus
 * @param text with {@code {ghost}} wherever the ghost stands
 */
public record PromptPreset(String name, String text) {
    /**
     * All presets: the notebook's, two like it, and the one of self-explanation, which has the ghost in three places.
     */
    public static final List<PromptPreset> ALL = List.of(
            new PromptPreset("Typical definition", GhostPrompt.DEFAULT_TEXT),
            new PromptPreset("Meaning", "The meaning of the word \"{ghost}\" is \""),
            new PromptPreset("Examples", "Some typical examples of \"{ghost}\" are \""),
            new PromptPreset(
                    "Self-explanation",
                    "Repeat \"{ghost}\" four times exactly as it is written: \"{ghost}\", \"{ghost}\", \""));

    public PromptPreset {
        if (!text.contains(GhostPrompt.PLACEHOLDER)) {
            throw new IllegalArgumentException("the text has no " + GhostPrompt.PLACEHOLDER);
        }
    }
}
