package loupe.analysis.tokens;

import java.util.Arrays;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import loupe.analysis.ghost.TokenGeometry;
import loupe.base.Cancellation;

/**
 * The properties of each token that {@link TokenFilter} tests, computed once per model: script, leading space, letters,
 * length, how well its embedding is trained. Every filter is then one pass over these. Immutable; any thread.
 */
public final class TokenTraits {
    private static final int LEADING_SPACE = 1;
    private static final int LETTERS_ONLY = 2;
    private static final int NO_TEXT = 4;
    private static final int CHECK_EVERY = 4096;
    private static final TokenScript[] SCRIPTS = TokenScript.values();

    /**
     * Matches tokens whose letters are not their own: bytes that are not a whole character, and special tokens, both
     * spelt out.
     */
    private static final Pattern SPELT_OUT = Pattern.compile("(<0x[0-9A-Fa-f]{2}>)+|<\\|.*\\|>");

    private static final Pattern KEPT_FREE =
            Pattern.compile("[<\\[].*(unused|reserved|extra_id).*[>\\]]", Pattern.CASE_INSENSITIVE);

    private final IntFunction<String> texts;
    private final byte[] scripts;
    private final byte[] flags;
    private final short[] lengths;
    private final float[] trained;

    private TokenTraits(int tokens, IntFunction<String> texts) {
        this.texts = texts;
        scripts = new byte[tokens];
        flags = new byte[tokens];
        lengths = new short[tokens];
        trained = new float[tokens];
    }

    /**
     * Finds out what filters ask of every token.
     *
     * @param tokens how many ids are tokens, the first ones
     * @param texts of tokens by id, with their spaces; {@code <17>} for id 17 if it has none. Called again by filters
     *     on text
     */
    public static TokenTraits of(
            int tokens, IntFunction<String> texts, TokenGeometry.Answer geometry, Cancellation cancellation) {
        TokenTraits traits = new TokenTraits(tokens, texts);
        double norm = median(geometry.norms(), tokens);
        double distance = median(geometry.distances(), tokens);
        for (int token = 0; token < tokens; token++) {
            if (token % CHECK_EVERY == 0) {
                cancellation.check();
            }
            traits.inspect(token, texts.apply(token));
            traits.trained[token] = (float)
                    Math.min(fraction(geometry.norms()[token], norm), fraction(geometry.distances()[token], distance));
        }
        return traits;
    }

    private static double median(double[] values, int count) {
        double[] sorted = Arrays.copyOf(values, count);
        Arrays.sort(sorted);
        return count == 0 ? 0 : sorted[count / 2];
    }

    private static double fraction(double value, double median) {
        return median == 0 ? 1 : value / median;
    }

    @SuppressWarnings("EnumOrdinal") // a byte for each of very many tokens
    private void inspect(int token, String text) {
        boolean space = text.startsWith(" ");
        String word = space ? text.substring(1) : text;
        boolean spelt = SPELT_OUT.matcher(word).matches();
        boolean free = word.equals("<" + token + ">") || KEPT_FREE.matcher(word).matches();
        scripts[token] = (byte) (spelt || free ? TokenScript.NONE : TokenScript.of(word)).ordinal();
        lengths[token] = (short) Math.min(Short.MAX_VALUE, word.codePointCount(0, word.length()));
        boolean letters = !word.isEmpty() && word.codePoints().allMatch(TokenTraits::isLetter);
        flags[token] = (byte) ((space ? LEADING_SPACE : 0) | (letters ? LETTERS_ONLY : 0) | (free ? NO_TEXT : 0));
    }

    private static boolean isLetter(int c) {
        int type = Character.getType(c);
        return Character.isLetter(c) || type == Character.NON_SPACING_MARK || type == Character.COMBINING_SPACING_MARK;
    }

    public int tokens() {
        return flags.length;
    }

    public TokenScript script(int token) {
        return SCRIPTS[scripts[token]];
    }

    /** The smaller one of the embedding's norm and distance from the centroid, each as a fraction of its median. */
    public double trained(int token) {
        return trained[token];
    }

    /** The tokens that pass. */
    @SuppressWarnings("EnumOrdinal") // scripts are kept by ordinal, see look
    public TokenMask mask(TokenFilter filter, Cancellation cancellation) {
        if (filter.isNone()) {
            return TokenMask.ALL;
        }
        boolean[] wanted = new boolean[SCRIPTS.length];
        Set<TokenScript> scriptsAsked = filter.scripts();
        for (TokenScript script : SCRIPTS) {
            wanted[script.ordinal()] = scriptsAsked.isEmpty() || scriptsAsked.contains(script);
        }
        int must = (filter.space() == TokenFilter.Space.LEADING ? LEADING_SPACE : 0)
                | (filter.lettersOnly() ? LETTERS_ONLY : 0);
        int mustNot = (filter.space() == TokenFilter.Space.WITHOUT ? LEADING_SPACE : 0)
                | (filter.trained() > 0 ? NO_TEXT : 0);
        Predicate<String> onText = filter.text().isEmpty() ? null : filter.onText();
        return TokenMask.of(tokens(), token -> {
            if (token % CHECK_EVERY == 0) {
                cancellation.check();
            }
            return (flags[token] & must) == must
                    && (flags[token] & mustNot) == 0
                    && wanted[scripts[token]]
                    && lengths[token] >= filter.minLength()
                    && lengths[token] <= filter.maxLength()
                    && trained[token] >= filter.trained()
                    && (onText == null || onText.test(texts.apply(token)));
        });
    }
}
