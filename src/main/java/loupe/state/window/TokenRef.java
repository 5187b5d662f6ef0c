package loupe.state.window;

/**
 * Names a token: one in the vocabulary, or one at a place in a text.
 *
 * @param id its number in the vocabulary
 * @param source the text it stands in, such as {@code document 12}; empty for the vocabulary's entry
 * @param position index in that text; 0 for the vocabulary's entry
 */
public record TokenRef(int id, String source, int position) {
    /** The vocabulary's entry itself. */
    public static TokenRef ofVocabulary(int id) {
        return new TokenRef(id, "", 0);
    }
}
