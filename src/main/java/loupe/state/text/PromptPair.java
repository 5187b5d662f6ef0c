package loupe.state.text;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the user typed into the view Text.
 *
 * @param clean the text that is read; empty for none
 * @param corrupt the text it is compared with; empty for none
 * @param answer what should follow the clean text, with the space in front of it; empty for none
 * @param wrongAnswer what should follow the corrupt text; empty for none
 */
public record PromptPair(String clean, String corrupt, String answer, String wrongAnswer) {
    /** Nothing is typed. */
    public static final PromptPair EMPTY = new PromptPair("", "", "", "");

    private static final int TEXTS = 4;

    /** One text, with nothing beside it. */
    public static PromptPair of(String clean) {
        return new PromptPair(clean, "", "", "");
    }

    /** What was kept as {@link #texts}; empty if it is something else. */
    static Optional<PromptPair> of(@Nullable String @Nullable [] texts) {
        return texts == null || texts.length != TEXTS || Arrays.stream(texts).anyMatch(Objects::isNull)
                ? Optional.empty()
                : Optional.of(new PromptPair(texts[0], texts[1], texts[2], texts[3]));
    }

    /** Everything that was typed, as a session keeps it. */
    List<String> texts() {
        return List.of(clean, corrupt, answer, wrongAnswer);
    }

    public boolean isEmpty() {
        return equals(EMPTY);
    }

    public PromptPair withClean(String text) {
        return new PromptPair(text, corrupt, answer, wrongAnswer);
    }

    public PromptPair withCorrupt(String text) {
        return new PromptPair(clean, text, answer, wrongAnswer);
    }

    public PromptPair withAnswer(String text) {
        return new PromptPair(clean, corrupt, text, wrongAnswer);
    }

    public PromptPair withWrongAnswer(String text) {
        return new PromptPair(clean, corrupt, answer, text);
    }
}
