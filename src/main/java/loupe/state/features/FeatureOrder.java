package loupe.state.features;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import javafx.collections.ListChangeListener;
import javafx.collections.ObservableListBase;

/**
 * The rows of the feature table: feature numbers in the order shown, held in one array however many there are. JavaFX
 * thread only.
 */
public final class FeatureOrder extends ObservableListBase<Integer> {
    private int[] features = {};
    private Runnable beforeChange = () -> {};

    @Override
    public Integer get(int row) {
        return features[row];
    }

    @Override
    public int size() {
        return features.length;
    }

    /** The row of a feature; -1 if it is filtered out. */
    public int rowOf(int feature) {
        for (int row = 0; row < features.length; row++) {
            if (features[row] == feature) {
                return row;
            }
        }
        return -1;
    }

    /** Sets what is done before other rows come: a table cannot carry several marked rows over. */
    public void setBeforeChange(Runnable action) {
        beforeChange = action;
    }

    void show(int[] order) {
        int[] before = features;
        if (Arrays.equals(before, order)) {
            return;
        }
        beforeChange.run();
        features = order;
        fireChange(new Replacement(this, before, order.length));
    }

    /**
     * Other rows in place of all that were there. The builder of the base class copies the rows that went, 6 ms of a
     * frame with 131,072 of them; here they are read where they are.
     */
    private static final class Replacement extends ListChangeListener.Change<Integer> {
        private static final int[] NO_PERMUTATION = {};

        private final List<Integer> removed;
        private final int size;
        private boolean isBefore = true;

        Replacement(FeatureOrder list, int[] before, int size) {
            super(list);
            removed = new AbstractList<>() {
                @Override
                public Integer get(int row) {
                    return before[row];
                }

                @Override
                public int size() {
                    return before.length;
                }
            };
            this.size = size;
        }

        @Override
        public boolean next() {
            boolean first = isBefore;
            isBefore = false;
            return first;
        }

        @Override
        public void reset() {
            isBefore = true;
        }

        @Override
        public int getFrom() {
            return 0;
        }

        @Override
        public int getTo() {
            return size;
        }

        @Override
        public List<Integer> getRemoved() {
            return removed;
        }

        @Override
        protected int[] getPermutation() {
            return NO_PERMUTATION;
        }
    }
}
