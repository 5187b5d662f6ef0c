package loupe.analysis.tokens;

import java.util.Arrays;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Which tokens may be listed, one bit each. Equal if they keep the same tokens of the same vocabulary. Immutable. */
public final class TokenMask {
    /** Keeps every token of any vocabulary. */
    public static final TokenMask ALL = new TokenMask(null, Integer.MAX_VALUE);

    private final long @Nullable [] words;
    private final int count;

    private TokenMask(long @Nullable [] words, int count) {
        this.words = words;
        this.count = count;
    }

    /** Keeps those of the first {@code tokens} that pass. */
    public static TokenMask of(int tokens, IntPredicate passes) {
        long[] words = new long[(tokens + 63) >>> 6];
        int count = 0;
        for (int token = 0; token < tokens; token++) {
            if (passes.test(token)) {
                words[token >>> 6] |= 1L << token;
                count++;
            }
        }
        return new TokenMask(words, count);
    }

    public boolean keeps(int token) {
        return words == null || (token >>> 6 < words.length && (words[token >>> 6] >>> token & 1) != 0);
    }

    /** How many tokens are kept; the largest int for {@link #ALL}. */
    public int count() {
        return count;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TokenMask that && count == that.count && Arrays.equals(words, that.words);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(words);
    }

    @Override
    public String toString() {
        return words == null ? "all tokens" : count + " tokens";
    }
}
