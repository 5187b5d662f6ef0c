package loupe.state.features;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
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
        beginChange();
        features = order;
        List<Integer> removed = new AbstractList<>() {
            @Override
            public Integer get(int row) {
                return before[row];
            }

            @Override
            public int size() {
                return before.length;
            }
        };
        nextReplace(0, order.length, removed);
        endChange();
    }
}
