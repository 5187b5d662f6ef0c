package loupe.analysis.ghost;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import loupe.analysis.DeviceArrays;
import loupe.analysis.Vectors;
import loupe.analysis.lens.LogitWeights;
import loupe.base.HookPoint;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.lm.Ghost;
import loupe.lm.Hook;
import loupe.lm.Input;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import org.jspecify.annotations.Nullable;

/**
 * A running {@link ScaleSweep}: first the measurements from the prompts alone, then all trees in turns, then the scales
 * beyond the ends, if the score does not turn before, and the middle of the plateau.
 */
final class ScaleSweepGrowth implements Query.Sweep<ScaleSweep.Answer> {
    /** Ratio of neighbouring scales beyond the given ones: eight steps go eight times as far. */
    private static final double WIDENED_BY = Math.pow(ScaleSweep.WIDEST, 1 / 8.0);

    private static final int WIDENED_AT_ONCE = 4;
    /** What rounding to four digits may change. */
    private static final double ROUNDING = 1e-2;

    private final ScaleSweep query;
    private final BatchedPasses runs = new BatchedPasses();
    private final BatchSize rows = new BatchSize();
    /** A ghost without the feature. */
    private final Point zero;
    /** The points measured so far, by rising scale. */
    private final List<Point> points = new ArrayList<>();

    private boolean refined;
    private boolean finished;

    /** One scale with its tree and measurements. */
    private static final class Point {
        final double scale;
        final TreeBatch.Planted tree;
        double selfSimilarity = Double.NaN;
        double logitAgreement = Double.NaN;

        Point(DefinitionTree question) {
            tree = new TreeBatch.Planted(question);
            scale = question.ghost().scale();
        }
    }

    ScaleSweepGrowth(ScaleSweep query) {
        this.query = query;
        zero = new Point(query.tree(0).withBaseline(TreeBaseline.NONE));
        query.scales().forEach(scale -> points.add(new Point(query.tree(scale))));
    }

    @Override
    public boolean step(Scope scope) {
        LanguageModel lm = scope.model(query.model());
        List<TreeBatch.Planted> trees = all().map(point -> point.tree).toList();
        List<TreeBatch.Planted> next = TreeBatch.next(trees);
        if (next.isEmpty()) {
            TreeBatch.grow(scope, lm, runs, rows, trees);
        } else {
            List<Point> now = all().filter(point -> next.contains(point.tree)).toList();
            double[][] readings = readings(scope, lm, now);
            TreeBatch.begin(scope, lm, runs, trees);
            for (int i = 0; i < readings.length; i++) {
                now.get(i).selfSimilarity = readings[i][0];
                now.get(i).logitAgreement = readings[i][1];
            }
        }
        if (all().noneMatch(point -> point.tree.hasWork())) {
            further().forEach(scale -> points.add(new Point(query.tree(scale))));
            points.sort(Comparator.comparingDouble(point -> point.scale));
        }
        finished = all().noneMatch(point -> point.tree.hasWork());
        return !finished;
    }

    private Stream<Point> all() {
        return Stream.concat(Stream.of(zero), points.stream());
    }

    /** Self-similarity and logit agreement of each point, from one pass over their prompts and that of scale 0. */
    private double[][] readings(Scope scope, LanguageModel lm, List<Point> now) {
        GhostBasis.Answer basis = scope.answer(new GhostBasis(query.model(), query.ghost()));
        int[] ids = query.prompt().ids().stream().mapToInt(Integer::intValue).toArray();
        query.prompt().ghostPositions().forEach(position -> ids[position] = 0);
        int[][] prompts = new int[now.size() + 1][];
        Arrays.fill(prompts, ids);
        List<Ghost> ghosts = new ArrayList<>();
        for (int row = 0; row < prompts.length; row++) {
            float[] vector = basis.vector(query.ghost().withScale(row == 0 ? 0 : now.get(row - 1).scale))
                    .ghost()
                    .data();
            for (int position : query.prompt().ghostPositions()) {
                ghosts.add(new Ghost(row, position, vector));
            }
        }
        Reading reading = new Reading(query.readAt());
        NDArray logits = lm.forward(
                        scope.arrays(),
                        Input.of(prompts).with(ghosts),
                        reading,
                        null,
                        Logits.LAST,
                        scope.cancellation())
                .reshape(prompts.length, -1);
        float[] decoder = Vectors.tensor(basis.decoder()).data();
        NDArray direction = scope.arrays().create(decoder, new Shape(1, decoder.length));
        NDArray weights = LogitWeights.weights(direction, lm.embeddings());
        NDArray changes = logits.get("1:").sub(logits.get("0:1"));
        double[] agreement = cosines(changes.sub(changes.mean(new int[] {1}, true)), weights.sub(weights.mean()));
        double[] similarity = new double[prompts.length];
        Arrays.fill(similarity, Double.NaN);
        if (reading.captured != null && reading.captured.length / prompts.length == decoder.length) {
            similarity = cosines(
                    scope.arrays().create(reading.captured, new Shape(prompts.length, decoder.length)), direction);
        }
        double[][] readings = new double[now.size()][];
        for (int i = 0; i < readings.length; i++) {
            readings[i] = new double[] {similarity[i + 1] - similarity[0], agreement[i]};
        }
        return readings;
    }

    /** The cosine of each row of (N, d) with a vector (1, d); NaN where one of them is zero. */
    private static double[] cosines(NDArray rows, NDArray vector) {
        double[] products = DeviceArrays.doubles(rows.mul(vector).sum(new int[] {1}));
        double[] squares = DeviceArrays.doubles(rows.square().sum(new int[] {1}));
        double own = DeviceArrays.doubles(vector.square().sum())[0];
        for (int i = 0; i < products.length; i++) {
            products[i] /= Math.sqrt(squares[i] * own);
        }
        return products;
    }

    /** Captures the value at one hook point after the last token of each row. */
    private static final class Reading implements Hook {
        private final Optional<HookPoint> where;
        private float @Nullable [] captured;

        Reading(Optional<HookPoint> where) {
            this.where = where;
        }

        @Override
        public boolean wants(HookPoint point) {
            return where.isPresent() && where.get().equals(point);
        }

        @Override
        public NDArray at(HookPoint point, NDArray value) {
            if (value.getShape().dimension() == 3) {
                captured = DeviceArrays.floats(value.get(":, -1"));
            }
            return value;
        }
    }

    /** The scales to try after all so far: beyond the ends while the plateau reaches them, then its middle, once. */
    private List<Double> further() {
        ScaleSweep.Plateau plateau = result().plateau();
        if (refined || plateau.best() < 0) {
            return List.of();
        }
        List<Double> further = new ArrayList<>();
        if (query.widens()) {
            double first = query.scales().get(0);
            double last = query.scales().get(query.scales().size() - 1);
            if (!plateau.endsBelow()) {
                further.addAll(beyond(points.get(0).scale, 1 / WIDENED_BY, first / ScaleSweep.WIDEST));
            }
            if (!plateau.endsAbove()) {
                further.addAll(beyond(points.get(points.size() - 1).scale, WIDENED_BY, last * ScaleSweep.WIDEST));
            }
        }
        if (further.isEmpty()) {
            refined = true;
            double middle = Math.sqrt(plateau.low() * plateau.high());
            further.addAll(ScaleSweep.grid(middle, middle, 1));
            further.removeIf(scale -> points.stream().anyMatch(point -> point.scale == scale));
        }
        return further;
    }

    /** A few scales from one end outwards, none beyond a limit. */
    private static List<Double> beyond(double end, double ratio, double limit) {
        List<Double> scales = new ArrayList<>();
        for (int i = 1; i <= WIDENED_AT_ONCE; i++) {
            double scale = ScaleSweep.grid(end * Math.pow(ratio, i), 1, 1).get(0);
            if (ratio > 1 ? scale <= limit * (1 + ROUNDING) : scale >= limit * (1 - ROUNDING)) {
                scales.add(scale);
            }
        }
        return scales;
    }

    @Override
    public ScaleSweep.Answer result() {
        List<Point> scored =
                points.stream().filter(point -> point.tree.hasBegun()).toList();
        double entropyAtZero = zero.tree.hasBegun() ? zero.tree.answer().meanEntropy() : Double.NaN;
        double[] scales = scored.stream().mapToDouble(point -> point.scale).toArray();
        double[][] values = new double[ScaleSweep.Curve.values().length][scored.size()];
        for (int i = 0; i < scored.size(); i++) {
            Point point = scored.get(i);
            DefinitionTree.Answer tree = point.tree.answer();
            double entropy = tree.meanEntropy();
            set(
                    values,
                    ScaleSweep.Curve.SCORE,
                    i,
                    tree.divergence() - query.entropyWeight() * (entropy - entropyAtZero));
            set(values, ScaleSweep.Curve.DIVERGENCE, i, tree.divergence());
            set(values, ScaleSweep.Curve.FIRST_TOKEN_ENTROPY, i, tree.entropy(0));
            set(values, ScaleSweep.Curve.ENTROPY, i, entropy);
            set(values, ScaleSweep.Curve.SELF_SIMILARITY, i, point.selfSimilarity);
            set(values, ScaleSweep.Curve.LOGIT_AGREEMENT, i, point.logitAgreement);
        }
        return new ScaleSweep.Answer(query, scales, values, entropyAtZero, finished);
    }

    @SuppressWarnings("EnumOrdinal") // as ScaleSweep.Answer reads it
    private static void set(double[][] values, ScaleSweep.Curve curve, int index, double value) {
        values[curve.ordinal()][index] = value;
    }

    @Override
    public double fraction() {
        double grown = points.stream()
                .mapToDouble(point -> !point.tree.hasWork()
                        ? 1
                        : Math.min(0.9, (point.tree.size() - 1.0) / (query.topK() * query.nodes())))
                .sum();
        return finished ? 1 : Math.min(0.99, grown / (points.size() + (refined ? 0 : 1)));
    }
}
