package loupe.state.window;

import javafx.beans.property.ReadOnlyDoubleProperty;
import javafx.beans.property.ReadOnlyDoubleWrapper;

/** The ends of an axis that the two sides share, so that heights and lengths can be compared. JavaFX thread only. */
public final class SharedRange {
    private final ReadOnlyDoubleWrapper upper = new ReadOnlyDoubleWrapper(this, "upper", 0);
    private final ReadOnlyDoubleWrapper lower = new ReadOnlyDoubleWrapper(this, "lower", 0);
    private double a;
    private double b;
    private double leastOfA;
    private double leastOfB;

    /** The larger of what both sides need; 0 while neither needs anything. */
    public ReadOnlyDoubleProperty upper() {
        return upper.getReadOnlyProperty();
    }

    /**
     * The smaller of the values at which the two sides begin: of positive ones if neither has a negative one; 0 while
     * neither has one.
     */
    public ReadOnlyDoubleProperty lower() {
        return lower.getReadOnlyProperty();
    }

    /** The larger of the absolute values of its ends; 0 while neither side needs anything. */
    public double furthest() {
        return Math.max(Math.abs(upper.get()), Math.abs(lower.get()));
    }

    /** Sets the upper end that a side needs. */
    public void need(CheckpointSide side, double value) {
        need(side, 0, value);
    }

    /** Widens the range to what a side needs. */
    public void need(CheckpointSide side, double least, double value) {
        if (side.isA()) {
            leastOfA = least;
            a = value;
        } else {
            leastOfB = least;
            b = value;
        }
        lower.set(leastOfA == 0 || leastOfB == 0 ? leastOfA + leastOfB : Math.min(leastOfA, leastOfB));
        upper.set(Math.max(a, b));
    }
}
