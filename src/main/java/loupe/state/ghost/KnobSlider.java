package loupe.state.ghost;

/**
 * The slider of a knob: its label, range and steps.
 *
 * @param label in front of the track
 * @param unit behind the number; empty for a pure number
 * @param explanation the quantity in words
 * @param min the value at the left end
 * @param max the value at the right end
 * @param fine the smallest step: in the value's unit, or in decades (log10) if logarithmic
 * @param coarse the step with Shift, same unit
 * @param logarithmic whether equal distances on the track are equal ratios
 */
public record KnobSlider(
        String label,
        String unit,
        String explanation,
        double min,
        double max,
        double fine,
        double coarse,
        boolean logarithmic) {
    public KnobSlider {
        if (!(min < max)) {
            throw new IllegalArgumentException("min is " + min + ", max is " + max);
        }
    }

    static KnobSlider linear(
            String label, String unit, String explanation, double min, double max, double fine, double coarse) {
        return new KnobSlider(label, unit, explanation, min, max, fine, coarse, false);
    }

    static KnobSlider logarithmic(
            String label, String unit, String explanation, double min, double max, double fine, double coarse) {
        return new KnobSlider(label, unit, explanation, min, max, fine, coarse, true);
    }

    /** The nearest position of a linear slider; a logarithmic one's values are taken as they are. */
    public double rounded(double value) {
        return logarithmic ? value : Knob.rounded(value, fine);
    }

    /**
     * A number from a session.
     *
     * @throws IllegalArgumentException if it lies beyond the ends of the slider
     */
    double within(double value) {
        if (!(value >= min && value <= max)) {
            throw new IllegalArgumentException("value is " + value + ", must be from " + min + " to " + max);
        }
        return value;
    }
}
