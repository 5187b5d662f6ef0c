package loupe.lm.tokenizer;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Tries a regular expression of a tokenizer on texts that make careless ones go back and forth, with a limit. The
 * library's matcher gives up after ten million steps, which ends the whole process, so an expression that needs many
 * more steps than a text has characters is not let near it.
 *
 * <p>An expression that Java cannot read, which differs from the library's in a few names, is judged by its look: one
 * repetition of another without an end is refused.
 */
final class PatternTrial {
    private static final int SHORT = 40;
    private static final int LONG = 3_000;
    private static final int MOST_STEPS_SHORT = 500_000;
    /** A matcher that looks at every pair of characters needs half as many again. */
    private static final int MOST_STEPS_LONG = 3_000_000;

    private static final int MOST_CHARACTERS = 10_000;
    private static final int MOST_LITERALS = 24;
    private static final int MOST_BEGINNINGS = 6;
    private static final int MOST_PAIRED = 4;
    private static final String USUAL = "aA0 \n!'é中\u0301x";
    /** Names of scripts, which Java spells with Is. */
    private static final Pattern SCRIPT = Pattern.compile("\\\\([pP])\\{(\\^?)([A-Z][a-z]+(?:_[A-Z][a-z]+)*)}");

    /** Follows an expression; never matches, and lets Java's matcher remember nothing, as the library's does not. */
    private static final String FORGETFUL = ")|(?!)(?<nothing>)\\k<nothing>";

    private static final Pattern NESTED = Pattern.compile("(?:[+*]|,})[?+]?\\)+(?:[+*]|\\{\\d*,})");

    private PatternTrial() {}

    /** What makes an expression unfit, as the end of a sentence; empty if nothing does. */
    static Optional<String> defect(String expression) {
        if (expression.length() > MOST_CHARACTERS) {
            return Optional.of("is longer than " + MOST_CHARACTERS + " characters");
        }
        Optional<Pattern> compiled = compile(expression);
        if (compiled.isEmpty()) {
            return NESTED.matcher(expression).find()
                    ? Optional.of("repeats a repetition, which may take for ever")
                    : Optional.empty();
        }
        String literals = literals(expression);
        Set<String> beginnings = new LinkedHashSet<>(List.of("", literals));
        literals.codePoints().limit(MOST_BEGINNINGS).forEach(c -> beginnings.add(Character.toString(c)));
        for (String pump : pumps(literals)) {
            for (String before : beginnings) {
                String text = before + pump.repeat(SHORT / pump.length()) + "\u0001";
                if (takesMore(compiled.get(), text, MOST_STEPS_SHORT, false)) {
                    return Optional.of("may take for ever on a text of " + SHORT + " characters");
                }
            }
            if (takesMore(compiled.get(), pump.repeat(LONG / pump.length()) + "\u0001", MOST_STEPS_LONG, true)) {
                return Optional.of("takes too long on a text of " + LONG + " like characters");
            }
        }
        return Optional.empty();
    }

    private static Optional<Pattern> compile(String expression) {
        for (String spelling : List.of(
                expression,
                SCRIPT.matcher(expression)
                        .replaceAll(found -> Matcher.quoteReplacement("\\"
                                + (found.group(2).isEmpty() ? found.group(1) : "P") + "{Is" + found.group(3) + "}")))) {
            try {
                return Optional.of(Pattern.compile("(?:" + spelling + FORGETFUL));
            } catch (PatternSyntaxException | StackOverflowError otherwiseSpelt) {
                // the next spelling, if any
            }
        }
        return Optional.empty();
    }

    /** The letters, digits and signs of the expression, each once. */
    private static String literals(String expression) {
        StringBuilder literals = new StringBuilder();
        expression
                .codePoints()
                .distinct()
                .filter(c -> Character.isLetterOrDigit(c) || "\"#%&,/:;<=>@_`~-".indexOf(c) >= 0)
                .limit(MOST_LITERALS)
                .forEach(literals::appendCodePoint);
        return literals.toString();
    }

    private static List<String> pumps(String literals) {
        List<String> pumps = new ArrayList<>();
        (USUAL + literals).codePoints().distinct().forEach(c -> pumps.add(Character.toString(c)));
        int[] own = literals.codePoints().limit(MOST_PAIRED).toArray();
        for (int first : own) {
            for (int second : own) {
                if (first != second) {
                    pumps.add(Character.toString(first) + Character.toString(second));
                }
            }
        }
        return pumps;
    }

    private static boolean takesMore(Pattern pattern, String text, int most, boolean atTheBeginning) {
        Matcher matcher = pattern.matcher(new Counted(text, most));
        try {
            if (atTheBeginning) {
                matcher.lookingAt();
            } else {
                while (matcher.find()) {
                    // goes through all matches
                }
            }
            return false;
        } catch (TooManySteps tooMany) {
            return true;
        } catch (StackOverflowError deep) {
            // Java's matcher calls itself where the library's does not
            return false;
        }
    }

    /** A text that counts how often it is looked at. */
    private static final class Counted implements CharSequence {
        private final String text;
        private int left;

        Counted(String text, int most) {
            this.text = text;
            left = most;
        }

        @Override
        public char charAt(int index) {
            if (--left < 0) {
                throw new TooManySteps();
            }
            return text.charAt(index);
        }

        @Override
        public int length() {
            return text.length();
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return text.substring(start, end);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    private static final class TooManySteps extends RuntimeException {
        private static final long serialVersionUID = 1;
    }
}
