package loupe.search;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loupe.analysis.batch.BatchRow;
import loupe.analysis.lens.LogitMoments;
import loupe.base.Cancellation;
import loupe.index.ActivationIndex;

/** Makes the texts that are searched out of what was computed. Blocks, a second or two for a large index. */
public final class SearchTexts {
    /** How many promoted tokens of a feature are searched. */
    public static final int PROMOTED_TOKENS = 10;

    private static final int STRONGEST = 10;
    private static final int MOST_PASSAGES = 150_000;
    private static final int PASSAGES_EACH = 5;
    private static final int TOKENS_BEFORE = 10;
    private static final int TOKENS_AFTER = 5;
    private static final String BETWEEN = "  ";

    private SearchTexts() {}

    /** The tokens that each feature promotes, as far as they are known. */
    public static WordIndex promoted(
            LogitMoments.Answer moments, IntFunction<String> token, Cancellation cancellation) {
        WordIndex.Builder builder = new WordIndex.Builder(moments.features());
        for (int feature = 0; feature < moments.done(); feature++) {
            cancellation.check();
            builder.add(
                    SearchField.PROMOTED,
                    feature,
                    IntStream.of(moments.tokens(feature))
                            .mapToObj(id -> token.apply(id).strip())
                            .collect(Collectors.joining(BETWEEN)));
        }
        return builder.build();
    }

    /**
     * The tokens at which each feature is most active, and the text around the first of them: of five activations each,
     * of fewer where there are many features.
     *
     * @param sae its place in the index
     */
    public static WordIndex corpus(
            ActivationIndex index, int sae, IntFunction<String> token, Cancellation cancellation) {
        int[][] strongest = index.strongest(sae, STRONGEST, cancellation);
        int features = strongest.length;
        int each = Math.max(1, Math.min(PASSAGES_EACH, MOST_PASSAGES / features));
        // every place by its token, so that each context is read once
        long[] places = IntStream.range(0, features)
                .boxed()
                .flatMapToLong(feature -> IntStream.range(0, strongest[feature].length)
                        .mapToLong(
                                rank -> (long) strongest[feature][rank] << Integer.SIZE | (feature * STRONGEST + rank)))
                .sorted()
                .toArray();
        String[][] around = new String[features][each];
        String[][] at = new String[features][STRONGEST];
        int[] tokens = new int[places.length];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = (int) (places[i] >>> Integer.SIZE);
        }
        index.passages(tokens, TOKENS_BEFORE, TOKENS_AFTER, cancellation, (i, ids, focus) -> {
            int feature = (int) places[i] / STRONGEST;
            int rank = (int) places[i] % STRONGEST;
            at[feature][rank] = token.apply(ids[focus]).strip();
            if (rank < each) {
                around[feature][rank] = IntStream.of(ids).mapToObj(token).collect(Collectors.joining());
            }
        });
        WordIndex.Builder builder = new WordIndex.Builder(features);
        for (int feature = 0; feature < features; feature++) {
            cancellation.check();
            builder.add(SearchField.TOKEN, feature, joined(at[feature], BETWEEN));
            builder.add(SearchField.EXAMPLE, feature, joined(around[feature], " \u2026 "));
        }
        return builder.build();
    }

    /** What is there, each once. */
    private static String joined(String[] parts, String between) {
        Set<String> once = new LinkedHashSet<>();
        for (String part : parts) {
            if (part != null) {
                once.add(part.strip());
            }
        }
        return String.join(between, once);
    }

    /** The likeliest sentence of each feature of a batch. */
    public static WordIndex sentences(Collection<BatchRow> rows, int features) {
        WordIndex.Builder builder = new WordIndex.Builder(features);
        for (BatchRow row : rows) {
            if (row.feature() < features) {
                builder.add(SearchField.SENTENCE, row.feature(), row.branch());
            }
        }
        return builder.build();
    }
}
