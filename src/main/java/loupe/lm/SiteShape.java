package loupe.lm;

/**
 * The shape of one token's value at a hook point: (heads, width).
 *
 * @param heads vectors of a token there; 1 where the value is not divided among heads
 * @param width numbers in each
 */
public record SiteShape(int heads, int width) {
    /** How many numbers a token has there, in all its heads. */
    public int size() {
        return Math.multiplyExact(heads, width);
    }
}
