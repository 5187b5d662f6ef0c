package loupe.state.text;

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

    /** One text, with nothing beside it. */
    public static PromptPair of(String clean) {
        return new PromptPair(clean, "", "", "");
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
