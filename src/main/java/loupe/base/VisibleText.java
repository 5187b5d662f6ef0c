package loupe.base;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Text of files and of people as it can be shown: whatever a terminal would obey, a font has no picture of, or a reader
 * could not see is written as its code. Thread-safe.
 */
public final class VisibleText {
    private static final int ZERO_WIDTH_JOINER = 0x200d;
    private static final String CUT = "\u2026";
    /** What no word of a sentence has, but a path or what somebody typed. */
    private static final int LONG_WORD = 60;

    private static final int LEAST_OF_LONG_WORD = 12;

    private VisibleText() {}

    /**
     * The text on one line: {@code \n}, {@code \r} and {@code \t} are written out, other characters that cannot be seen
     * as their {@link #code}. A text of visible characters is returned as it is.
     */
    public static String line(String text) {
        if (text.codePoints().noneMatch(VisibleText::isHidden)) {
            return text;
        }
        StringBuilder line = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(point -> {
            switch (point) {
                case '\n' -> line.append("\\n");
                case '\r' -> line.append("\\r");
                case '\t' -> line.append("\\t");
                default -> {
                    if (isHidden(point)) {
                        line.append(code(point));
                    } else {
                        line.appendCodePoint(point);
                    }
                }
            }
        });
        return line.toString();
    }

    /**
     * Whether a character is none that is seen: a control, format or direction character, a line break, half of a
     * surrogate pair, or a code that Unicode gives to no character.
     */
    public static boolean isHidden(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SURROGATE ->
                true;
            case Character.FORMAT -> point != ZERO_WIDTH_JOINER;
            default -> (point & 0xfffe) == 0xfffe || (point >= 0xfdd0 && point <= 0xfdef);
        };
    }

    /** A character as its code, in at least two hexadecimal digits: {@code \u20391b\u203a}. */
    public static String code(int point) {
        return String.format("\u2039%02x\u203a", point);
    }

    /**
     * The text, or its beginning and end with an ellipsis between.
     *
     * @param most characters of the result, at least 3
     */
    public static String shortened(String text, int most) {
        if (text.length() <= most) {
            return text;
        }
        int end = (most - 1) / 3;
        int begin = most - 1 - end;
        int from = text.length() - end;
        return text.substring(0, Character.isHighSurrogate(text.charAt(begin - 1)) ? begin - 1 : begin)
                + CUT
                + text.substring(Character.isLowSurrogate(text.charAt(from)) ? from + 1 : from);
    }

    /**
     * A sentence that may repeat something endless: where it is too long, what is longer than a word is shortened
     * first.
     *
     * @param most characters of the result, at least 100
     */
    public static String brief(String sentence, int most) {
        if (sentence.length() <= most) {
            return sentence;
        }
        String[] words = sentence.split(" ", -1);
        List<String> endless =
                Arrays.stream(words).filter(word -> word.length() > LONG_WORD).toList();
        int others =
                sentence.length() - endless.stream().mapToInt(String::length).sum();
        Iterator<String> cut = shortened(endless, Math.max(most - others, LEAST_OF_LONG_WORD * endless.size()))
                .iterator();
        String brief = Arrays.stream(words)
                .map(word -> word.length() > LONG_WORD ? cut.next() : word)
                .collect(Collectors.joining(" "));
        return shortened(brief, most);
    }

    /**
     * Texts that together have at most so many characters: the longest are shortened, all to the same length.
     *
     * @param most characters of all together, at least 3 a text
     */
    public static List<String> shortened(List<String> texts, int most) {
        int left = most;
        int rest = texts.size();
        int longest = 0;
        for (int length : texts.stream().mapToInt(String::length).sorted().toArray()) {
            longest = left / rest;
            if (length > longest) {
                break;
            }
            left -= length;
            rest--;
        }
        List<String> shortened = new ArrayList<>(texts.size());
        for (String text : texts) {
            shortened.add(rest == 0 ? text : shortened(text, longest));
        }
        return shortened;
    }
}
