package loupe.state.ghost;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import loupe.analysis.ghost.GhostPrompt;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.GhostSource;
import loupe.analysis.ghost.PcaSign;
import loupe.analysis.ghost.TreeLimits;
import loupe.analysis.tokens.TokenFilter;
import loupe.analysis.tokens.TokenListSettings;
import loupe.analysis.tokens.TokenMetric;
import loupe.inference.OpenModel;
import loupe.lm.tokenizer.Tokenizer;
import loupe.state.window.FeatureRef;

/**
 * The values of the ghost controls, rounded to the steps of their sliders, so that equal positions make equal
 * questions.
 *
 * @param byKnob a value for each of {@link GhostKnobs#ALL}
 */
public record GhostValues(Map<Knob<?, ?>, Object> byKnob) {
    public GhostValues {
        byKnob = Map.copyOf(byKnob);
        if (byKnob.size() != GhostKnobs.ALL.size() || !byKnob.keySet().containsAll(GhostKnobs.ALL)) {
            throw new IllegalArgumentException("values of " + byKnob.keySet() + ", expected " + GhostKnobs.ALL);
        }
    }

    /** The value of a knob. */
    @SuppressWarnings("unchecked") // a knob's value is put under it by GhostControlsModel, which has it from the knob
    public <T> T of(Knob<T, ?> knob) {
        return (T) Objects.requireNonNull(byKnob.get(knob));
    }

    /** 1 is the encoder direction, 0 the decoder direction. */
    public double encoderMix() {
        return of(GhostKnobs.ENCODER_MIX).doubleValue();
    }

    /** The scaling factor, in units of the embedding. */
    public double scale() {
        return of(GhostKnobs.SCALE).doubleValue();
    }

    /** Whether the centroid of the tokens is added. */
    public boolean centroid() {
        return of(GhostKnobs.CENTROID);
    }

    /** Weights of the embedding's first principal components, as many as the controls offer, zeros included. */
    public List<Double> pca() {
        return of(GhostKnobs.PCA);
    }

    /** How the token list measures nearness. */
    public TokenMetric metric() {
        return of(GhostKnobs.METRIC);
    }

    /** The exponent m of the token list's ratio metric. */
    public double exponent() {
        return of(GhostKnobs.EXPONENT).doubleValue();
    }

    /** The prompt of the tree, with {@code {ghost}} where the ghost stands. */
    public String prompt() {
        return of(GhostKnobs.PROMPT);
    }

    /** Whether the token for the beginning of text comes before the prompt. */
    public Tokenizer.Beginning beginning() {
        return of(GhostKnobs.BEGINNING);
    }

    /** The prompt in token ids, which replaces the text. */
    public Optional<GhostPrompt> promptIds() {
        return of(GhostKnobs.PROMPT_IDS);
    }

    /** The verbaliser, whose prompt and norm replace prompt, scale and centroid of trees. */
    public Optional<ChosenVerbaliser> verbaliser() {
        return of(GhostKnobs.VERBALISER);
    }

    /** The text of the prompt in force; empty if it is given in token ids. */
    public Optional<String> promptText() {
        return verbaliser()
                .map(chosen -> chosen.verbaliser().prompt())
                .or(() -> promptIds().isPresent() ? Optional.empty() : Optional.of(prompt()));
    }

    /** A token whose logit is removed while trees grow. */
    public Optional<Integer> maskId() {
        return of(GhostKnobs.MASK_ID);
    }

    /** How many random directions a tree's divergence from its baseline is compared with. */
    public int nullDraws() {
        return of(GhostKnobs.NULL_DRAWS).intValue();
    }

    /** Cumulative probability below which the tree shows no node. */
    public double cutoff() {
        return of(GhostKnobs.CUTOFF).doubleValue();
    }

    /** Children of a node at most. */
    public int topK() {
        return of(GhostKnobs.TOP_K).intValue();
    }

    /** The largest depth of the tree, in tokens. */
    public int depth() {
        return of(GhostKnobs.DEPTH).intValue();
    }

    /**
     * How far trees grow in a model.
     *
     * @param nodes most nodes of a tree
     */
    public TreeLimits limits(OpenModel model, int nodes) {
        return new TreeLimits(
                cutoff(),
                topK(),
                depth(),
                OptionalInt.of(nodes),
                maskId().map(OptionalInt::of).orElseGet(OptionalInt::empty),
                of(GhostKnobs.PAST_END) ? Set.of() : model.ends());
    }

    /** Which tokens the token list may contain. */
    public TokenFilter filter() {
        return of(GhostKnobs.FILTER);
    }

    /**
     * Log ratio to the baseline, in nats, below which branches of the tree are folded; negative infinity folds none.
     */
    public double foldUnder() {
        double under = of(GhostKnobs.FOLD_UNDER).doubleValue();
        return under <= GhostKnobs.FOLDS_NOTHING ? Double.NEGATIVE_INFINITY : under;
    }

    /** The steering of the residual stream while the tree grows. */
    public SteeringValues steering() {
        return of(GhostKnobs.STEERING);
    }

    /** The ghost of a feature under these values. */
    public GhostSettings ghostOf(FeatureRef ref) {
        return new GhostSettings(
                new GhostSource.Feature(ref.sae(), ref.feature()),
                encoderMix(),
                scale(),
                centroid(),
                pca(),
                PcaSign.POSITIVE);
    }

    /** Whether the feature steers without its ghost in the prompt. */
    public boolean steersAlone() {
        return steering().isOn() && !steering().ghost();
    }

    /**
     * The ghost whose scale is swept, in the prompt in force: a verbaliser's stands away from the origin, not from the
     * centroid.
     */
    GhostSettings sweptGhostOf(FeatureRef ref) {
        GhostSettings ghost = ghostOf(ref);
        return verbaliser().isPresent() ? ghost.withCentroid(false) : ghost;
    }

    /**
     * The ghost in the prompt of a feature's tree, but for a verbaliser's norm: the feature's own, or the centroid if
     * the feature is to steer alone.
     */
    public GhostSettings treeGhostOf(FeatureRef ref) {
        GhostSettings ghost = ghostOf(ref);
        return steersAlone() ? ghost.withScale(0).withCentroid(true).withPca(PcaSign.POSITIVE) : ghost;
    }

    /** The settings of a feature's token list under these values, without a filter. */
    public TokenListSettings listOf(FeatureRef ref, int top) {
        return new TokenListSettings(
                ghostOf(ref),
                metric(),
                metric() == TokenMetric.RATIO ? exponent() : TokenListSettings.DEFAULT_EXPONENT,
                top);
    }
}
