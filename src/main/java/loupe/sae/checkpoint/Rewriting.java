package loupe.sae.checkpoint;

import java.util.Arrays;
import loupe.sae.Activation;
import loupe.sae.HostWeights;
import loupe.sae.HostWeights.Part;
import loupe.sae.InputNormalisation;
import loupe.sae.SaeConfig;

/**
 * An autoencoder that is being converted to another library's conventions: each change keeps what it computes, up to
 * rounding. The weights are changed in place. For one thread.
 */
final class Rewriting {
    private final HostWeights weights;
    private SaeConfig config;

    Rewriting(SaeConfig config, HostWeights weights) {
        this.config = config;
        this.weights = weights;
        if (!weights.has(Part.ENCODER_BIAS)) {
            weights.vector(Part.ENCODER_BIAS, new float[config.dSae()]);
        }
    }

    SaeConfig config() {
        return config;
    }

    HostWeights weights() {
        return weights;
    }

    /** Moves the feature scales into the decoder: (f s) W_dec is f (s W_dec). */
    Rewriting withoutFeatureScale() {
        if (weights.has(Part.FEATURE_SCALE)) {
            float[] scale = weights.vector(Part.FEATURE_SCALE);
            double[] factors = new double[scale.length];
            Arrays.setAll(factors, i -> scale[i]);
            weights.scaleFeatures(Part.DECODER, factors);
            weights.remove(Part.FEATURE_SCALE);
        }
        return this;
    }

    /** Turns a choice by pre-activation times decoder norm into a plain one by folding the norms into the encoder. */
    Rewriting choosingPlainly() {
        if (config.activation() instanceof Activation.TopK topK && topK.byDecoderNorm()) {
            weights.foldDecoderNorms();
            config = config.withActivation(new Activation.TopK(topK.k(), topK.relu(), false));
        }
        return this;
    }

    /** Turns one threshold for all features into one threshold for each. */
    Rewriting withThresholds() {
        if (config.activation() instanceof Activation.BatchTopK batch
                && batch.threshold().isPresent()) {
            float[] same = new float[config.dSae()];
            Arrays.fill(same, (float) batch.threshold().getAsDouble());
            weights.vector(Part.THRESHOLD, same);
            config = config.withActivation(new Activation.JumpRelu());
        }
        return this;
    }

    /** Drops the norm factor, which was multiplied into the weights when they were read. */
    Rewriting withoutNormFactor() {
        if (config.normalisation() == InputNormalisation.EXPECTED_AVERAGE_ONLY_IN) {
            config = config.withNormalisation(InputNormalisation.NONE);
        }
        return this;
    }

    /**
     * Moves the stored mean into the biases: (x - m - b_dec) E is (x - (b_dec + m)) E, and what is written back is (f D
     * + b_dec) + m.
     */
    Rewriting withoutMean() {
        if (config.normalisation() == InputNormalisation.STORED_MEAN) {
            float[] mean = weights.vector(Part.MEAN);
            double[] added = new double[mean.length];
            Arrays.setAll(added, i -> mean[i]);
            if (!config.reading().subtractsDecoderBias()) {
                if (weights.has(Part.INPUT_BIAS)) {
                    weights.add(Part.INPUT_BIAS, added);
                } else {
                    weights.vector(Part.INPUT_BIAS, mean);
                }
            }
            weights.add(Part.DECODER_BIAS, added);
            weights.remove(Part.MEAN);
            config = config.withNormalisation(InputNormalisation.NONE);
        }
        return this;
    }

    /**
     * Makes it subtract b_dec before encoding, or nothing: (x - s) E + b is (x - w) E + (b + (w - s) E). A gated one
     * has that in both of its biases, in the magnitude's times exp(r_mag).
     */
    Rewriting subtracting(boolean decoderBias) {
        float[] before = config.reading().subtractsDecoderBias()
                ? weights.vector(Part.DECODER_BIAS)
                : weights.has(Part.INPUT_BIAS) ? weights.vector(Part.INPUT_BIAS) : new float[config.dIn()];
        float[] after = decoderBias ? weights.vector(Part.DECODER_BIAS) : new float[config.dIn()];
        if (!Arrays.equals(before, after)) {
            double[] shift = new double[config.dIn()];
            Arrays.setAll(shift, i -> (double) after[i] - before[i]);
            double[] moved = weights.through(Part.ENCODER, shift);
            weights.add(Part.ENCODER_BIAS, moved);
            if (config.activation() instanceof Activation.Gated) {
                float[] logarithms = weights.vector(Part.MAGNITUDE_SCALE);
                Arrays.setAll(moved, i -> moved[i] * Math.exp(logarithms[i]));
                weights.add(Part.MAGNITUDE_BIAS, moved);
            }
        }
        weights.remove(Part.INPUT_BIAS);
        config = config.withSubtractDecoderBias(decoderBias);
        return this;
    }

    /** Whether every decoder direction is a unit vector, as far as dictionary_learning looks. */
    boolean hasUnitDecoder() {
        return Arrays.stream(weights.decoderNorms())
                .allMatch(norm -> Math.abs(norm - 1) <= DictionaryLearning.UNIT_NORM);
    }
}
