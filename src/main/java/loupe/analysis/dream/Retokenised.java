package loupe.analysis.dream;

import java.util.Arrays;
import java.util.List;
import loupe.lm.tokenizer.Tokenizer;

/**
 * Whether a text comes back as the same tokens when it is written out and read again, so that whoever types it gets
 * what was measured.
 */
public record Retokenised(Tokenizer tokenizer) {
    /**
     * Whether these tokens come back as they are.
     *
     * @param ids of the whole text, without a token for its beginning
     */
    public boolean survives(List<Integer> ids) {
        int[] tokens = ids.stream().mapToInt(Integer::intValue).toArray();
        return Arrays.equals(
                tokenizer
                        .encode(tokenizer.decode(tokens), Tokenizer.Beginning.NO)
                        .ids(),
                tokens);
    }
}
