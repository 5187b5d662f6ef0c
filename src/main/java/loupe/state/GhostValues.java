package loupe.state;

import java.util.List;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.GhostSource;
import loupe.analysis.ghost.PcaSign;
import loupe.analysis.tokens.TokenListSettings;
import loupe.analysis.tokens.TokenMetric;
import loupe.lm.Tokenizer;

/**
 * What the ghost controls say, rounded to the steps of their sliders, so that equal positions make equal questions.
 *
 * @param encoderMix 1 is the encoder direction, 0 the decoder direction
 * @param scale in units of the embedding
 * @param centroid whether the centroid of the tokens is added
 * @param pc1 weight of the embedding's first principal component
 * @param exponent of the token list's ratio
 * @param prompt with {@code {ghost}} where the ghost stands
 * @param beginning whether the token for the beginning of text comes before the prompt
 * @param cutoff cumulative probability below which the tree shows no node
 * @param topK children of a node at most
 * @param depth of the tree at most
 */
public record GhostValues(double encoderMix, double scale, boolean centroid, double pc1, TokenMetric metric, double exponent,
        String prompt, Tokenizer.Beginning beginning, double cutoff, int topK, int depth) {
    /** The notebook's prompt. */
    public static final String PROMPT = "A typical definition of \"{ghost}\" would be \"";

    /** The ghost of a feature under these values. */
    public GhostSettings ghostOf(FeatureRef ref) {
        return new GhostSettings(new GhostSource.Feature(ref.sae(), ref.feature()), encoderMix, scale, centroid,
                pc1 == 0 ? List.of() : List.of(pc1), PcaSign.POSITIVE);
    }

    /** What the token list of a feature shows under these values. */
    public TokenListSettings listOf(FeatureRef ref, int top) {
        return new TokenListSettings(ghostOf(ref), metric, metric == TokenMetric.RATIO ? exponent : TokenListSettings.DEFAULT_EXPONENT, top);
    }
}
