package loupe.labels;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads a JSON object as this program writes one, in a fraction of a parser's time: on one line, without spaces, of
 * texts without escapes, numbers and truth values. At anything else it stops, and the line is left to the parser.
 */
final class PlainObject {
    private static final EditLine.Field[] FIELDS = EditLine.Field.values();
    private static final byte[][] NAMES = Arrays.stream(FIELDS)
            .map(field -> field.key().getBytes(StandardCharsets.US_ASCII))
            .toArray(byte[][]::new);
    private static final int MOST_DIGITS = 9;
    private static final char REPLACED = '\uFFFD';

    /** What a value is. */
    enum Kind {
        TEXT,
        WHOLE_NUMBER,
        DECIMAL,
        TRUE,
        FALSE
    }

    private final byte[] bytes;
    private int at;
    private int expected;
    private int from;
    private int to;
    private boolean ascii;
    private boolean ended;
    private Kind kind = Kind.TRUE;

    /** @param bytes that end with a line feed */
    PlainObject(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Whether a line begins like a plain object and has no escapes. */
    boolean isLikely(int line) {
        int letter = line;
        while (bytes[letter] != '\n' && bytes[letter] != '\\') {
            letter++;
        }
        return bytes[letter] == '\n' && bytes[line] == '{' && bytes[line + 1] == '"';
    }

    /** Goes to the beginning of an object; false if there is none. */
    boolean begin(int line) {
        at = line;
        expected = 0;
        ended = false;
        return bytes[at] == '{';
    }

    /** The name of the next value, which the other methods are about from then on; null if there is no plain one. */
    EditLine.@Nullable Field next() {
        at++; // the brace or the comma before
        if (bytes[at] != '"') {
            return null;
        }
        at++;
        int name = nameAt(at);
        if (name < 0) {
            return null;
        }
        at += NAMES[name].length + 2;
        if (bytes[at - 1] != ':' || !value()) {
            return null;
        }
        ended = bytes[at] == '}' && bytes[at + 1] == '\n';
        return ended || bytes[at] == ',' ? FIELDS[name] : null;
    }

    /** Whether the value was the last, and the line ends after it. */
    boolean isEnded() {
        return ended;
    }

    /** The line feed behind the object. */
    int end() {
        return at + 1;
    }

    /** Names mostly come in the order in which they are written. */
    private int nameAt(int first) {
        for (int tried = 0; tried < NAMES.length; tried++) {
            int candidate = expected + tried < NAMES.length ? expected + tried : expected + tried - NAMES.length;
            byte[] name = NAMES[candidate];
            int same = 0;
            while (same < name.length && bytes[first + same] == name[same]) {
                same++;
            }
            if (same == name.length && bytes[first + same] == '"') {
                expected = candidate + 1;
                return candidate;
            }
        }
        return -1;
    }

    private boolean value() {
        byte first = bytes[at];
        if (first == '"') {
            return quoted();
        }
        if (first == 't' || first == 'f') {
            kind = first == 't' ? Kind.TRUE : Kind.FALSE;
            return word(first == 't' ? "true" : "false");
        }
        return digitsAndPoint();
    }

    private boolean quoted() {
        byte[] all = bytes; // in registers, as this loop takes most of the time
        int letter = at + 1;
        byte seen = 0;
        from = letter;
        for (byte next = all[letter]; next != '"'; next = all[++letter]) {
            seen |= next;
            if (next == '\\' || (next >= 0 && next < ' ')) { // the line feed at the end too
                return false;
            }
        }
        ascii = seen >= 0;
        to = letter;
        at = letter + 1;
        kind = Kind.TEXT;
        return true;
    }

    private boolean word(String word) {
        for (int i = 0; i < word.length(); i++, at++) {
            if (bytes[at] != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Digits, and digits behind a point; exponents and signs are left to the parser. */
    private boolean digitsAndPoint() {
        from = at;
        int whole = digits();
        if (whole == 0 || whole > MOST_DIGITS || (whole > 1 && bytes[from] == '0')) {
            return false;
        }
        kind = Kind.WHOLE_NUMBER;
        if (bytes[at] == '.') {
            at++;
            kind = Kind.DECIMAL;
            if (digits() == 0) {
                return false;
            }
        }
        to = at;
        return true;
    }

    private int digits() {
        int first = at;
        while (bytes[at] >= '0' && bytes[at] <= '9') {
            at++;
        }
        return at - first;
    }

    /** The kind of the value. */
    Kind kind() {
        return kind;
    }

    int wholeNumber() {
        int number = 0;
        for (int i = from; i < to; i++) {
            number = 10 * number + bytes[i] - '0';
        }
        return number;
    }

    double number() {
        return Double.parseDouble(new String(bytes, from, to - from, StandardCharsets.US_ASCII));
    }

    /**
     * The text; null if it is not sound UTF-8.
     *
     * @param likely returned if the text is the same
     */
    @Nullable
    String text(String likely) {
        if (ascii && is(likely)) {
            return likely;
        }
        if (ascii) {
            return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
        }
        String text = new String(bytes, from, to - from, StandardCharsets.UTF_8);
        return text.indexOf(REPLACED) < 0 ? text : null;
    }

    private boolean is(String likely) {
        if (likely.length() != to - from) {
            return false;
        }
        byte[] all = bytes;
        int first = from;
        for (int i = 0; i < likely.length(); i++) {
            if (likely.charAt(i) != all[first + i]) {
                return false;
            }
        }
        return true;
    }
}
