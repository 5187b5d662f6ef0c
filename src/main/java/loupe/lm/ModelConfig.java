package loupe.lm;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import loupe.base.HookPoint;

/**
 * Sizes and switches of a transformer, the same for every family.
 *
 * @param family Hugging Face's {@code model_type}: {@code gpt2}, {@code llama}, ...
 * @param vocabularySize rows of the embedding, padding included
 * @param context largest number of positions
 * @param nKeyValueHeads fewer than {@code nHeads} under grouped-query attention, else the same
 * @param normEpsilon added to the variance in each norm
 * @param activation the MLP's non-linearity
 * @param attention the attention settings, one entry per layer
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

    /** How a token's position enters the residual stream. */
    public enum PositionEmbedding {
        /** A learnt vector per position is added to the token embedding. */
        LEARNT,
        /** Not at all; attention may turn queries and keys by it ({@link LayerAttention#rotary}). */
        NONE
    }

    /** What the MLP of a block reads. */
    public enum BlockOrder {
        /** The residual stream after attention has written to it. */
        ATTENTION_THEN_MLP,
        /** The same residual stream as attention, so that there is no resid_mid. */
        PARALLEL
    }

    /** Branches of an MLP. */
    public enum MlpKind {
        ONE_BRANCH,
        /** The activation of one branch multiplies another. */
        GATED
    }

    /** What attention and MLP read of the residual stream. */
    public enum BranchInput {
        /** A norm of it, each its own. */
        NORMALISED,
        /** The residual stream itself, as in OLMo 2 and 3. */
        RESIDUAL
    }

    /** Norms that only some families have, besides those before attention, MLP and unembedding. */
    public enum ExtraNorm {
        /** Each head's queries and keys are normalised before they are turned, all heads with one gain. */
        QUERIES_AND_KEYS,
        /** The same with a gain for each head. */
        QUERIES_AND_KEYS_BY_HEAD,
        /** The queries of all heads are normalised together before they are turned, and so are the keys. */
        ALL_QUERIES_AND_ALL_KEYS,
        /** What attention and MLP compute is normalised before it is added to the residual stream. */
        OUTPUTS
    }

    /** Which parts a block has and how they are joined. */
    public record Wiring(
            NormKind norm,
            PositionEmbedding positions,
            BlockOrder order,
            MlpKind mlp,
            BranchInput input,
            Set<ExtraNorm> extraNorms) {
        /** The wiring of GPT-2: layer norms, learnt positions, attention and then an MLP of one branch. */
        public static final Wiring GPT2 = new Wiring(
                NormKind.LAYER_NORM,
                PositionEmbedding.LEARNT,
                BlockOrder.ATTENTION_THEN_MLP,
                MlpKind.ONE_BRANCH,
                Set.of());

        public Wiring {
            extraNorms = Set.copyOf(extraNorms);
        }

        /** A wiring with norms before attention and MLP. */
        public Wiring(
                NormKind norm, PositionEmbedding positions, BlockOrder order, MlpKind mlp, Set<ExtraNorm> extraNorms) {
            this(norm, positions, order, mlp, BranchInput.NORMALISED, extraNorms);
        }

        /** Whether a learnt position embedding is added to the token embedding. */
        public boolean absolutePositions() {
            return positions == PositionEmbedding.LEARNT;
        }

        /** Whether attention and MLP read the same residual stream, so that there is no resid_mid. */
        public boolean parallel() {
            return order == BlockOrder.PARALLEL;
        }

        /** Whether the activation of one branch of the MLP multiplies another. */
        public boolean gatedMlp() {
            return mlp == MlpKind.GATED;
        }

        /** Whether attention and MLP read norms of the residual stream. */
        public boolean inputNorms() {
            return input == BranchInput.NORMALISED;
        }

        /** Whether queries and keys are normalised before they are turned, in one way or another. */
        public boolean headNorms() {
            return extraNorms.contains(ExtraNorm.QUERIES_AND_KEYS)
                    || extraNorms.contains(ExtraNorm.QUERIES_AND_KEYS_BY_HEAD)
                    || extraNorms.contains(ExtraNorm.ALL_QUERIES_AND_ALL_KEYS);
        }

        /** Whether what attention and MLP compute is normalised before it is added to the residual stream. */
        public boolean outputNorms() {
            return extraNorms.contains(ExtraNorm.OUTPUTS);
        }
    }

    /**
     * A limit c is soft: x becomes c tanh(x / c).
     *
     * @param embedding factor on token embeddings, ghosts included
     * @param residual factor on what attention and MLP add to the residual stream
     * @param scoreCap limit on attention scores, after scaling and before masking
     * @param logitCap limit on logits
     */
    public record Scaling(double embedding, double residual, OptionalDouble scoreCap, OptionalDouble logitCap) {
        public static final Scaling NONE = new Scaling(1, 1, OptionalDouble.empty(), OptionalDouble.empty());

        /** Without a factor on what is added to the residual stream. */
        public Scaling(double embedding, OptionalDouble scoreCap, OptionalDouble logitCap) {
            this(embedding, 1, scoreCap, logitCap);
        }
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

    /**
     * The shape of one token's value at a hook point.
     *
     * @return empty if this model has no such layer or place, or the values there belong to pairs of tokens
     */
    public Optional<SiteShape> at(HookPoint point) {
        if (point.site().inBlock() && point.layer() >= nLayers) {
            return Optional.empty();
        }
        return switch (point.site()) {
            case ATTN_SCORES, PATTERN -> Optional.empty();
            case Q, Z -> Optional.of(new SiteShape(nHeads, dHead));
            case K, V -> Optional.of(new SiteShape(nKeyValueHeads, dHead));
            case LN1_SCALE, LN2_SCALE -> wiring.inputNorms() ? Optional.of(new SiteShape(1, 1)) : Optional.empty();
            case LN1_NORMALIZED, LN2_NORMALIZED ->
                wiring.inputNorms() ? Optional.of(new SiteShape(1, dModel)) : Optional.empty();
            case LN_FINAL_SCALE -> Optional.of(new SiteShape(1, 1));
            case MLP_PRE, MLP_POST -> Optional.of(new SiteShape(1, dMlp));
            case MLP_PRE_LINEAR -> wiring.gatedMlp() ? Optional.of(new SiteShape(1, dMlp)) : Optional.empty();
            case POS_EMBED -> wiring.absolutePositions() ? Optional.of(new SiteShape(1, dModel)) : Optional.empty();
            case RESID_MID -> wiring.parallel() ? Optional.empty() : Optional.of(new SiteShape(1, dModel));
            case EMBED,
                    RESID_PRE,
                    ATTN_MODULE_IN,
                    ATTN_MODULE_OUT,
                    ATTN_OUT,
                    MLP_MODULE_IN,
                    MLP_MODULE_OUT,
                    MLP_OUT,
                    RESID_POST,
                    LN_FINAL_NORMALIZED -> Optional.of(new SiteShape(1, dModel));
        };
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
