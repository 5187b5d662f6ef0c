package loupe.base;

/**
 * The numbers that a setting may have, both ends included; never NaN. One rule for the options of commands, the fields
 * of the window and what sessions bring.
 *
 * @param least {@link #ABOVE_ZERO} for any positive number
 */
public record NumberRange(double least, double most) {
    /** The smallest positive number, as the least one of settings that must not be 0. */
    public static final double ABOVE_ZERO = Double.MIN_VALUE;

    /**
     * The largest magnitude of a number that models compute with: the squares of as many as a vector has still have a
     * finite sum in 32 bits.
     */
    public static final double LARGEST = 1e15;

    /** Whatever models can compute with. */
    public static final NumberRange COMPUTABLE = new NumberRange(-LARGEST, LARGEST);

    /** Up to here whole numbers are written out. */
    private static final double PLAIN = 1e15;

    public NumberRange {
        if (!(least <= most)) {
            throw new IllegalArgumentException("a range from " + least + " to " + most);
        }
    }

    /** Whether a number is among them: NaN is not. */
    public boolean contains(double number) {
        return number >= least && number <= most;
    }

    /**
     * A number of this range.
     *
     * @param what it is called in the message
     * @throws Refusal if it is not in this range
     */
    public double require(String what, double number) {
        if (!contains(number)) {
            throw new Refusal(what + " is " + number, expected(), "");
        }
        return number;
    }

    /** The range in words, as they follow "expected". */
    public String expected() {
        return least == ABOVE_ZERO
                ? "a number above 0, at most " + written(most)
                : written(least) + " to " + written(most);
    }

    private static String written(double number) {
        return number == Math.rint(number) && Math.abs(number) < PLAIN
                ? Long.toString((long) number)
                : Double.toString(number).replace(".0E", "E");
    }
}
