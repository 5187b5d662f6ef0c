package loupe.analysis.tokenbias;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import loupe.analysis.tokens.TokenScript;

/**
 * A property that tokens have or have not by their text, such as a capital or a script.
 *
 * @param name for people
 * @param tokens those that have it
 */
public record TokenProperty(String name, BitSet tokens) {
    /** The properties that at least one of the tokens has, and one has not. */
    public static List<TokenProperty> all(int tokens, IntFunction<String> text) {
        List<TokenProperty> all = new ArrayList<>();
        add(all, tokens, text, "begins with a space", word -> word.startsWith(" "));
        add(all, tokens, text, "begins with a capital", word -> startsWith(word, Character::isUpperCase));
        add(all, tokens, text, "all capitals", TokenProperty::isAllCapitals);
        add(all, tokens, text, "begins with a digit", word -> startsWith(word, Character::isDigit));
        add(all, tokens, text, "punctuation", TokenProperty::isPunctuation);
        add(all, tokens, text, "white space", word -> !word.isEmpty() && word.isBlank());
        add(all, tokens, text, "a line break", word -> word.contains("\n"));
        add(
                all,
                tokens,
                text,
                "a piece inside a word",
                word -> startsWith(word, Character::isLetter) && !word.startsWith(" "));
        for (TokenScript script : TokenScript.values()) {
            if (script != TokenScript.NONE) {
                add(all, tokens, text, "script " + script.label(), word -> TokenScript.of(word) == script);
            }
        }
        return List.copyOf(all);
    }

    private static void add(
            List<TokenProperty> all, int tokens, IntFunction<String> text, String name, Predicate<String> has) {
        BitSet found = new BitSet(tokens);
        for (int t = 0; t < tokens; t++) {
            if (has.test(text.apply(t))) {
                found.set(t);
            }
        }
        if (!found.isEmpty() && found.cardinality() < tokens) {
            all.add(new TokenProperty(name, found));
        }
    }

    private static boolean startsWith(String word, java.util.function.IntPredicate has) {
        String bare = word.strip();
        return !bare.isEmpty() && has.test(bare.codePointAt(0));
    }

    private static boolean isAllCapitals(String word) {
        String bare = word.strip();
        return bare.codePoints().filter(Character::isLetter).count() > 1
                && bare.codePoints().filter(Character::isLetter).allMatch(Character::isUpperCase);
    }

    private static boolean isPunctuation(String word) {
        String bare = word.strip();
        return !bare.isEmpty() && bare.codePoints().noneMatch(c -> Character.isLetterOrDigit(c));
    }
}
