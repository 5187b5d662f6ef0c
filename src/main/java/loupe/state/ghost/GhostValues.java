package loupe.state.ghost;

import java.util.List;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.GhostSource;
import loupe.analysis.ghost.PcaSign;
import loupe.analysis.tokens.TokenFilter;
import loupe.analysis.tokens.TokenListSettings;
import loupe.analysis.tokens.TokenMetric;
import loupe.lm.tokenizer.Tokenizer;
import loupe.state.window.FeatureRef;

/**
 * What the ghost controls say, rounded to the steps of their sliders, so that equal positions make equal questions.
 *
 * @param encoderMix 1 is the encoder direction, 0 the decoder direction
 * @param scale in units of the embedding
 * @param centroid whether the centroid of the tokens is added
 * @param pca weights of the embedding's first principal components, as many as the controls offer, zeros included
 * @param exponent of the token list's ratio
 * @param prompt with {@code {ghost}} where the ghost stands
 * @param beginning whether the token for the beginning of text comes before the prompt
 * @param cutoff cumulative probability below which the tree shows no node
 * @param topK children of a node at most
 * @param depth of the tree at most
 * @param filter which tokens the token list may have
 * @param foldUnder log ratio to the baseline, in nats, below which branches of the tree are folded; negative infinity
 *     folds none
 * @param steering what is added to the residual stream while the tree grows
 */
public record GhostValues(
        double encoderMix,
        double scale,
        boolean centroid,
        List<Double> pca,
        TokenMetric metric,
        double exponent,
        String prompt,
        Tokenizer.Beginning beginning,
        double cutoff,
        int topK,
        int depth,
        TokenFilter filter,
        double foldUnder,
        SteeringValues steering) {
    /** The notebook's prompt. */
    public static final String PROMPT = "A typical definition of \"{ghost}\" would be \"";

    public GhostValues {
        pca = List.copyOf(pca);
    }

    /** The ghost of a feature under these values. */
    public GhostSettings ghostOf(FeatureRef ref) {
        return new GhostSettings(
                new GhostSource.Feature(ref.sae(), ref.feature()), encoderMix, scale, centroid, pca, PcaSign.POSITIVE);
    }

    /**
     * What stands in the prompt of a feature's tree: its ghost, or the centroid where the feature is to steer alone.
     */
    public GhostSettings treeGhostOf(FeatureRef ref) {
        GhostSettings ghost = ghostOf(ref);
        return steering.isOn() && !steering.ghost()
                ? ghost.withScale(0).withCentroid(true).withPca(PcaSign.POSITIVE)
                : ghost;
    }

    /** What the token list of a feature shows under these values, of all tokens. */
    public TokenListSettings listOf(FeatureRef ref, int top) {
        return new TokenListSettings(
                ghostOf(ref), metric, metric == TokenMetric.RATIO ? exponent : TokenListSettings.DEFAULT_EXPONENT, top);
    }
}
