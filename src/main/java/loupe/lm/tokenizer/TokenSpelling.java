package loupe.lm.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Turns the spelling of a token in a vocabulary into the text that is shown for it. */
final class TokenSpelling {
    private static final Pattern BYTE = Pattern.compile("<0x([0-9A-Fa-f]{2})>");
    /** For each character below U+0180 the byte GPT-2 writes with it, or -1. */
    private static final int[] BYTE_OF = new int[0x180];

    static {
        java.util.Arrays.fill(BYTE_OF, -1);
        for (int b = 0, next = 256; b < 256; b++) {
            boolean visible = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
            BYTE_OF[visible ? b : next++] = b;
        }
    }

    private TokenSpelling() {}

    /** The text of a byte-level token, in which each character stands for one byte (GPT-2's table). */
    static String ofByteLevel(String spelling) {
        return bytesOf(spelling).map(TokenSpelling::readable).orElse(spelling);
    }

    /** The text of a SentencePiece token: U+2581 is a space, {@code <0x0A>} a byte. */
    static String ofSentencePiece(String spelling) {
        Matcher oneByte = BYTE.matcher(spelling);
        return oneByte.matches()
                ? readable(new byte[] {(byte) Integer.parseInt(oneByte.group(1), 16)})
                : spelling.replace('\u2581', ' ');
    }

    private static Optional<byte[]> bytesOf(String spelling) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(spelling.length());
        for (int i = 0; i < spelling.length(); i++) {
            char c = spelling.charAt(i);
            if (c >= BYTE_OF.length || BYTE_OF[c] < 0) {
                return Optional.empty();
            }
            bytes.write(BYTE_OF[c]);
        }
        return Optional.of(bytes.toByteArray());
    }

    /** UTF-8, with every byte that belongs to no whole character as {@code <0xE2>}. */
    private static String readable(byte[] bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(8 * bytes.length);
        while (in.hasRemaining()) {
            CoderResult result = decoder.decode(in, out, true);
            int broken = result.isError() ? result.length() : in.remaining();
            for (int i = 0; i < broken; i++) {
                out.put(String.format(Locale.ROOT, "<0x%02X>", in.get()));
            }
        }
        return out.flip().toString();
    }
}
