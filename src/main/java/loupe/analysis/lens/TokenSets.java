package loupe.analysis.lens;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import loupe.analysis.tokens.TokenScript;
import loupe.base.Cancellation;

/**
 * The sets of tokens that are there without a file: by how a token is written, by script, and of words of one kind.
 * Classes of words that have few members, such as pronouns, are listed in full; nouns, verbs and adjectives are not,
 * because a token alone has no part of speech.
 */
public final class TokenSets {
    /** Tokens that begin with a space. */
    public static final String LEADING_SPACE = "leading-space";
    /** Tokens of Latin letters. */
    public static final String LATIN = "script-latin";
    /** Tokens whose first letter is a capital. */
    public static final String CAPITAL = "capital";

    private static final int CHECK_EVERY = 4096;
    private static final Pattern PIECE = Pattern.compile("(<0x[0-9A-Fa-f]{2}>)+|<\\|.*\\|>|<\\d+>");
    private static final Map<String, Predicate<Written>> RULES = rules();

    private TokenSets() {}

    /** A token's text, and the same without the space before it. */
    private record Written(String text, String word) {
        boolean matches(Pattern pattern) {
            return pattern.matcher(word).matches();
        }
    }

    private static Map<String, Predicate<Written>> rules() {
        Map<String, Predicate<Written>> rules = new LinkedHashMap<>();
        rules.put(LEADING_SPACE, token -> token.text.startsWith(" "));
        rules.put(CAPITAL, token -> !token.word.isEmpty() && Character.isUpperCase(token.word.codePointAt(0)));
        put(rules, "all-capitals", "\\p{Lu}{2,}");
        put(rules, "lower-case", "\\p{Ll}+");
        put(rules, "single-letter", "\\p{L}");
        rules.put("word-part", token -> token.text.equals(token.word) && token.word.matches("\\p{Ll}+"));
        put(rules, "digits", "\\p{Nd}+");
        put(rules, "punctuation", "[\\p{P}\\p{S}]+");
        rules.put("white-space", token -> !token.text.isEmpty() && token.text.isBlank());
        put(rules, "brackets", ".*[\\p{Ps}\\p{Pe}].*");
        put(rules, "plural-s", "\\p{Ll}{3,}s");
        put(rules, "ing", "\\p{Ll}{2,}ing");
        put(rules, "ed", "\\p{Ll}{2,}ed");
        put(rules, "ly", "\\p{Ll}{2,}ly");
        WordLists.WORDS.forEach(
                (name, words) -> rules.put(name, token -> words.contains(token.word.toLowerCase(Locale.ROOT))));
        WordLists.NAMES.forEach((name, words) -> rules.put(name, token -> words.contains(token.word)));
        for (TokenScript script : TokenScript.values()) {
            if (script != TokenScript.NONE) {
                rules.put("script-" + script.label(), token -> TokenScript.of(token.word) == script);
            }
        }
        return rules;
    }

    private static void put(Map<String, Predicate<Written>> rules, String name, String pattern) {
        Pattern compiled = Pattern.compile(pattern);
        rules.put(name, token -> token.matches(compiled));
    }

    /** The names of all sets, in order. */
    public static List<String> names() {
        return List.copyOf(RULES.keySet());
    }

    /**
     * The sets that have members in a vocabulary, and not all of it; none if no token has a text.
     *
     * @param tokens how many ids are tokens, the first ones
     * @param texts of tokens by id, with their spaces; {@code <17>} for one that has none
     */
    public static List<TokenSet> of(int tokens, IntFunction<String> texts, Cancellation cancellation) {
        Map<String, IntStream.Builder> members = new LinkedHashMap<>();
        RULES.keySet().forEach(name -> members.put(name, IntStream.builder()));
        for (int token = 0; token < tokens; token++) {
            if (token % CHECK_EVERY == 0) {
                cancellation.check();
            }
            String text = texts.apply(token);
            String word = text.startsWith(" ") ? text.substring(1) : text;
            if (!PIECE.matcher(word).matches()) {
                Written written = new Written(text, word);
                for (Map.Entry<String, Predicate<Written>> rule : RULES.entrySet()) {
                    if (rule.getValue().test(written)) {
                        members.get(rule.getKey()).add(token);
                    }
                }
            }
        }
        List<TokenSet> sets = new ArrayList<>();
        members.forEach((name, ids) -> {
            TokenSet set = new TokenSet(name, ids.build().toArray());
            if (set.size() > 0 && set.size() < tokens) {
                sets.add(set);
            }
        });
        return List.copyOf(sets);
    }
}
