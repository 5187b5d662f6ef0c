package loupe.analysis.geometry;

import java.util.Arrays;

/**
 * The k largest of the values that each row has been offered, and which was the largest. A row must be offered its
 * values by ascending id, so that of equal ones the lowest id stands. NaN is never among them. Different threads may
 * offer values to different rows.
 */
final class RunningLargest {
    private final int k;
    /** A heap for each row, the smallest value first. */
    private final float[] heaps;

    private final int[] sizes;
    /** What a value must exceed to be among the k largest of its row. */
    private final float[] floors;

    private final float[] best;
    private final int[] bestIds;

    RunningLargest(int rows, int k) {
        this.k = k;
        heaps = new float[Math.multiplyExact(rows, k)];
        sizes = new int[rows];
        floors = new float[rows];
        best = new float[rows];
        bestIds = new int[rows];
        Arrays.fill(floors, Float.NEGATIVE_INFINITY);
        Arrays.fill(best, Float.NEGATIVE_INFINITY);
        Arrays.fill(bestIds, -1);
    }

    /**
     * Offers one row the values of consecutive ids.
     *
     * @param row that is offered them
     * @param values at {@code from} the first of them
     * @param firstId of the value at {@code from}
     */
    void offerRow(int row, float[] values, int from, int count, int firstId) {
        float floor = floors[row];
        for (int i = 0; i < count; i++) {
            float value = values[from + i];
            if (value > floor) {
                offer(row, value, firstId + i);
                floor = floors[row];
            }
        }
    }

    /**
     * Offers consecutive rows a value each, all of one id.
     *
     * @param firstRow is offered the value at {@code from}
     */
    void offerColumn(int firstRow, float[] values, int from, int count, int id) {
        for (int i = 0; i < count; i++) {
            float value = values[from + i];
            if (value > floors[firstRow + i]) {
                offer(firstRow + i, value, id);
            }
        }
    }

    private void offer(int row, float value, int id) {
        if (value > best[row]) {
            best[row] = value;
            bestIds[row] = id;
        }
        int start = row * k;
        if (sizes[row] < k) {
            up(start, sizes[row]++, value);
        } else {
            down(start, value);
        }
        if (sizes[row] == k) {
            floors[row] = heaps[start];
        }
    }

    private void up(int start, int at, float value) {
        int place = at;
        while (place > 0 && heaps[start + (place - 1) / 2] > value) {
            heaps[start + place] = heaps[start + (place - 1) / 2];
            place = (place - 1) / 2;
        }
        heaps[start + place] = value;
    }

    /** Puts a value in the place of the smallest. */
    private void down(int start, float value) {
        int place = 0;
        while (2 * place + 1 < k) {
            int child = 2 * place + 1;
            if (child + 1 < k && heaps[start + child + 1] < heaps[start + child]) {
                child++;
            }
            if (heaps[start + child] >= value) {
                break;
            }
            heaps[start + place] = heaps[start + child];
            place = child;
        }
        heaps[start + place] = value;
    }

    /** The id of a row's largest value, -1 for none. */
    int bestId(int row) {
        return bestIds[row];
    }

    /** A row's largest values, largest first; fewer than k if it was offered fewer. */
    float[] sorted(int row) {
        float[] ascending = Arrays.copyOfRange(heaps, row * k, row * k + sizes[row]);
        Arrays.sort(ascending);
        for (int i = 0; i < ascending.length / 2; i++) {
            float kept = ascending[i];
            ascending[i] = ascending[ascending.length - 1 - i];
            ascending[ascending.length - 1 - i] = kept;
        }
        return ascending;
    }
}
