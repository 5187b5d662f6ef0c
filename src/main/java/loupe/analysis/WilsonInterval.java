package loupe.analysis;

/**
 * The Wilson score interval of a share at 95 %, as if the cases were drawn one by one.
 *
 * @param low its lower end, from 0 to 1
 * @param high its upper end, from 0 to 1
 */
public record WilsonInterval(double low, double high) {
    private static final double QUANTILE_95 = 1.959963984540054;

    /**
     * The interval of {@code count} cases of {@code n}; all of 0 to 1 if there are none.
     *
     * @throws IllegalArgumentException if count is not from 0 to n
     */
    public static WilsonInterval of(long count, long n) {
        if (count < 0 || count > n) {
            throw new IllegalArgumentException("count is " + count + " of " + n);
        }
        if (n == 0) {
            return new WilsonInterval(0, 1);
        }
        double p = (double) count / n;
        double z2 = QUANTILE_95 * QUANTILE_95;
        double centre = (p + z2 / (2.0 * n)) / (1 + z2 / n);
        double half = QUANTILE_95 / (1 + z2 / n) * Math.sqrt(p * (1 - p) / n + z2 / (4.0 * n * n));
        return new WilsonInterval(count == 0 ? 0 : centre - half, count == n ? 1 : centre + half);
    }
}
