package loupe.lm.tokenizer;

import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Path;

/**
 * What the library is given to read.
 *
 * @param path the file it comes from, for messages
 * @param whole the tokenizer of whole texts, as tokenizer.json
 * @param continuing the tokenizer of continuations; empty if it is the same, which it is where nothing is put in front
 *     of texts
 */
record TokenizerSource(Path path, byte[] whole, byte[] continuing) {
    /** Whether continuations have a tokenizer of their own. */
    boolean continues() {
        return continuing.length > 0;
    }

    /** Writes both, each after its length. */
    void write(DataOutputStream out) throws IOException {
        EncoderServer.write(whole, out);
        EncoderServer.write(continuing, out);
    }
}
