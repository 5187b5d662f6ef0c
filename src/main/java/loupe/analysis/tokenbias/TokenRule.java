package loupe.analysis.tokenbias;

import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/**
 * A rule that says where a feature is active from the tokens alone.
 *
 * @param kind what it looks at
 * @param tokens ids that it names, the most telling first; of pairs the previous and the current one in turn
 * @param trait the property of the token; empty for other kinds
 * @param threshold the least cosine; NaN for other kinds
 * @param chosen on contexts that chose between rules
 * @param score on contexts that nothing was fitted to
 */
public record TokenRule(
        Kind kind, List<Integer> tokens, String trait, double threshold, RuleScore chosen, RuleScore score) {
    private static final int NAMED = 4;

    /** What rules look at, the simplest first: of rules that are as good the simplest is taken. */
    public enum Kind {
        TOKEN("current token"),
        TRAIT("kind of token"),
        TOKENS("tokens"),
        PREVIOUS("previous token"),
        BIGRAM("previous and current token"),
        PROMOTED("promoted tokens"),
        NEXT("next token promoted"),
        UNIGRAM("unigram cosine");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        /** Its name for people. */
        public String word() {
            return word;
        }
    }

    public TokenRule {
        tokens = List.copyOf(tokens);
    }

    /** The rule as a sentence's part, such as {@code current token in {red, blue}}. */
    public String words(IntFunction<String> text) {
        return switch (kind) {
            case TOKEN -> "current token is " + quoted(text, tokens.get(0));
            case TRAIT -> "current token: " + trait;
            case TOKENS -> "current token in " + set(text);
            case PREVIOUS -> "previous token in " + set(text);
            case BIGRAM -> "previous and current token in " + pairs(text);
            case PROMOTED -> "current token among the " + tokens.size() + " it promotes most";
            case NEXT -> "next token among the " + tokens.size() + " it promotes most";
            case UNIGRAM ->
                "cosine with the current token's residual at least "
                        + String.format(java.util.Locale.ROOT, "%.3f", threshold);
        };
    }

    private String set(IntFunction<String> text) {
        return tokens.stream().limit(NAMED).map(id -> quoted(text, id)).collect(Collectors.joining(", ", "{", ""))
                + (tokens.size() > NAMED ? ", and " + (tokens.size() - NAMED) + " more}" : "}");
    }

    private String pairs(IntFunction<String> text) {
        StringBuilder words = new StringBuilder("{");
        int pairs = tokens.size() / 2;
        for (int i = 0; i < Math.min(NAMED, pairs); i++) {
            words.append(i == 0 ? "" : ", ")
                    .append(quoted(text, tokens.get(2 * i)))
                    .append(' ')
                    .append(quoted(text, tokens.get(2 * i + 1)));
        }
        return words + (pairs > NAMED ? ", and " + (pairs - NAMED) + " more}" : "}");
    }

    private static String quoted(IntFunction<String> text, int id) {
        return "\"" + text.apply(id) + "\"";
    }
}
