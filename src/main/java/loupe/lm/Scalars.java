package loupe.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * Products and quotients with a number, for whatever may be differentiated. The engine's own {@code mul(Number)} and
 * {@code div(Number)} put the number into a buffer of Java's and let go of it when they return, although a recorded
 * pass goes on pointing to it: a garbage collection before the gradient is taken frees it, and the gradient is silently
 * wrong. Here the number lies in the engine's memory, which lives for as long as anything in the engine needs it.
 */
public final class Scalars {
    private Scalars() {}

    /** x times a number, of the manager of x. */
    public static NDArray mul(NDArray x, double factor) {
        try (NDArray number = number(x, factor)) {
            return x.mul(number);
        }
    }

    /** Multiplies in place. */
    public static NDArray muli(NDArray x, double factor) {
        try (NDArray number = number(x, factor)) {
            return x.muli(number);
        }
    }

    /** x divided by a number, of the manager of x. */
    public static NDArray div(NDArray x, double divisor) {
        try (NDArray number = number(x, divisor)) {
            return x.div(number);
        }
    }

    /** Divides in place. */
    public static NDArray divi(NDArray x, double divisor) {
        try (NDArray number = number(x, divisor)) {
            return x.divi(number);
        }
    }

    private static NDArray number(NDArray x, double value) {
        return x.getManager().full(new Shape(), (float) value, DataType.FLOAT32);
    }
}
