package loupe.analysis.ghost;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.Query;

/**
 * How a ghost's scale changes its definition: small definition trees at many scales, grown together, and measurements
 * on them. Proposes the scale with the largest score.
 *
 * <p>The score of scale s is S(s) = D(s) - w (H(s) - H(0)) in nats: D is the tree's divergence from its baseline at the
 * same scale ({@link DefinitionTree.Answer#divergence}); H is the entropy of the next token, the mean over the tree's
 * nodes weighted by their probability. At scale 0 the score is 0. After the coarse scales one more is tried, where the
 * parabola through the best three has its vertex in log s. Self-similarity and its use for finding a scale come from
 * Kharlapenko et al. 2024 (Self-explaining SAE features); the score is this workbench's own
 * ({@code src/site/markdown/methods.md}, section 5).
 *
 * @param ghost everything but the scale, which is not used; no finished ghost
 * @param scales rising, positive
 * @param nodes of each tree, besides the root
 * @param topK children of a node at most
 * @param entropyWeight w
 * @param readAt where the feature is read back; empty for no self-similarity
 */
public record ScaleSweep(
        ModelId model,
        GhostSettings ghost,
        GhostPrompt prompt,
        List<Double> scales,
        int nodes,
        int topK,
        TreeBaseline baseline,
        double entropyWeight,
        Optional<HookPoint> readAt)
        implements Query.Stepped<ScaleSweep.Answer> {
    public static final int DEFAULT_NODES = 20;
    public static final int DEFAULT_COUNT = 24;
    public static final double DEFAULT_ENTROPY_WEIGHT = 1;
    public static final TreeBaseline DEFAULT_BASELINE = TreeBaseline.random(4);
    /** Scales with a score of at least this share of the best are as good. */
    public static final double PLATEAU = 0.95;

    private static final double SMALLEST_IN_NATURALS = 1 / 8.0;
    private static final double LARGEST_IN_NATURALS = 4;

    public ScaleSweep {
        ghost = ghost.withScale(1);
        scales = List.copyOf(scales);
        if (ghost.source() instanceof GhostSource.Finished) {
            throw new IllegalArgumentException("a finished ghost has no scale");
        }
        if (scales.isEmpty() || !(scales.get(0) > 0) || !rises(scales)) {
            throw new IllegalArgumentException("scales are " + scales + ", must be positive and rise");
        }
        if (baseline.kind() == TreeBaseline.Kind.NONE) {
            throw new IllegalArgumentException("baseline is none, but a sweep measures how far trees are from one");
        }
        if (nodes < 1 || topK < 1 || !Double.isFinite(entropyWeight)) {
            throw new IllegalArgumentException("nodes are " + nodes + ", topK is " + topK + " and entropyWeight "
                    + entropyWeight + ", must be at least 1, 1 and finite");
        }
    }

    /** Between an eighth and four times the mean distance of a token from the centroid, evenly in the logarithm. */
    public static List<Double> grid(double natural, int count) {
        return grid(natural * SMALLEST_IN_NATURALS, natural * LARGEST_IN_NATURALS, count);
    }

    /** Scales from one to another, evenly spaced in the logarithm, rounded to four digits. */
    public static List<Double> grid(double from, double to, int count) {
        List<Double> scales = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double scale = count == 1 ? from : from * Math.pow(to / from, i / (count - 1.0));
            scales.add(new java.math.BigDecimal(scale)
                    .round(new java.math.MathContext(4))
                    .doubleValue());
        }
        return scales;
    }

    private static boolean rises(List<Double> scales) {
        for (int i = 1; i < scales.size(); i++) {
            if (!(scales.get(i) > scales.get(i - 1))) {
                return false;
            }
        }
        return Double.isFinite(scales.get(scales.size() - 1));
    }

    /** The tree whose divergence the sweep has at a scale. */
    DefinitionTree tree(double scale) {
        TreeLimits limits = TreeLimits.DEFAULT.withCutoff(0).withTopK(topK).withMaxNodes(nodes);
        return new DefinitionTree(model, ghost.withScale(scale), prompt, limits).withBaseline(baseline);
    }

    @Override
    public Query.Sweep<Answer> begin() {
        return new ScaleSweepGrowth(this);
    }

    @Override
    public long bytes(Answer answer) {
        return 16L * (Curve.values().length + 1) * answer.scales().length;
    }

    /** The curves of a sweep, each with one value per scale. */
    public enum Curve {
        /** The score defined at {@link ScaleSweep}; the proposed scale is where it is largest. */
        SCORE("score"),
        /** D: the tree's divergence from its baseline, in nats. */
        DIVERGENCE("divergence"),
        /** Entropy of the first token of a definition, in nats. */
        FIRST_TOKEN_ENTROPY("first_token_entropy"),
        /** H: of the next token, the mean over the tree, in nats. */
        ENTROPY("entropy"),
        /**
         * Cosine of the residual stream at the feature's own hook point, after the prompt, with the decoder direction,
         * less that of scale 0.
         */
        SELF_SIMILARITY("self_similarity"),
        /**
         * Correlation over the vocabulary of how the ghost changes the first token's logits, as against scale 0, with
         * the logit weights.
         */
        LOGIT_AGREEMENT("logit_agreement");

        private final String label;

        Curve(String label) {
            this.label = label;
        }

        /** The name that commands and files use. */
        public String label() {
            return label;
        }
    }

    /**
     * The curves so far. The arrays are not to be written.
     *
     * @param scales rising; with the refined one among them when it has been tried
     * @param values per curve, in the order of {@link Curve}, one value per scale; NaN where it is not known or means
     *     nothing
     * @param entropyAtZero H(0): what the tree of a ghost without the feature has; NaN while it is not known
     * @param complete whether every tree has all its nodes
     */
    public record Answer(ScaleSweep query, double[] scales, double[][] values, double entropyAtZero, boolean complete) {
        @SuppressWarnings("EnumOrdinal") // values are in the order of Curve
        public double[] curve(Curve curve) {
            return values[curve.ordinal()];
        }

        /** The proposal; empty while no score is known. */
        public Optional<Best> best() {
            double[] score = curve(Curve.SCORE);
            int best = -1;
            for (int i = 0; i < score.length; i++) {
                if (!Double.isNaN(score[i]) && (best < 0 || score[i] > score[best])) {
                    best = i;
                }
            }
            return best < 0
                    ? Optional.empty()
                    : Optional.of(new Best(scales[best], end(best, -1), end(best, 1), score[best], why(best)));
        }

        /**
         * Where the score falls below the plateau, going from the best scale in one direction; between two scales,
         * linear in log s.
         */
        private double end(int best, int direction) {
            double[] score = curve(Curve.SCORE);
            double least = score[best] - (1 - PLATEAU) * Math.abs(score[best]);
            int at = best;
            while (at + direction >= 0 && at + direction < scales.length) {
                double next = score[at + direction];
                if (Double.isNaN(next)) {
                    break;
                }
                if (next < least) {
                    double share = (score[at] - least) / (score[at] - next);
                    return Math.exp(
                            Math.log(scales[at]) + share * (Math.log(scales[at + direction]) - Math.log(scales[at])));
                }
                at += direction;
            }
            return scales[at];
        }

        private String why(int best) {
            String end = best == 0
                    ? "; it is still rising where the sweep begins, so smaller scales may do better"
                    : best == scales.length - 1
                            ? "; it is still rising where the sweep ends, so larger scales may do better"
                            : "";
            return String.format(
                    java.util.Locale.ROOT,
                    "the score, %.3g nats of divergence from the baseline less %.3g x %.3g nats of entropy more than "
                            + "at scale 0, is largest here%s",
                    curve(Curve.DIVERGENCE)[best],
                    query.entropyWeight,
                    curve(Curve.ENTROPY)[best] - entropyAtZero,
                    end);
        }
    }

    /**
     * The proposed scale.
     *
     * @param low smallest scale of the plateau around it, where the score is at least 95 % of the best
     * @param high largest
     * @param score at the proposed scale, in nats
     * @param why in words
     */
    public record Best(double scale, double low, double high, double score, String why) {}
}
