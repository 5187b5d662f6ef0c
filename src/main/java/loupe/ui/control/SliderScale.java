package loupe.ui.control;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * How a slider's track maps to values, and its steps. Equal positions give equal values: a value is always rounded to
 * the fine step, so that it can be part of a question's identity.
 *
 * @param min the value at the left end
 * @param max the value at the right end
 * @param fine the smallest step: in the value's unit, or in decades (log10) when logarithmic
 * @param coarse the step with Shift, same unit
 * @param logarithmic whether equal distances on the track are equal ratios
 */
public record SliderScale(double min, double max, double fine, double coarse, boolean logarithmic) {
    public SliderScale {
        if (!(min < max)) {
            throw new IllegalArgumentException("min is " + min + ", max is " + max);
        }
        if (!(fine > 0) || !(coarse >= fine)) {
            throw new IllegalArgumentException("fine is " + fine + ", coarse is " + coarse);
        }
        if (logarithmic && !(min > 0)) {
            throw new IllegalArgumentException("min is " + min + ", a logarithmic scale needs a positive one");
        }
    }

    public static SliderScale linear(double min, double max, double fine, double coarse) {
        return new SliderScale(min, max, fine, coarse, false);
    }

    /** Equal ratios on the track; steps in decades, for example 0.1 fine and 1 coarse. */
    public static SliderScale logarithmic(double min, double max, double fineDecades, double coarseDecades) {
        return new SliderScale(min, max, fineDecades, coarseDecades, true);
    }

    /** The position of {@code value} on the track, from 0 to 1. */
    double position(double value) {
        return (along(clamp(value)) - along(min)) / (along(max) - along(min));
    }

    /** The value at a position on the track, rounded to the fine step. */
    double value(double position) {
        double at = along(min) + position * (along(max) - along(min));
        return rounded(logarithmic ? Math.pow(10, at) : at);
    }

    /** {@code value} moved by a number of steps, rounded and kept within the ends. */
    double moved(double value, double steps, boolean byCoarse) {
        double step = steps * (byCoarse ? coarse : fine);
        return rounded(logarithmic ? Math.pow(10, Math.log10(value) + step) : value + step);
    }

    /** The nearest value on the grid of fine steps (log: of three significant digits on that grid), within the ends. */
    double rounded(double value) {
        double clamped = clamp(value);
        if (logarithmic) {
            double decades = Math.round(Math.log10(clamped) / fine) * fine;
            return clamp(new BigDecimal(Math.pow(10, decades))
                    .round(new java.math.MathContext(3))
                    .doubleValue());
        }
        BigDecimal step = BigDecimal.valueOf(fine);
        BigDecimal steps = BigDecimal.valueOf(clamped - min).divide(step, 0, RoundingMode.HALF_EVEN);
        return clamp(BigDecimal.valueOf(min).add(steps.multiply(step)).doubleValue());
    }

    double clamp(double value) {
        return Math.max(min, Math.min(max, value));
    }

    private double along(double value) {
        return logarithmic ? Math.log10(value) : value;
    }
}
