package loupe.analysis.ghost;

/** Which of the two directions of a principal component is meant; the component itself has no sign. */
public enum PcaSign {
    /** The coordinate of largest magnitude is positive, as in scikit-learn 1.5 and later. */
    POSITIVE("+", 1),
    /** The coordinate of largest magnitude is negative. */
    NEGATIVE("-", -1);

    private final String symbol;
    private final int factor;

    PcaSign(String symbol, int factor) {
        this.symbol = symbol;
        this.factor = factor;
    }

    /** {@code +} or {@code -}, as {@code --pca-sign} takes it. */
    public String symbol() {
        return symbol;
    }

    /** 1 or -1, what a component of positive sign is multiplied by. */
    public int factor() {
        return factor;
    }
}
