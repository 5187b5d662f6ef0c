package loupe.analysis.ghost;

import java.util.List;
import java.util.stream.DoubleStream;
import loupe.base.NumberRange;
import loupe.inference.SaeId;
import loupe.tensor.HostTensor;

/**
 * How a ghost is made: g = c + s u with u = (1 - sum of w) f + sum of w_j p_j, nothing normalised again.
 *
 * <p>c is the centroid of the token embeddings, f the direction A e + (1 - A) d, e and d the unit encoder and decoder
 * directions (so that f is shorter than 1 between them), p_j the principal components of the embedding. Source: the
 * definition-tree notebook of mwatkins ({@code src/site/markdown/methods.md}, section 1), which has A = 0 or 1 and one
 * component.
 *
 * @param encoderMix A, 0 to 1: 1 is the encoder direction, 0 the decoder direction
 * @param scale s, in units of the embedding
 * @param centroid whether c is added; without it g = s u
 * @param pcaWeights w_1, w_2, ...; may be empty, trailing zeros are dropped
 */
public record GhostSettings(
        GhostSource source,
        double encoderMix,
        double scale,
        boolean centroid,
        List<Double> pcaWeights,
        PcaSign pcaSign) {
    /** The notebook's scale, the mean distance of a Gemma-2B token from the centroid. */
    public static final double DEFAULT_SCALE = 3.8;

    public GhostSettings {
        if (!(encoderMix >= 0 && encoderMix <= 1)) {
            throw new IllegalArgumentException("encoderMix is " + encoderMix + ", must be from 0 to 1");
        }
        NumberRange.COMPUTABLE.require("The scale", scale);
        pcaWeights.forEach(weight -> NumberRange.COMPUTABLE.require("The weight of a principal component", weight));
        if (source instanceof GhostSource.Finished) {
            encoderMix = 1;
            scale = 1;
            centroid = false;
            pcaWeights = List.of();
        }
        int used = pcaWeights.size();
        while (used > 0 && pcaWeights.get(used - 1) == 0) {
            used--;
        }
        pcaWeights = List.copyOf(pcaWeights.subList(0, used));
        pcaSign = used == 0 ? PcaSign.POSITIVE : pcaSign;
    }

    /** The notebook's defaults for a feature's encoder direction. */
    public static GhostSettings encoder(SaeId sae, int feature) {
        return new GhostSettings(
                new GhostSource.Feature(sae, feature), 1, DEFAULT_SCALE, true, List.of(), PcaSign.POSITIVE);
    }

    /** The notebook's defaults for a feature's decoder direction. */
    public static GhostSettings decoder(SaeId sae, int feature) {
        return encoder(sae, feature).withEncoderMix(0);
    }

    /** A finished ghost, of shape (dModel). */
    public static GhostSettings finished(HostTensor vector) {
        return new GhostSettings(new GhostSource.Finished(vector), 1, 1, false, List.of(), PcaSign.POSITIVE);
    }

    public GhostSettings withSource(GhostSource newSource) {
        return new GhostSettings(newSource, encoderMix, scale, centroid, pcaWeights, pcaSign);
    }

    public GhostSettings withEncoderMix(double newEncoderMix) {
        return new GhostSettings(source, newEncoderMix, scale, centroid, pcaWeights, pcaSign);
    }

    public GhostSettings withScale(double newScale) {
        return new GhostSettings(source, encoderMix, newScale, centroid, pcaWeights, pcaSign);
    }

    public GhostSettings withCentroid(boolean newCentroid) {
        return new GhostSettings(source, encoderMix, scale, newCentroid, pcaWeights, pcaSign);
    }

    /** Weights of the principal components, of the sign given. */
    public GhostSettings withPca(PcaSign sign, double... weights) {
        return new GhostSettings(
                source,
                encoderMix,
                scale,
                centroid,
                DoubleStream.of(weights).boxed().toList(),
                sign);
    }

    /** How many principal components it takes to make this ghost. */
    public int components() {
        return pcaWeights.size();
    }
}
