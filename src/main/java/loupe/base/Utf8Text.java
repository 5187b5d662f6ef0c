package loupe.base;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** The reading of texts in UTF-8. */
public final class Utf8Text {
    private static final char BYTE_ORDER_MARK = '\ufeff';

    private Utf8Text() {}

    /**
     * The characters of a file. A byte order mark at its beginning is left out; a byte that is not UTF-8 throws a
     * {@link java.nio.charset.CharacterCodingException} when it is reached.
     *
     * @param bytes is closed with the reader, or where this fails
     */
    public static BufferedReader reader(InputStream bytes) throws IOException {
        BufferedReader reader =
                new BufferedReader(new InputStreamReader(bytes, StandardCharsets.UTF_8.newDecoder()), 1 << 16);
        try {
            reader.mark(1);
            if (reader.read() != BYTE_ORDER_MARK) {
                reader.reset();
            }
            return reader;
        } catch (IOException | RuntimeException e) {
            reader.close();
            throw e;
        }
    }
}
