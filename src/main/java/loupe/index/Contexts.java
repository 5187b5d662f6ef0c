package loupe.index;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Packs tokenised documents, one after another, into contexts of a fixed length, each document preceded by the
 * separator token where the model has one. Every token is in exactly one context and its place is a running number:
 * token {@code t} stands in context {@code t / length} at position {@code t % length}.
 */
public final class Contexts {
    /** Default number of tokens in a context, unless the model's own is shorter. */
    public static final int DEFAULT_LENGTH = 128;

    private final int length;
    private final OptionalInt separator;
    private final long maxTokens;
    private final List<Context> ready = new ArrayList<>();

    private int[] ids;
    private int[] documents;
    private int filled;
    private int document = -1;
    private long tokens;

    /**
     * @param length positions in a context
     * @param separator the token put before each document (BOS), or empty
     * @param maxTokens stop after so many tokens
     */
    public Contexts(int length, OptionalInt separator, long maxTokens) {
        this.length = length;
        this.separator = separator;
        this.maxTokens = maxTokens;
        startContext();
    }

    /**
     * Adds a document.
     *
     * @return whether more tokens are wanted
     */
    public boolean add(int[] tokenIds) {
        document++;
        separator.ifPresent(this::append);
        for (int id : tokenIds) {
            append(id);
        }
        return tokens < maxTokens;
    }

    /** Closes the last, shorter context. */
    public void finish() {
        if (filled > 0) {
            close();
        }
    }

    /** The complete contexts since the last call. */
    public List<Context> drain() {
        List<Context> drained = List.copyOf(ready);
        ready.clear();
        return drained;
    }

    private void append(int id) {
        if (tokens == maxTokens) {
            return;
        }
        ids[filled] = id;
        documents[filled] = document;
        filled++;
        tokens++;
        if (filled == length) {
            close();
        }
    }

    private void close() {
        ready.add(new Context(java.util.Arrays.copyOf(ids, filled), java.util.Arrays.copyOf(documents, filled)));
        startContext();
    }

    private void startContext() {
        ids = new int[length];
        documents = new int[length];
        filled = 0;
    }

    /**
     * A stretch of tokens that the model reads at once, of one or several documents.
     *
     * @param ids token ids
     * @param documents for each, the running number of its document; both (T) with T at most the length
     */
    public record Context(int[] ids, int[] documents) {}
}
