package loupe.analysis.tokens;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import loupe.base.Refusal;

/**
 * Which tokens a list may contain. A token has to meet every condition.
 *
 * @param scripts of the token's letters; empty for any
 * @param lettersOnly whether everything behind the leading space has to be a letter, and there has to be one
 * @param minLength characters without the leading space, at least
 * @param maxLength at most
 * @param trained leaves out ids that stand for no text, and tokens whose embedding is shorter than this fraction of the
 *     median norm or nearer to the centroid than this fraction of the median distance, as those of tokens hardly ever
 *     met in training are; 0 for no such condition
 * @param text to be found in the token's text: in whatever case, or as {@code regex}; empty for any
 * @see <a href="https://arxiv.org/abs/2405.05417">Land and Bartolo 2024</a>, on embeddings of undertrained tokens
 */
public record TokenFilter(
        Set<TokenScript> scripts,
        Space space,
        boolean lettersOnly,
        int minLength,
        int maxLength,
        double trained,
        String text,
        boolean regex) {
    /** Lets every token pass. */
    public static final TokenFilter NONE =
            new TokenFilter(Set.of(), Space.EITHER, false, 0, Integer.MAX_VALUE, 0, "", false);

    /** The default fraction below which an embedding counts as undertrained. */
    public static final double USUALLY_TRAINED = 0.5;

    /** Whether a token begins with a space. */
    public enum Space {
        EITHER,
        LEADING,
        WITHOUT
    }

    public TokenFilter {
        scripts = scripts.isEmpty() ? Set.of() : Set.copyOf(EnumSet.copyOf(scripts));
        if (minLength < 0 || maxLength < minLength) {
            throw new Refusal(
                    "The length is from " + minLength + " to " + maxLength, "0 or more and no less than that", "");
        }
        if (!(trained >= 0 && trained <= 1)) {
            throw new Refusal("The norm of trained tokens is " + trained, "0 to 1", "");
        }
        regex = regex && !text.isEmpty();
        if (regex) {
            compile(text);
        }
    }

    public TokenFilter withScripts(Set<TokenScript> newScripts) {
        return new TokenFilter(newScripts, space, lettersOnly, minLength, maxLength, trained, text, regex);
    }

    public TokenFilter withSpace(Space newSpace) {
        return new TokenFilter(scripts, newSpace, lettersOnly, minLength, maxLength, trained, text, regex);
    }

    public TokenFilter withLettersOnly(boolean newLettersOnly) {
        return new TokenFilter(scripts, space, newLettersOnly, minLength, maxLength, trained, text, regex);
    }

    public TokenFilter withLength(int newMinLength, int newMaxLength) {
        return new TokenFilter(scripts, space, lettersOnly, newMinLength, newMaxLength, trained, text, regex);
    }

    public TokenFilter withTrained(double newTrained) {
        return new TokenFilter(scripts, space, lettersOnly, minLength, maxLength, newTrained, text, regex);
    }

    public TokenFilter withText(String newText, boolean isRegex) {
        return new TokenFilter(scripts, space, lettersOnly, minLength, maxLength, trained, newText, isRegex);
    }

    public boolean isNone() {
        return equals(NONE);
    }

    /** Whether the token's own text passes. */
    Predicate<String> onText() {
        if (regex) {
            Pattern pattern = compile(text);
            return token -> pattern.matcher(token).find();
        }
        String wanted = text.toLowerCase(Locale.ROOT);
        return token -> token.toLowerCase(Locale.ROOT).contains(wanted);
    }

    private static Pattern compile(String regex) {
        try {
            return Pattern.compile(regex);
        } catch (PatternSyntaxException e) {
            throw new Refusal("Invalid regular expression: " + regex + " (" + e.getDescription() + " near character "
                    + Math.max(0, e.getIndex()) + ")");
        }
    }
}
