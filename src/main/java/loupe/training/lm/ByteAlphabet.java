package loupe.training.lm;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * GPT-2's one-to-one map between the 256 bytes and 256 printable characters, in which byte-level vocabularies are
 * written: printable Latin-1 bytes stand for themselves, the others for U+0100 and up in byte order.
 */
final class ByteAlphabet {
    private static final char[] CHARACTER_OF_BYTE = new char[256];

    static {
        int next = 256;
        for (int b = 0; b < 256; b++) {
            boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
            CHARACTER_OF_BYTE[b] = (char) (printable ? b : next++);
        }
    }

    private ByteAlphabet() {}

    /** The 256 characters in code point order, which is the order of their token ids in vocabularies of this family. */
    static char[] inOrder() {
        char[] sorted = CHARACTER_OF_BYTE.clone();
        Arrays.sort(sorted);
        return sorted;
    }

    /** The UTF-8 bytes of {@code text}, each as its printable character. */
    static String printable(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        StringBuilder result = new StringBuilder(bytes.length);
        for (byte b : bytes) {
            result.append(CHARACTER_OF_BYTE[b & 255]);
        }
        return result.toString();
    }
}
