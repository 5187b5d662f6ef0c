package loupe.lm.tokenizer;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;

/** The library within this process. What it does not bear ends the process. */
final class NativeEncoder implements Encoder {
    private static final Map<String, String> AS_IT_COMES =
            Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "false");

    private final NativeTokenizer whole;
    private final NativeTokenizer continuing;

    private NativeEncoder(NativeTokenizer whole, NativeTokenizer continuing) {
        this.whole = whole;
        this.continuing = continuing;
    }

    /**
     * Lets the library read a tokenizer.
     *
     * @throws IOException if it cannot be unpacked
     * @throws RuntimeException if the library refuses the file
     */
    static NativeEncoder of(TokenizerSource source) throws IOException {
        NativeTokenizer whole = inNativeMemory(source, source.whole());
        try {
            return new NativeEncoder(whole, source.continues() ? inNativeMemory(source, source.continuing()) : whole);
        } catch (IOException | RuntimeException e) {
            whole.close();
            throw e;
        }
    }

    private static NativeTokenizer inNativeMemory(TokenizerSource source, byte[] bytes) throws IOException {
        return new NativeTokenizer(
                source.path(), HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(bytes), AS_IT_COMES));
    }

    @Override
    public Encoded encode(String piece, boolean continues, boolean asItComes) {
        return (continues ? continuing : whole).encode(piece, asItComes);
    }

    @Override
    public String decode(int[] ids) {
        return whole.use(
                tokenizer -> tokenizer.decode(Arrays.stream(ids).asLongStream().toArray(), false));
    }

    @Override
    public void close() {
        whole.close();
        continuing.close();
    }
}
