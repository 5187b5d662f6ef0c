package loupe.search;

import java.util.ArrayList;
import java.util.List;

/** The words of a text: runs of letters, digits and marks, and runs of other signs; and how well one fits a query. */
final class Words {
    static final int NONE = 0;
    static final int INSIDE = 1;
    static final int BEGINNING = 2;
    static final int WHOLE = 3;

    private static final int SPACE = 0;
    private static final int LETTER = 1;
    private static final int SIGN = 2;

    private Words() {}

    /** Is shown the words of a text one by one. */
    interface Visitor {
        void word(int from, int to);
    }

    static void forEach(String text, Visitor visitor) {
        int from = 0;
        int kind = SPACE;
        for (int at = 0; at < text.length(); ) {
            int letter = text.codePointAt(at);
            int now = kind(letter);
            if (now != kind) {
                if (kind != SPACE) {
                    visitor.word(from, at);
                }
                from = at;
                kind = now;
            }
            at += Character.charCount(letter);
        }
        if (kind != SPACE) {
            visitor.word(from, text.length());
        }
    }

    private static int kind(int letter) {
        if (Character.isLetterOrDigit(letter) || Character.getType(letter) == Character.NON_SPACING_MARK) {
            return LETTER;
        }
        return Character.isWhitespace(letter) || letter == '\u00A0' ? SPACE : SIGN;
    }

    /**
     * How well a text has a word: as a whole word, at the beginning of one, inside one, or not at all. A single letter
     * is looked for as a whole word only, since nearly every text has it inside another.
     *
     * @param word in lower case
     */
    static int quality(String text, String word) {
        int best = NONE;
        for (int at = indexOf(text, word, 0); at >= 0 && best < WHOLE; at = indexOf(text, word, at + 1)) {
            best = Math.max(best, qualityAt(text, word, at));
        }
        return best;
    }

    static int qualityAt(String text, String word, int at) {
        int end = at + word.length();
        boolean begins = at == 0 || kind(text.codePointBefore(at)) != kind(text.codePointAt(at));
        boolean ends = end >= text.length() || kind(text.codePointAt(end)) != kind(text.codePointBefore(end));
        return limited(word, begins && ends ? WHOLE : begins ? BEGINNING : INSIDE);
    }

    /** Where a text has words as well as it has them anywhere: [from, to) in turn, ascending, none within another. */
    static List<Integer> marks(String text, List<String> words) {
        List<int[]> marks = new ArrayList<>();
        for (String word : words) {
            int best = quality(text, word);
            for (int at = indexOf(text, word, 0); at >= 0; at = indexOf(text, word, at + 1)) {
                if (best > NONE && qualityAt(text, word, at) == best) {
                    marks.add(new int[] {at, at + word.length()});
                }
            }
        }
        marks.sort((one, other) -> Integer.compare(one[0], other[0]));
        List<Integer> flat = new ArrayList<>();
        for (int[] mark : marks) {
            if (flat.isEmpty() || flat.get(flat.size() - 1) <= mark[0]) {
                flat.add(mark[0]);
                flat.add(mark[1]);
            }
        }
        return flat;
    }

    static int limited(String word, int quality) {
        return word.length() == 1 && quality < WHOLE ? NONE : quality;
    }

    /** The next place of a word in a text, whatever its case; -1 if there is none. */
    static int indexOf(String text, String word, int from) {
        char first = word.charAt(0);
        char upper = Character.toUpperCase(first);
        int last = text.length() - word.length();
        int lowerAt = text.indexOf(first, from);
        int upperAt = upper == first ? -1 : text.indexOf(upper, from);
        while (lowerAt >= 0 || upperAt >= 0) {
            boolean lower = upperAt < 0 || (lowerAt >= 0 && lowerAt < upperAt);
            int at = lower ? lowerAt : upperAt;
            if (at > last) {
                return -1;
            }
            if (text.regionMatches(true, at, word, 0, word.length())) {
                return at;
            }
            if (lower) {
                lowerAt = text.indexOf(first, at + 1);
            } else {
                upperAt = text.indexOf(upper, at + 1);
            }
        }
        return -1;
    }
}
