package loupe.analysis.lens;

import java.util.Arrays;

/**
 * Sorts tokens by falling weight, equal ones by id: into as many buckets as there are tokens by their place between the
 * extremes, then within each bucket. Takes time in proportion to the tokens unless nearly all lie together. Reusable
 * without allocating; one thread at a time.
 */
final class TokenOrder {
    private static final int MOST_INSERTED = 48;

    private final int[] starts;
    private final long[] sorted;
    private final int[] buckets;

    TokenOrder(int tokens) {
        starts = new int[Math.max(2, Integer.highestOneBit(Math.max(1, tokens))) + 1];
        sorted = new long[tokens];
        buckets = new int[tokens];
    }

    /** Sorts the weights from index {@code from} on; ids count from there. */
    void sort(float[] weights, int from) {
        int count = sorted.length;
        float largest = Float.NEGATIVE_INFINITY;
        float smallest = Float.POSITIVE_INFINITY;
        for (int i = from; i < from + count; i++) {
            largest = weights[i] > largest ? weights[i] : largest;
            smallest = weights[i] < smallest ? weights[i] : smallest;
        }
        float scale = (starts.length - 2) / (largest - smallest);
        if (!Float.isFinite(scale)) {
            scale = 0;
        }
        Arrays.fill(starts, 0);
        for (int i = 0; i < count; i++) {
            int bucket = (int) ((largest - weights[from + i]) * scale);
            buckets[i] = bucket;
            starts[bucket + 1]++;
        }
        for (int b = 1; b < starts.length; b++) {
            starts[b] += starts[b - 1];
        }
        for (int i = 0; i < count; i++) {
            // +0 turns a negative zero, which is equal to zero, into it
            int bits = Float.floatToRawIntBits(weights[from + i] + 0f);
            long falling = ~(bits ^ (bits >> 31 & Integer.MAX_VALUE));
            sorted[starts[buckets[i]]++] = falling << 32 | i;
        }
        // each start has moved to the next one's place
        int start = 0;
        for (int b = 0; b < starts.length - 1; b++) {
            int end = starts[b];
            if (end - start > MOST_INSERTED) {
                Arrays.sort(sorted, start, end);
            } else {
                insert(start, end);
            }
            start = end;
        }
    }

    private void insert(int start, int end) {
        for (int i = start + 1; i < end; i++) {
            long key = sorted[i];
            int j = i - 1;
            while (j >= start && sorted[j] > key) {
                sorted[j + 1] = sorted[j];
                j--;
            }
            sorted[j + 1] = key;
        }
    }

    /** The token at a rank, from 0 for the largest weight. */
    int token(int rank) {
        return (int) sorted[rank];
    }

    /** The tokens of the smallest weights, smallest first, equal ones by id. */
    int[] lowest(int top) {
        int[] lowest = new int[top];
        int end = sorted.length;
        for (int n = 0; n < top; ) {
            int start = end - 1;
            while (start > 0 && sorted[start - 1] >> 32 == sorted[end - 1] >> 32) {
                start--;
            }
            for (int rank = start; rank < end && n < top; rank++) {
                lowest[n++] = token(rank);
            }
            end = start;
        }
        return lowest;
    }
}
