package loupe.sae;

import java.util.Arrays;
import loupe.sae.HostWeights.Part;

/** Checks that weights have the shapes that a configuration calls for. */
public final class WeightShapes {
    private WeightShapes() {}

    /**
     * Checks the shape of every tensor against the configuration.
     *
     * @throws IllegalArgumentException naming the first tensor that is missing or has another shape
     */
    public static void check(SaeConfig config, HostWeights host) {
        int f = config.dSae();
        matrix(host, Part.ENCODER, f, config.dIn());
        matrix(host, Part.DECODER, f, config.dOut());
        vector(host, Part.DECODER_BIAS, config.dOut());
        if (host.has(Part.ENCODER_BIAS)) {
            vector(host, Part.ENCODER_BIAS, f);
        }
        if (host.has(Part.INPUT_BIAS)) {
            vector(host, Part.INPUT_BIAS, config.dIn());
        }
        if (config.normalisation() == InputNormalisation.STORED_MEAN) {
            vector(host, Part.MEAN, config.dIn());
        }
        if (host.has(Part.FEATURE_SCALE)) {
            vector(host, Part.FEATURE_SCALE, f);
        }
        if (config.activation() instanceof Activation.JumpRelu) {
            vector(host, Part.THRESHOLD, f);
        }
        if (config.activation() instanceof Activation.Gated) {
            vector(host, Part.ENCODER_BIAS, f);
            vector(host, Part.MAGNITUDE_BIAS, f);
            if (host.has(Part.MAGNITUDE_ENCODER)) {
                matrix(host, Part.MAGNITUDE_ENCODER, f, config.dIn());
            } else {
                vector(host, Part.MAGNITUDE_SCALE, f);
            }
        }
        if (config.lookup()) {
            require(
                    Part.LOOKUP,
                    host.tensor(Part.LOOKUP).columns() == config.dOut(),
                    host,
                    "[vocabulary, " + config.dOut() + "]");
        }
        if (host.has(Part.SKIP)) {
            DirectTensor skip = host.tensor(Part.SKIP);
            require(
                    Part.SKIP,
                    skip.rows() == config.dOut() && skip.columns() == config.dIn(),
                    host,
                    "[" + config.dOut() + ", " + config.dIn() + "]");
        }
    }

    private static void matrix(HostWeights host, Part part, int features, int width) {
        DirectTensor tensor = host.tensor(part);
        long[] wanted = host.featuresInRows(part) ? new long[] {features, width} : new long[] {width, features};
        require(part, tensor.rows() == wanted[0] && tensor.columns() == wanted[1], host, Arrays.toString(wanted));
    }

    private static void vector(HostWeights host, Part part, int length) {
        require(part, host.tensor(part).rows() == 1 && host.tensor(part).columns() == length, host, "[" + length + "]");
    }

    private static void require(Part part, boolean right, HostWeights host, String expected) {
        if (!right) {
            throw new IllegalArgumentException(part + " is ["
                    + host.tensor(part).rows() + ", " + host.tensor(part).columns() + "], expected " + expected);
        }
    }
}
