package loupe.analysis.ghost;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import loupe.base.HookPoint;
import loupe.base.NumberRange;
import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.Query;

/**
 * How a ghost's scale changes its definition: small definition trees at many scales, grown together, and measurements
 * on them. Proposes the middle of the plateau: of the scales whose score is nearly the largest.
 *
 * <p>The score of scale s is S(s) = D(s) - w (H(s) - H(0)) in nats: D is the tree's divergence from its baseline at the
 * same scale ({@link DefinitionTree.Answer#divergence}); H is the entropy of the next token, the mean over the tree's
 * nodes weighted by their probability. At scale 0 the score is 0. A flat curve has its largest value anywhere, so the
 * proposal is the middle, in log s, of the plateau around it, which is tried too. A sweep that widens tries scales
 * beyond the given ones until the plateau ends on both sides, or {@value #WIDEST} times as far. Self-similarity and its
 * use for finding a scale come from Kharlapenko et al. 2024 (Self-explaining SAE features); the score is this
 * workbench's own ({@code src/site/markdown/methods.md}, section 5).
 *
 * @param ghost everything but the scale, which is not used; no finished ghost
 * @param scales rising, positive
 * @param widens whether scales beyond the given ones are tried while the score there is as good as the best
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
        boolean widens,
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
    /** How far beyond the given scales a sweep that widens goes, as a ratio. */
    public static final int WIDEST = 8;

    /** Digits of scales. */
    private static final MathContext DIGITS = new MathContext(4);

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

    /** A sweep of the usual scales around the natural one, which widens until the score turns. */
    public static ScaleSweep around(
            double natural,
            ModelId model,
            GhostSettings ghost,
            GhostPrompt prompt,
            int topK,
            Optional<HookPoint> readAt) {
        return new ScaleSweep(
                model,
                ghost,
                prompt,
                grid(natural, DEFAULT_COUNT),
                true,
                DEFAULT_NODES,
                topK,
                DEFAULT_BASELINE,
                DEFAULT_ENTROPY_WEIGHT,
                readAt);
    }

    /**
     * Between an eighth and four times the mean distance of a token from the centroid, evenly in the logarithm.
     *
     * @throws Refusal if all tokens are at the centroid
     */
    public static List<Double> grid(double natural, int count) {
        if (!(natural > 0 && natural <= NumberRange.LARGEST)) {
            throw new Refusal(
                    "The mean distance of a token from the centroid is " + natural,
                    "a number above 0, at most 1E15, around which to try scales",
                    "Choose a model whose token embeddings differ");
        }
        return grid(natural * SMALLEST_IN_NATURALS, natural * LARGEST_IN_NATURALS, count);
    }

    /** Scales from one to another, evenly spaced in the logarithm, rounded to four digits. */
    public static List<Double> grid(double from, double to, int count) {
        List<Double> scales = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double scale = count == 1 ? from : from * Math.pow(to / from, i / (count - 1.0));
            scales.add(new BigDecimal(scale).round(DIGITS).doubleValue());
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

    /** The same of another mix of the encoder and the decoder direction. */
    ScaleSweep withEncoderMix(double mix) {
        return new ScaleSweep(
                model, ghost.withEncoderMix(mix), prompt, scales, widens, nodes, topK, baseline, entropyWeight, readAt);
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
            Plateau plateau = plateau();
            if (plateau.best < 0) {
                return Optional.empty();
            }
            double low = plateau.low();
            double high = plateau.high();
            int middle = plateau.best;
            for (int i = plateau.first; i <= plateau.last; i++) {
                middle = fromMiddle(i, low, high) < fromMiddle(middle, low, high) ? i : middle;
            }
            double[] score = curve(Curve.SCORE);
            return Optional.of(new Best(
                    scales[middle],
                    low,
                    high,
                    score[middle],
                    scales[plateau.best],
                    plateau.endsBelow(),
                    plateau.endsAbove(),
                    why(middle, plateau)));
        }

        /** Distance of a scale from the middle of two others, in log s. */
        private double fromMiddle(int i, double low, double high) {
            return Math.abs(Math.log(scales[i]) - (Math.log(low) + Math.log(high)) / 2);
        }

        Plateau plateau() {
            double[] score = curve(Curve.SCORE);
            int best = -1;
            for (int i = 0; i < score.length; i++) {
                if (!Double.isNaN(score[i]) && (best < 0 || score[i] > score[best])) {
                    best = i;
                }
            }
            int first = best;
            int last = best;
            double least = best < 0 ? 0 : score[best] - (1 - PLATEAU) * Math.abs(score[best]);
            while (first > 0 && score[first - 1] >= least) {
                first--;
            }
            while (best >= 0 && last + 1 < score.length && score[last + 1] >= least) {
                last++;
            }
            return new Plateau(scales, score, best, least, first, last);
        }

        private String why(int middle, Plateau plateau) {
            String place = plateau.first == plateau.last
                    ? "is largest here"
                    : say(
                            "is within 5 %% of its largest, %.3g at %s, from %s to %s, of which this is the middle",
                            curve(Curve.SCORE)[plateau.best],
                            digits(scales[plateau.best]),
                            digits(plateau.low()),
                            digits(plateau.high()));
            String end = (plateau.endsBelow()
                            ? ""
                            : say(
                                    "; it does not fall towards the smallest scale tried, %s, so smaller ones may do "
                                            + "as well",
                                    digits(scales[0])))
                    + (plateau.endsAbove()
                            ? ""
                            : say(
                                    "; it does not turn up to the largest scale tried, %s, so larger ones may do as "
                                            + "well",
                                    digits(scales[scales.length - 1])));
            return say(
                    "the score, %.3g nats of divergence from the baseline less %.3g x %.3g nats of entropy more than "
                            + "at scale 0, %s%s",
                    curve(Curve.DIVERGENCE)[middle],
                    query.entropyWeight,
                    curve(Curve.ENTROPY)[middle] - entropyAtZero,
                    place,
                    end);
        }

        private static String digits(double scale) {
            return new BigDecimal(scale).round(DIGITS).stripTrailingZeros().toPlainString();
        }

        private static String say(String format, Object... values) {
            return String.format(Locale.ROOT, format, values);
        }
    }

    /**
     * The scales around the best one whose scores are nearly as good, without a gap.
     *
     * @param best index of the largest score; negative while no score is known
     * @param least score that counts as nearly as good
     * @param first index of the smallest scale of the plateau
     * @param last index of the largest
     */
    @SuppressWarnings("ArrayRecordComponent") // lives only while a proposal is made
    record Plateau(double[] scales, double[] score, int best, double least, int first, int last) {
        /** Whether a smaller scale was tried and is worse. */
        boolean endsBelow() {
            return first > 0 && !Double.isNaN(score[first - 1]);
        }

        /** Whether a larger scale was tried and is worse. */
        boolean endsAbove() {
            return last + 1 < score.length && !Double.isNaN(score[last + 1]);
        }

        double low() {
            return endsBelow() ? crossing(first, first - 1) : scales[first];
        }

        double high() {
            return endsAbove() ? crossing(last, last + 1) : scales[last];
        }

        /** Where the score becomes too low between a scale of the plateau and one beside it; linear in log s. */
        private double crossing(int inside, int outside) {
            double share = (score[inside] - least) / (score[inside] - score[outside]);
            return Math.exp(Math.log(scales[inside]) + share * (Math.log(scales[outside]) - Math.log(scales[inside])));
        }
    }

    /**
     * The proposed scale.
     *
     * @param scale the measured scale nearest to the middle of the plateau, in log s
     * @param low smallest scale of the plateau, where the score is at least 95 % of the largest
     * @param high largest
     * @param score at the proposed scale, in nats
     * @param largestAt the scale with the largest score
     * @param endsBelow whether the score falls below the plateau at a smaller scale that was tried
     * @param endsAbove whether it does at a larger one; if not, the score does not turn as far as was tried
     * @param why in words
     */
    public record Best(
            double scale,
            double low,
            double high,
            double score,
            double largestAt,
            boolean endsBelow,
            boolean endsAbove,
            String why) {
        /** Whether the score is worse on both sides of the plateau. */
        public boolean turns() {
            return endsBelow && endsAbove;
        }
    }
}
