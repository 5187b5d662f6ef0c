package loupe.lm.tokenizer;

import java.util.OptionalInt;
import java.util.Set;

/**
 * Text to token ids and back, as the model's own tokenizer has it. Thread-safe. Once it is closed, encoding and
 * decoding throw {@link java.util.concurrent.CancellationException}; what is running then ends undisturbed.
 */
public interface Tokenizer extends AutoCloseable {
    /** Whether a text begins with the token for the beginning of text. */
    enum Beginning {
        /** What Hugging Face's tokenizer of the family does: Llama and Gemma prepend it, GPT-2 and Pythia do not. */
        AUTO,
        YES,
        NO
    }

    /** One more than the largest id. The model's vocabulary may be larger by padding. */
    int size();

    /**
     * Encodes a text. Special tokens written out in it, such as {@code <|endoftext|>}, become themselves.
     *
     * @throws IllegalArgumentException for {@link Beginning#YES} if there is no token for the beginning of text
     */
    Tokens encode(String text, Beginning beginning);

    /**
     * Encodes a text that continues another: without a beginning, and without the space that some tokenizers put in
     * front of every text.
     */
    default Tokens encodeContinuation(String text) {
        return encode(text, Beginning.NO);
    }

    /**
     * Reads texts of any length, without a beginning. A long text is cut where that makes no difference to its ids, so
     * that it is read in memory that does not grow with it.
     */
    default TextReading reading() {
        return TextReading.whole(text -> encode(text, Beginning.NO).ids());
    }

    /**
     * The text that these ids spell; special tokens are written out.
     *
     * @throws IllegalArgumentException if an id is out of range
     */
    String decode(int... ids);

    /**
     * One token's own text, for display: leading spaces kept, bytes that are not a whole character as {@code <0xE2>},
     * an id that is no token as {@code <50300>}.
     */
    String text(int id);

    /** The id of the token for the beginning of text. */
    OptionalInt beginning();

    /** The ids of the tokens that end a text, such as {@code <|endoftext|>}; empty if there is none. */
    default Set<Integer> ends() {
        return Set.of();
    }

    /** Whether {@link Beginning#AUTO} begins a text with that token. */
    default boolean beginsTexts() {
        Tokens one = encode("a", Beginning.AUTO);
        return beginning().isPresent()
                && one.size() > 0
                && one.id(0) == beginning().getAsInt();
    }

    /** Gives the tokenizer back, now or when those who use it have ended; waits for nobody. */
    @Override
    void close();
}
