package loupe.analysis.tokenbias;

import java.util.Arrays;

/**
 * The counted tokens of a corpus, for rules: what stands at each, before it and after it, and to which part its context
 * belongs. Rules are fitted to half of the contexts; a quarter chooses between them; the last quarter says how good the
 * one chosen is, which nothing was fitted to.
 */
public final class RuleCorpus {
    /** Fitted to. */
    static final int FIT = 0;
    /** Chooses between rules. */
    static final int CHOOSE = 1;
    /** Held out. */
    static final int HELD = 2;

    private static final int PARTS = 3;
    /** Stands for no token: the first of a document has none before it, the last none after it. */
    public static final int NONE = -1;

    private final int[] ids;
    private final int[] previous;
    private final int[] next;
    private final byte[] parts;
    private final int vocabulary;
    private final long[] counts = new long[PARTS];
    private final int[][] ofCurrent;
    private final int[][] ofPrevious;
    private final int[][] ofNext;
    private final long[][] pairs = new long[PARTS][];

    /**
     * Takes over the tokens; the arrays are not to be written afterwards.
     *
     * @param ids of the counted tokens
     * @param previous the id before each in its document, or {@link #NONE}
     * @param next the id after each, or {@link #NONE}
     * @param contexts for each the number of its context
     * @param vocabulary ids are below this
     */
    public RuleCorpus(int[] ids, int[] previous, int[] next, int[] contexts, int vocabulary) {
        this.ids = ids;
        this.previous = previous;
        this.next = next;
        this.vocabulary = vocabulary;
        parts = new byte[ids.length];
        ofCurrent = new int[PARTS][vocabulary];
        ofPrevious = new int[PARTS][vocabulary];
        ofNext = new int[PARTS][vocabulary];
        for (int i = 0; i < ids.length; i++) {
            int part = part(contexts[i]);
            parts[i] = (byte) part;
            counts[part]++;
            ofCurrent[part][ids[i]]++;
            if (previous[i] != NONE) {
                ofPrevious[part][previous[i]]++;
            }
            if (next[i] != NONE) {
                ofNext[part][next[i]]++;
            }
        }
        int[] filled = new int[PARTS];
        for (int part = 0; part < PARTS; part++) {
            pairs[part] = new long[Math.toIntExact(counts[part])];
        }
        for (int i = 0; i < ids.length; i++) {
            pairs[parts[i]][filled[parts[i]]++] = pair(i);
        }
        for (long[] sorted : pairs) {
            Arrays.sort(sorted);
        }
    }

    /** The part of a context: by a scrambled number, so that neighbours and periods do not share one. */
    private static int part(int context) {
        int bits = (context * 0x9E3779B9) >>> 30;
        return bits < 2 ? FIT : bits == 2 ? CHOOSE : HELD;
    }

    /** How many tokens there are. */
    public int size() {
        return ids.length;
    }

    int vocabulary() {
        return vocabulary;
    }

    int partAt(int place) {
        return parts[place];
    }

    int id(int place) {
        return ids[place];
    }

    int previous(int place) {
        return previous[place];
    }

    int next(int place) {
        return next[place];
    }

    /** Tokens of a part. */
    long count(int part) {
        return counts[part];
    }

    int[] ofCurrent(int part) {
        return ofCurrent[part];
    }

    int[] ofPrevious(int part) {
        return ofPrevious[part];
    }

    int[] ofNext(int part) {
        return ofNext[part];
    }

    /** The previous and the current token as one number; negative at the beginning of a document. */
    long pair(int place) {
        return previous[place] == NONE ? NONE : (long) previous[place] * vocabulary + ids[place];
    }

    /** How often a pair occurs in a part. */
    long ofPair(int part, long pair) {
        return bound(pairs[part], pair + 1) - (long) bound(pairs[part], pair);
    }

    /** How many are less. */
    private static int bound(long[] sorted, long value) {
        int low = 0;
        int high = sorted.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sorted[middle] < value) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
