package loupe.index;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.inference.Pending;
import loupe.lm.tokenizer.TextReading;
import loupe.sae.SparseFeatures;

/**
 * What an index of a corpus will take, from a trial: the beginning of the corpus is tokenised and one batch of it put
 * through the model. Texts whose later parts are unlike their beginning come out otherwise; fields other than the text
 * in tables and JSON lines count as text, so that tokens are overstated there.
 *
 * @param tokens that will be read; at most the limit
 * @param limited whether the corpus has more than the limit
 * @param activationsPerToken at how many features a token is active, of all autoencoders together
 * @param bytes of the finished index
 * @param bytesMeanwhile that the pass needs before it is finished, the index included
 */
public record IndexEstimate(long tokens, boolean limited, double activationsPerToken, long bytes, long bytesMeanwhile) {
    /** Of the beginning of the corpus; more than a batch has tokens. */
    private static final int CHARACTERS = 16_384;

    /** A feature and an activation in {@code by-token.bin}, and in what is staged. */
    private static final int PAIR = 8;
    /** In {@code activations.parquet}, measured: activations hardly shrink, places among the tokens do. */
    private static final double SORTED = 5.6;
    /** In {@code contexts.parquet}, measured on English, and where a token's activations begin. */
    private static final double TOKEN = 2.5 + 8;
    /** An id, a document, and where a row begins, in what is staged. */
    private static final int STAGED_TOKEN = 12;
    /** In {@code features.parquet}, at most. */
    private static final int FEATURE = 48;

    /**
     * Tries a pass.
     *
     * @param reading reads documents as token ids, without any special token added
     * @throws CheckpointException if the corpus cannot be read or has no text
     * @throws java.util.concurrent.CancellationException if cancelled
     */
    public static IndexEstimate of(
            IndexBuild.Settings settings,
            Corpus corpus,
            TextReading reading,
            IndexBuild.Source source,
            Cancellation cancellation) {
        Trial trial = new Trial(settings, reading);
        corpus.read(trial);
        trial.contexts.finish();
        List<Contexts.Context> all = trial.contexts.drain();
        if (all.isEmpty()) {
            throw new CheckpointException(
                    corpus.files().get(0),
                    "the corpus has no text",
                    "at least one word",
                    "Choose a file with text in it");
        }
        cancellation.check();
        List<Contexts.Context> batch = all.subList(0, Math.min(Shard.BLOCK, all.size()));
        if (settings.documents().runsOn()
                && batch.get(batch.size() - 1).ids().length != batch.get(0).ids().length) {
            batch = batch.subList(0, batch.size() - 1); // the last and shorter one goes alone
        }
        long tried = batch.stream().mapToInt(context -> context.ids().length).sum();
        List<SparseFeatures> active = Pending.await(
                source.activations(settings.documents().rows(batch)).toCompletableFuture());
        double perToken =
                (double) active.stream().mapToInt(some -> some.values().length).sum() / tried;
        long whole = trial.more
                ? Math.round((double) trial.tokens() * corpus.textBytes() / Math.max(1, trial.bytes))
                : trial.tokens();
        long tokens = Math.min(whole, settings.maxTokens());
        long features = settings.saes().stream()
                .mapToLong(IndexInfo.IndexedSae::features)
                .sum();
        long bytes = Math.round(tokens * (TOKEN + perToken * (PAIR + SORTED))) + features * FEATURE;
        return new IndexEstimate(
                tokens,
                whole > settings.maxTokens(),
                perToken,
                bytes,
                bytes + Math.round(tokens * (STAGED_TOKEN + perToken * PAIR)));
    }

    /** Takes the first characters of a corpus. */
    private static final class Trial implements Corpus.Taking {
        private final TextReading reading;
        private final Contexts contexts;
        private final int separators;
        private final List<int[]> ids = new ArrayList<>();
        private int left = CHARACTERS;
        private long documents;
        private long bytes;
        private boolean more;

        Trial(IndexBuild.Settings settings, TextReading reading) {
            this.reading = reading;
            OptionalInt separator = settings.separator();
            separators = separator.isPresent() ? 1 : 0;
            contexts = new Contexts(settings.contextLength(), separator, settings.maxTokens(), settings.documents());
        }

        long tokens() {
            return ids.stream().mapToInt(some -> some.length).sum() + documents * separators;
        }

        private boolean take(int[] some) {
            ids.add(some);
            contexts.append(some);
            return true;
        }

        @Override
        public boolean add(String part) {
            String taken = part.substring(0, Math.min(left, part.length()));
            left -= taken.length();
            bytes += taken.getBytes(StandardCharsets.UTF_8).length;
            reading.add(taken, this::take);
            if (left == 0) {
                more = true;
                endOfDocument();
                return false;
            }
            return true;
        }

        @Override
        public boolean end() {
            endOfDocument();
            return true;
        }

        private void endOfDocument() {
            reading.end(this::take);
            contexts.end();
            documents++;
        }
    }
}
