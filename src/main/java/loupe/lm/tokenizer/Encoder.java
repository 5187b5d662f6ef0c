package loupe.lm.tokenizer;

/**
 * The library with a tokenizer in it, wherever it runs. Thread-safe.
 *
 * @see NativeEncoder
 * @see EncoderProcess
 */
interface Encoder extends AutoCloseable {
    /**
     * Encodes one piece of text.
     *
     * @param continuing whether the piece continues another, so that nothing is put in front of it
     * @param asItComes whether what the file adds to texts is added
     * @throws java.util.concurrent.CancellationException if this has been closed
     * @throws loupe.base.CheckpointException if the library fails
     */
    Encoded encode(String piece, boolean continuing, boolean asItComes);

    /**
     * The text that ids spell.
     *
     * @throws java.util.concurrent.CancellationException if this has been closed
     * @throws loupe.base.CheckpointException if the library fails
     */
    String decode(int[] ids);

    /** Refuses whoever comes from now on; waits for nobody. */
    @Override
    void close();
}
