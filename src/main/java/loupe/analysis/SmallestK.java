package loupe.analysis;

/**
 * Keeps the k smallest of many keyed ids, in amortised constant time per offer whatever their order. Ties go to the
 * lower id, so that the result does not depend on the order of offers. Reusable without allocating; one thread at a
 * time.
 */
public final class SmallestK {
    private double[] keys = new double[0];
    private int[] ids = new int[0];
    private int k;
    private int size;
    private double bound;

    /** Empties this and prepares to keep {@code k}. */
    public SmallestK reset(int k) {
        if (k < 0) {
            throw new IllegalArgumentException("k is " + k);
        }
        this.k = k;
        size = 0;
        bound = k == 0 ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        int room = k + Math.max(k, 512);
        if (keys.length < room) {
            keys = new double[room];
            ids = new int[room];
        }
        return this;
    }

    /** No key above this can be among the k smallest; NaN never is. Falls as offers arrive. */
    public double bound() {
        return bound;
    }

    public void offer(double key, int id) {
        if (!(key <= bound) || k == 0) {
            return;
        }
        keys[size] = key;
        ids[size++] = id;
        if (size == keys.length) {
            cut();
        }
    }

    /** Takes over everything {@code other} kept. */
    public void offerAll(SmallestK other) {
        for (int i = 0; i < other.size; i++) {
            offer(other.keys[i], other.ids[i]);
        }
    }

    /**
     * Sorts what is kept, smallest first.
     *
     * @return how many there are, at most k
     */
    public int finish() {
        if (size > k) {
            cut();
        }
        sort(0, size - 1);
        return size;
    }

    /** Key at this rank, after {@link #finish}. */
    public double key(int rank) {
        return keys[rank];
    }

    /** Id at this rank, after {@link #finish}. */
    public int id(int rank) {
        return ids[rank];
    }

    private void cut() {
        int low = 0;
        int high = size - 1;
        while (low < high) {
            int split = partition(low, high);
            if (k - 1 <= split) {
                high = split;
            } else {
                low = split + 1;
            }
        }
        size = k;
        bound = keys[k - 1];
    }

    private void sort(int low, int high) {
        while (low < high) {
            int split = partition(low, high);
            if (split - low < high - split) {
                sort(low, split);
                low = split + 1;
            } else {
                sort(split + 1, high);
                high = split;
            }
        }
    }

    /**
     * Hoare's partition around the middle element: everything up to the returned index comes before everything after
     * it.
     */
    private int partition(int low, int high) {
        int middle = (low + high) >>> 1;
        double pivotKey = keys[middle];
        int pivotId = ids[middle];
        int i = low - 1;
        int j = high + 1;
        while (true) {
            do {
                i++;
            } while (before(keys[i], ids[i], pivotKey, pivotId));
            do {
                j--;
            } while (before(pivotKey, pivotId, keys[j], ids[j]));
            if (i >= j) {
                return j;
            }
            double key = keys[i];
            keys[i] = keys[j];
            keys[j] = key;
            int id = ids[i];
            ids[i] = ids[j];
            ids[j] = id;
        }
    }

    private static boolean before(double keyA, int idA, double keyB, int idB) {
        return keyA < keyB || (keyA == keyB && idA < idB);
    }
}
