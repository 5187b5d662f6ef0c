package loupe.analysis;

import java.util.stream.DoubleStream;
import loupe.base.Refusal;
import loupe.tensor.HostTensor;

/** The few operations on vectors of dModel doubles that analyses need. */
public final class Vectors {
    private Vectors() {}

    /**
     * A vector of numbers that can be worked with.
     *
     * @param what it is, as the beginning of a message
     * @throws Refusal if one of them is NaN or infinite
     */
    public static double[] requireFinite(String what, double[] a) {
        if (!DoubleStream.of(a).allMatch(Double::isFinite)) {
            throw nonFinite(what);
        }
        return a;
    }

    /** The refusal of values that are NaN or infinite. */
    public static Refusal nonFinite(String what) {
        return new Refusal(
                what + " has values that are NaN or infinite",
                "finite numbers",
                "Look for such weights with inspect, or choose a smaller scale");
    }

    public static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    public static double norm(double[] a) {
        return Math.sqrt(dot(a, a));
    }

    /** a at unit norm; the zero vector stays zero. */
    public static double[] unit(double[] a) {
        double norm = norm(a);
        return norm == 0 ? a.clone() : scaled(a, 1 / norm);
    }

    public static double[] scaled(double[] a, double factor) {
        double[] result = new double[a.length];
        addScaled(result, factor, a);
        return result;
    }

    /** target += factor a. */
    public static void addScaled(double[] target, double factor, double[] a) {
        for (int i = 0; i < a.length; i++) {
            target[i] += factor * a[i];
        }
    }

    public static double[] doubles(HostTensor tensor) {
        float[] data = tensor.data();
        double[] result = new double[data.length];
        for (int i = 0; i < data.length; i++) {
            result[i] = data[i];
        }
        return result;
    }

    public static HostTensor tensor(double[] a) {
        float[] data = new float[a.length];
        for (int i = 0; i < a.length; i++) {
            data[i] = (float) a[i];
        }
        return new HostTensor(data, data.length);
    }
}
