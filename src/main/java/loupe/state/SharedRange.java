package loupe.state;

import javafx.beans.property.ReadOnlyDoubleProperty;
import javafx.beans.property.ReadOnlyDoubleWrapper;

/** The upper end of an axis that the two sides share, so that heights and lengths can be compared. JavaFX thread only. */
public final class SharedRange {
    private final ReadOnlyDoubleWrapper upper = new ReadOnlyDoubleWrapper(this, "upper", 0);
    private double a;
    private double b;

    /** The larger of what both sides need; 0 while neither needs anything. */
    public ReadOnlyDoubleProperty upper() {
        return upper.getReadOnlyProperty();
    }

    /** Says what a side needs. */
    void need(CheckpointSide side, double value) {
        if (side.isA()) {
            a = value;
        } else {
            b = value;
        }
        upper.set(Math.max(a, b));
    }
}
