package loupe.lm;

import java.util.Collections;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Sizes and switches of a transformer, the same for every family.
 *
 * @param family Hugging Face's {@code model_type}: {@code gpt2}, {@code llama}, ...
 * @param vocabularySize rows of the embedding, padding included
 * @param context largest number of positions
 * @param nKeyValueHeads fewer than {@code nHeads} under grouped-query attention, else the same
 * @param normEpsilon added to the variance in each norm
 * @param activation the MLP's non-linearity
 * @param attention how tokens look at each other, one entry per layer
 * @param wiring which parts a block has and how they are joined
 * @param scaling factors and limits on values under way
 */
public record ModelConfig(
        String family,
        int vocabularySize,
        int context,
        int dModel,
        int nLayers,
        int nHeads,
        int nKeyValueHeads,
        int dHead,
        int dMlp,
        double normEpsilon,
        MlpActivation activation,
        List<LayerAttention> attention,
        Wiring wiring,
        Scaling scaling) {
    /** Non-linearities of MLPs, by Hugging Face's names. */
    public enum MlpActivation {
        GELU,
        GELU_NEW,
        SILU,
        RELU
    }

    /** Kinds of norms; the gain is applied last in both. */
    public enum NormKind {
        LAYER_NORM,
        RMS_NORM
    }

    /**
     * @param absolutePositions whether a learnt position embedding is added to the token embedding
     * @param parallel whether attention and MLP read the same residual stream, so that there is no resid_mid
     * @param gatedMlp whether the activation of one branch multiplies another
     * @param headNorms whether each head's queries and keys are normalised before they are turned
     * @param outputNorms whether what attention and MLP compute is normalised before it is added to the residual stream
     */
    public record Wiring(
            NormKind norm,
            boolean absolutePositions,
            boolean parallel,
            boolean gatedMlp,
            boolean headNorms,
            boolean outputNorms) {
        /** Of GPT-2. */
        public static final Wiring GPT2 = new Wiring(NormKind.LAYER_NORM, true, false, false);

        /** Without the norms that only recent families have. */
        public Wiring(NormKind norm, boolean absolutePositions, boolean parallel, boolean gatedMlp) {
            this(norm, absolutePositions, parallel, gatedMlp, false, false);
        }
    }

    /**
     * A limit c is soft: x becomes c tanh(x / c).
     *
     * @param embedding factor on token embeddings, ghosts included
     * @param scoreCap limit on attention scores, after scaling and before masking
     * @param logitCap limit on logits
     */
    public record Scaling(double embedding, OptionalDouble scoreCap, OptionalDouble logitCap) {
        public static final Scaling NONE = new Scaling(1, OptionalDouble.empty(), OptionalDouble.empty());
    }

    public ModelConfig {
        attention = List.copyOf(attention);
        if (attention.size() != nLayers) {
            throw new IllegalArgumentException(
                    "attention has " + attention.size() + " entries for " + nLayers + " layers");
        }
        for (LayerAttention layer : attention) {
            if (layer.rotary().isPresent() && layer.rotary().get().dimensions() > dHead) {
                throw new IllegalArgumentException(
                        "rotary turns " + layer.rotary().get().dimensions() + " dimensions, a head has " + dHead);
            }
        }
        if (nKeyValueHeads < 1 || nHeads % nKeyValueHeads != 0) {
            throw new IllegalArgumentException(
                    "nHeads is " + nHeads + ", not a multiple of nKeyValueHeads " + nKeyValueHeads);
        }
    }

    /**
     * A model whose tokens see all before them, without rotation or limits.
     *
     * @param scoreScale factor on the attention scores of each layer
     */
    public ModelConfig(
            String family,
            int vocabularySize,
            int context,
            int dModel,
            int nLayers,
            int nHeads,
            int nKeyValueHeads,
            int dHead,
            int dMlp,
            double normEpsilon,
            MlpActivation activation,
            List<Double> scoreScale,
            Wiring wiring) {
        this(
                family,
                vocabularySize,
                context,
                dModel,
                nLayers,
                nHeads,
                nKeyValueHeads,
                dHead,
                dMlp,
                normEpsilon,
                activation,
                scoreScale.stream().map(LayerAttention::plain).toList(),
                wiring,
                Scaling.NONE);
    }

    /** A GPT-2 with its usual settings: MLP four times as wide as the residual stream, gelu_new, epsilon 1e-5. */
    public static ModelConfig gpt2(int vocabularySize, int context, int dModel, int nLayers, int nHeads) {
        if (dModel % nHeads != 0) {
            throw new IllegalArgumentException("dModel is " + dModel + ", not a multiple of nHeads " + nHeads);
        }
        int dHead = dModel / nHeads;
        return new ModelConfig(
                "gpt2",
                vocabularySize,
                context,
                dModel,
                nLayers,
                nHeads,
                nHeads,
                dHead,
                4 * dModel,
                1e-5,
                MlpActivation.GELU_NEW,
                Collections.nCopies(nLayers, 1 / Math.sqrt(dHead)),
                Wiring.GPT2);
    }
}
