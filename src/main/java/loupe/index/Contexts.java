package loupe.index;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * Puts tokenised documents into contexts of a fixed length, each document preceded by the separator token where the
 * model has one. Every token is in exactly one context and its place is a running number: token {@code t} stands in
 * context {@code t / length} at place {@code t % length}.
 *
 * <p>Documents that run on fill every context but the last. Otherwise a document that does not fit into what is left of
 * a context begins the next one, so that it stays whole, and one longer than a context is cut where contexts end.
 */
public final class Contexts {
    /** Default number of tokens in a context, unless the model's own is shorter. */
    public static final int DEFAULT_LENGTH = 128;

    private final int length;
    private final OptionalInt separator;
    private final long maxTokens;
    private final DocumentPacking packing;
    private final List<Context> ready = new ArrayList<>();

    /** The first tokens of a document, at most one more than a context has, until it is decided where they go. */
    private final List<Integer> beginning = new ArrayList<>();

    private boolean begun;
    private boolean decided;
    private int[] ids;
    private int[] documents;
    private int filled;
    private int document = -1;
    private long tokens;

    /**
     * @param length positions in a context
     * @param separator the token put before each document (BOS), or empty
     * @param maxTokens stop after so many tokens
     * @param packing whether documents run on
     */
    public Contexts(int length, OptionalInt separator, long maxTokens, DocumentPacking packing) {
        this.length = length;
        this.separator = separator;
        this.maxTokens = maxTokens;
        this.packing = packing;
        startContext();
    }

    /**
     * Adds a whole document.
     *
     * @return whether more tokens are wanted
     */
    public boolean add(int[] tokenIds) {
        append(tokenIds);
        return end();
    }

    /**
     * Adds the next tokens of a document, or the first of one. Where documents do not run on, its first tokens wait
     * until it is known whether they have room in this context together.
     *
     * @return whether more tokens are wanted
     */
    public boolean append(int[] tokenIds) {
        if (!begun) {
            begun = true;
            document++;
            beginning.clear();
            separator.ifPresent(beginning::add);
            decided = false;
        }
        int from = 0;
        if (!decided) {
            while (from < tokenIds.length && filled + beginning.size() <= length) {
                beginning.add(tokenIds[from++]);
            }
            if (packing.runsOn() || filled + beginning.size() > length) {
                decide();
            }
        }
        for (int i = from; i < tokenIds.length; i++) {
            append(tokenIds[i]);
        }
        return tokens < maxTokens;
    }

    /**
     * Ends a document; the next tokens begin another.
     *
     * @return whether more tokens are wanted
     */
    public boolean end() {
        if (!begun) {
            append(new int[0]);
        }
        if (!decided) {
            decide();
        }
        begun = false;
        return tokens < maxTokens;
    }

    private void decide() {
        decided = true;
        if (!packing.runsOn() && filled > 0 && filled + beginning.size() > length) {
            close();
        }
        beginning.forEach(this::append);
    }

    /** Ends the last document, if it has been begun, and closes the last, shorter context. */
    public void finish() {
        if (begun) {
            end();
        }
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
        ready.add(new Context(Arrays.copyOf(ids, filled), Arrays.copyOf(documents, filled)));
        startContext();
    }

    private void startContext() {
        ids = new int[length];
        documents = new int[length];
        filled = 0;
    }

    /**
     * A stretch of tokens that are kept together, of one or several documents.
     *
     * @param ids token ids
     * @param documents for each, the running number of its document; both (T) with T at most the length
     */
    public record Context(int[] ids, int[] documents) {
        /** The tokens of each document alone, in order. */
        List<int[]> apart() {
            List<int[]> apart = new ArrayList<>();
            int first = 0;
            for (int end = 1; end <= ids.length; end++) {
                if (end == ids.length || documents[end] != documents[first]) {
                    apart.add(Arrays.copyOfRange(ids, first, end));
                    first = end;
                }
            }
            return apart;
        }
    }
}
