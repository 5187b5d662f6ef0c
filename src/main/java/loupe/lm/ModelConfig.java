package loupe.lm;

import java.util.Collections;
import java.util.List;

/**
 * Sizes and switches of a transformer, the same for every family.
 *
 * @param family Hugging Face's {@code model_type}: {@code gpt2}, {@code llama}, ...
 * @param vocabularySize rows of the embedding, padding included
 * @param context largest number of positions
 * @param nKeyValueHeads fewer than {@code nHeads} under grouped-query attention, else the same
 * @param normEpsilon added to the variance in each norm
 * @param activation the MLP's non-linearity
 * @param scoreScale factor on each attention score per layer, usually 1/sqrt(dHead)
 * @param wiring which parts a block has and how they are joined
 */
public record ModelConfig(String family, int vocabularySize, int context, int dModel, int nLayers, int nHeads,
        int nKeyValueHeads, int dHead, int dMlp, double normEpsilon, MlpActivation activation, List<Double> scoreScale,
        Wiring wiring) {
    /** Non-linearities of MLPs, by Hugging Face's names. */
    public enum MlpActivation { GELU, GELU_NEW, SILU, RELU }

    /** Kinds of norms; the gain is applied last in both. */
    public enum NormKind { LAYER_NORM, RMS_NORM }

    /**
     * @param absolutePositions whether a learnt position embedding is added to the token embedding
     * @param parallel whether attention and MLP read the same residual stream, so that there is no resid_mid
     * @param gatedMlp whether the activation of one branch multiplies another
     */
    public record Wiring(NormKind norm, boolean absolutePositions, boolean parallel, boolean gatedMlp) {
        /** Of GPT-2. */
        public static final Wiring GPT2 = new Wiring(NormKind.LAYER_NORM, true, false, false);
    }

    public ModelConfig {
        scoreScale = List.copyOf(scoreScale);
        if (scoreScale.size() != nLayers) {
            throw new IllegalArgumentException("scoreScale has " + scoreScale.size() + " factors for " + nLayers + " layers");
        }
        if (nKeyValueHeads < 1 || nHeads % nKeyValueHeads != 0) {
            throw new IllegalArgumentException("nHeads is " + nHeads + ", not a multiple of nKeyValueHeads " + nKeyValueHeads);
        }
    }

    /** A GPT-2 with its usual settings: MLP four times as wide as the residual stream, gelu_new, epsilon 1e-5. */
    public static ModelConfig gpt2(int vocabularySize, int context, int dModel, int nLayers, int nHeads) {
        if (dModel % nHeads != 0) {
            throw new IllegalArgumentException("dModel is " + dModel + ", not a multiple of nHeads " + nHeads);
        }
        int dHead = dModel / nHeads;
        return new ModelConfig("gpt2", vocabularySize, context, dModel, nLayers, nHeads, nHeads, dHead, 4 * dModel, 1e-5,
                MlpActivation.GELU_NEW, Collections.nCopies(nLayers, 1 / Math.sqrt(dHead)), Wiring.GPT2);
    }
}
