package loupe.lm;

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
 */
public record ModelConfig(String family, int vocabularySize, int context, int dModel, int nLayers, int nHeads,
        int nKeyValueHeads, int dHead, int dMlp, double normEpsilon, MlpActivation activation, List<Double> scoreScale) {
    /** Non-linearities of MLPs, by Hugging Face's names. */
    public enum MlpActivation { GELU, GELU_NEW, SILU, RELU }
}
