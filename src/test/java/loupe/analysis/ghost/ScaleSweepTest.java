package loupe.analysis.ghost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import loupe.TinyModel;
import loupe.analysis.DeviceArrays;
import loupe.analysis.TestDevice;
import loupe.analysis.Vectors;
import loupe.analysis.ghost.ScaleSweep.Curve;
import loupe.base.Cancellation;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.lm.Ghost;
import loupe.lm.Hook;
import loupe.lm.Input;
import loupe.lm.Logits;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ScaleSweepTest {
    private static final int D = 8;
    private static final ModelConfig CONFIG = ModelConfig.gpt2(40, 32, D, 2, 2);
    private static final Map<String, HostTensor> WEIGHTS = TinyModel.weights(CONFIG, 7);
    private static final GhostPrompt PROMPT = GhostPrompt.between(List.of(List.of(5, 12, 20), List.of(34, 7)));
    private static final List<Double> SCALES = List.of(0.5, 1.0, 2.0, 4.0);

    private TestDevice device;

    @BeforeEach
    void open() {
        device = new TestDevice();
    }

    @AfterEach
    void close() {
        device.close();
    }

    private static HostTensor gaussian(int rows, int columns, long seed) {
        Random random = new Random(seed);
        float[] data = new float[rows * columns];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) random.nextGaussian();
        }
        return new HostTensor(data, rows, columns);
    }

    private ScaleSweep tiny(TreeBaseline baseline) {
        ModelId model = device.model("tiny", CONFIG, WEIGHTS);
        SaeId sae = device.sae("sae", gaussian(D, 16, 1), gaussian(16, D, 2));
        return new ScaleSweep(
                model,
                GhostSettings.decoder(sae, 3),
                PROMPT,
                SCALES,
                false,
                12,
                3,
                baseline,
                1,
                Optional.of(HookPoint.residPre(1)));
    }

    @Test
    void theTreesGrownTogetherDivergeAsEachDoesAlone() {
        ScaleSweep sweep = tiny(TreeBaseline.random(2));
        ScaleSweep.Answer answer = device.ask(sweep);
        assertThat(answer.complete()).isTrue();
        double zero = device.ask(sweep.tree(0)).meanEntropy();
        assertThat(answer.entropyAtZero()).isCloseTo(zero, within(1e-5));
        for (int i = 0; i < answer.scales().length; i++) {
            DefinitionTree.Answer tree = device.ask(sweep.tree(answer.scales()[i]));
            assertThat(tree.size()).isEqualTo(13);
            assertThat(answer.curve(Curve.DIVERGENCE)[i]).isCloseTo(tree.divergence(), within(1e-4));
            assertThat(answer.curve(Curve.ENTROPY)[i]).isCloseTo(tree.meanEntropy(), within(1e-4));
            assertThat(answer.curve(Curve.FIRST_TOKEN_ENTROPY)[i]).isCloseTo(tree.entropy(0), within(1e-5));
            assertThat(answer.curve(Curve.SCORE)[i])
                    .isCloseTo(tree.divergence() - tree.meanEntropy() + zero, within(1e-4));
        }
    }

    @Test
    void severalMixesAreSweptAsEachIsAlone() {
        ScaleSweep sweep = tiny(TreeBaseline.CENTROID);
        MixSweep.Answer answer = device.ask(new MixSweep(sweep, List.of(0.0, 0.5)));
        assertThat(answer.sweeps()).hasSize(2);
        assertThat(answer.sweeps().get(0).curve(Curve.SCORE))
                .containsExactly(device.ask(sweep).curve(Curve.SCORE), within(1e-6));
        ScaleSweep.Answer half = device.ask(sweep.withEncoderMix(0.5));
        assertThat(answer.sweeps().get(1).curve(Curve.SCORE)).containsExactly(half.curve(Curve.SCORE), within(1e-6));
        double best = answer.sweeps().stream()
                .mapToDouble(each -> each.best().orElseThrow().score())
                .max()
                .orElseThrow();
        assertThat(answer.best().best().orElseThrow().score()).isEqualTo(best);
    }

    @Test
    void theFeatureIsReadBackAfterThePromptAndComparedWithItsLogitWeights() {
        ScaleSweep sweep = tiny(TreeBaseline.CENTROID);
        ScaleSweep.Answer answer = device.ask(sweep);
        double[] decoder =
                Vectors.unit(Vectors.doubles(new HostTensor(gaussian(16, D, 2).row(3), D)));
        HostTensor unembedding = WEIGHTS.get("transformer.wte.weight");
        float[] gain = WEIGHTS.get("transformer.ln_f.weight").data();
        double[] logitWeights = new double[40];
        for (int t = 0; t < 40; t++) {
            for (int i = 0; i < D; i++) {
                logitWeights[t] += decoder[i] * gain[i] * unembedding.get(t, i);
            }
        }
        double[][] none = run(sweep, 0);
        for (int i = 0; i < answer.scales().length; i++) {
            double[][] here = run(sweep, answer.scales()[i]);
            double[] change = new double[40];
            for (int t = 0; t < 40; t++) {
                change[t] = here[1][t] - none[1][t];
            }
            double similarity = cosine(here[0], decoder) - cosine(none[0], decoder);
            assertThat(answer.curve(Curve.SELF_SIMILARITY)[i]).isCloseTo(similarity, within(1e-5));
            assertThat(answer.curve(Curve.LOGIT_AGREEMENT)[i])
                    .isCloseTo(cosine(centred(change), centred(logitWeights)), within(1e-4));
        }
    }

    /** The residual stream entering layer 1 and the logits, both after the whole prompt. */
    private double[][] run(ScaleSweep sweep, double scale) {
        GhostSettings ghost = sweep.ghost().withScale(scale);
        float[] vector = device.ask(new GhostBasis(sweep.model(), ghost))
                .vector(ghost)
                .ghost()
                .data();
        Input input = Input.of(5, 12, 20, 0, 34, 7).with(new Ghost(0, 3, vector));
        Query.Single<double[][]> query = scope -> {
            double[][] seen = new double[2][];
            Hook hook = new Hook() {
                @Override
                public boolean wants(HookPoint point) {
                    return point.equals(HookPoint.residPre(1));
                }

                @Override
                public ai.djl.ndarray.NDArray at(HookPoint point, ai.djl.ndarray.NDArray value) {
                    double[] all = DeviceArrays.doubles(value);
                    seen[0] = Arrays.copyOfRange(all, 5 * D, 6 * D);
                    return value;
                }
            };
            seen[1] = DeviceArrays.doubles(scope.model(sweep.model())
                    .forward(scope.arrays(), input, hook, null, Logits.LAST, new Cancellation()));
            return seen;
        };
        return device.ask(query);
    }

    private static double cosine(double[] a, double[] b) {
        return Vectors.dot(a, b) / Vectors.norm(a) / Vectors.norm(b);
    }

    private static double[] centred(double[] values) {
        double mean = Arrays.stream(values).average().orElseThrow();
        return Arrays.stream(values).map(value -> value - mean).toArray();
    }

    @Test
    void everyPartOfTheAnswerSaysWhatIsKnownSoFar() {
        Query.Sweep<ScaleSweep.Answer> sweep = tiny(TreeBaseline.random(4)).begin();
        int parts = 0;
        while (device.step(sweep, new Cancellation())) {
            ScaleSweep.Answer part = sweep.result();
            assertThat(part.complete()).isFalse();
            assertThat(part.scales()).isSorted();
            assertThat(Arrays.stream(part.curve(Curve.DIVERGENCE)).boxed())
                    .hasSize(part.scales().length)
                    .allMatch(value -> value > 0);
            assertThat(sweep.fraction()).isBetween(0.0, 0.999);
            parts++;
        }
        assertThat(parts).isGreaterThan(2);
        assertThat(sweep.fraction()).isEqualTo(1);
    }

    /**
     * A model without layers at work, so that the logits after the ghost are its direction times the embedding. In the
     * plane of centroid and feature one strong token lies 60 degrees from the centroid, a crowd on the centroid's other
     * side and another in the feature's own direction, where only much larger scales point: the best scale is on the
     * strong token's side of the centroid and before the crowd joins in. Where, the formulas say.
     */
    @Test
    void aPlantedBestScaleIsFound() {
        Planted planted = new Planted();
        ModelId model = device.model("planted", Planted.CONFIG, planted.weights());
        SaeId sae = device.sae("feature", planted.feature(), transposed(planted.feature()));
        GhostPrompt prompt = GhostPrompt.between(List.of(List.of(3), List.of()));
        ScaleSweep sweep = new ScaleSweep(
                model,
                GhostSettings.decoder(sae, 0),
                prompt,
                ScaleSweep.grid(0.1, 20, 16),
                false,
                1,
                1,
                TreeBaseline.CENTROID,
                1,
                Optional.empty());
        ScaleSweep.Answer answer = device.ask(sweep);
        ScaleSweep.Best best = answer.best().orElseThrow();

        double known = 0;
        for (double scale = 0.1; scale < 20; scale *= 1.001) {
            known = known == 0 || planted.score(scale) > planted.score(known) ? scale : known;
        }
        assertThat(known)
                .as("the formula's best scale")
                .isBetween(Math.tan(Math.toRadians(20)), Math.tan(Math.toRadians(60)));
        double low = known;
        double high = known;
        while (planted.score(low) > 0.95 * planted.score(known)) {
            low /= 1.001;
        }
        while (planted.score(high) > 0.95 * planted.score(known)) {
            high *= 1.001;
        }
        double middle = Math.sqrt(low * high);
        assertThat(best.score()).isCloseTo(planted.score(best.scale()), within(1e-3));
        assertThat(best.scale()).as("within a twentieth of %f", middle).isBetween(middle / 1.05, middle * 1.05);
        assertThat(known).as("plateau").isBetween(best.low(), best.high());
        assertThat(best.low()).isLessThanOrEqualTo(best.scale());
        assertThat(best.high()).isGreaterThanOrEqualTo(best.scale()).isLessThan(6);
        assertThat(best.turns()).isTrue();
        assertThat(best.why()).contains("of which this is the middle").doesNotContain("may do as well");
        // the middle is a measured scale, and the ends of the plateau are where the score is 95 % of the largest
        assertThat(answer.scales()).hasSize(17).contains(best.scale());
        double largest = planted.score(best.largestAt());
        assertThat(planted.score(best.low())).isCloseTo(0.95 * largest, within(0.05 * largest));
        assertThat(planted.score(best.high())).isCloseTo(0.95 * largest, within(0.05 * largest));
        assertThat(answer.curve(Curve.SELF_SIMILARITY)).containsOnly(Double.NaN);
    }

    @Test
    void aSweepThatEndsTooEarlyWidensUntilTheScoreTurns() {
        Planted planted = new Planted();
        ModelId model = device.model("planted", Planted.CONFIG, planted.weights());
        SaeId sae = device.sae("feature", planted.feature(), transposed(planted.feature()));
        GhostPrompt prompt = GhostPrompt.between(List.of(List.of(3), List.of()));
        for (double[] ends : new double[][] {{0.1, 0.4}, {2.5, 4}}) {
            ScaleSweep narrow = new ScaleSweep(
                    model,
                    GhostSettings.decoder(sae, 0),
                    prompt,
                    ScaleSweep.grid(ends[0], ends[1], 5),
                    false,
                    1,
                    1,
                    TreeBaseline.CENTROID,
                    1,
                    Optional.empty());
            ScaleSweep.Best unturned = device.ask(narrow).best().orElseThrow();
            assertThat(unturned.turns()).isFalse();
            assertThat(unturned.why()).contains("may do as well");

            ScaleSweep.Answer wide = device.ask(widening(narrow));
            ScaleSweep.Best best = wide.best().orElseThrow();
            assertThat(best.turns()).as(best.why()).isTrue();
            assertThat(best.scale()).isBetween(0.36, 1.74);
            assertThat(wide.scales()).isSorted().doesNotHaveDuplicates();
        }
    }

    @Test
    void aScoreThatNeverTurnsIsNotCalledBest() {
        ScaleSweep given = tiny(TreeBaseline.CENTROID);
        ScaleSweep far = new ScaleSweep(
                given.model(),
                given.ghost(),
                PROMPT,
                List.of(2000.0, 2500.0, 3000.0),
                true,
                3,
                3,
                TreeBaseline.CENTROID,
                0,
                Optional.empty());

        ScaleSweep.Answer answer = device.ask(far);

        // after a LayerNorm only the direction of so long a ghost is left, so that all these scales do the same
        double[] scores = answer.curve(Curve.SCORE);
        assertThat(Arrays.stream(scores).max().orElseThrow()
                        - Arrays.stream(scores).min().orElseThrow())
                .isLessThan(0.05 * Arrays.stream(scores).max().orElseThrow());
        ScaleSweep.Best best = answer.best().orElseThrow();
        assertThat(best.turns()).isFalse();
        assertThat(best.why())
                .contains("does not turn up to the largest scale tried, 24000")
                .contains("does not fall towards the smallest scale tried, 250,");
        assertThat(best.scale()).isCloseTo(Math.sqrt(250 * 24000.0), within(200.0));
    }

    private static ScaleSweep widening(ScaleSweep narrow) {
        return new ScaleSweep(
                narrow.model(),
                narrow.ghost(),
                narrow.prompt(),
                narrow.scales(),
                true,
                narrow.nodes(),
                narrow.topK(),
                narrow.baseline(),
                narrow.entropyWeight(),
                narrow.readAt());
    }

    private static HostTensor transposed(HostTensor column) {
        return new HostTensor(column.data(), 1, column.data().length);
    }

    /** Tokens in a plane, given by their polar coordinates; attention and MLP add nothing. */
    private static final class Planted {
        static final int CROWD = 60;
        static final ModelConfig CONFIG = ModelConfig.gpt2(1 + 2 * CROWD, 8, D, 1, 1);
        /** Two directions without a mean, so that a LayerNorm only scales. */
        private static final double[] A = Vectors.unit(new double[] {1, -1, 1, -1, 1, -1, 1, -1});

        private static final double[] B = Vectors.unit(new double[] {1, 1, -1, -1, 1, 1, -1, -1});
        private final double[][] plane = new double[1 + 2 * CROWD][2];

        Planted() {
            plane[0] = new double[] {5 * Math.cos(Math.toRadians(60)), 5 * Math.sin(Math.toRadians(60))};
            for (int i = 1; i <= CROWD; i++) {
                plane[i] = new double[] {0, 3};
            }
            // the other crowd brings the centroid to (1, 0)
            for (int i = CROWD + 1; i < plane.length; i++) {
                plane[i] = new double[] {(plane.length - plane[0][0]) / CROWD, -(plane[0][1] + 3 * CROWD) / CROWD};
            }
        }

        HostTensor feature() {
            float[] data = new float[D];
            for (int i = 0; i < D; i++) {
                data[i] = (float) B[i];
            }
            return new HostTensor(data, D, 1);
        }

        Map<String, HostTensor> weights() {
            Map<String, HostTensor> weights = TinyModel.weights(CONFIG, 1);
            weights.replaceAll((name, tensor) -> {
                float[] data = new float[tensor.data().length];
                if (name.endsWith("ln_f.weight")) {
                    Arrays.fill(data, 1);
                } else if (name.endsWith("wte.weight")) {
                    for (int t = 0; t < plane.length; t++) {
                        for (int i = 0; i < D; i++) {
                            data[t * D + i] = (float) (plane[t][0] * A[i] + plane[t][1] * B[i]);
                        }
                    }
                }
                return new HostTensor(data, tensor.shape());
            });
            return weights;
        }

        /**
         * By the formulas: KL of the first token from the centroid's (the second does not know the ghost), less the
         * entropy gained.
         */
        double score(double scale) {
            double[] p = next(1, scale);
            double[] q = next(1, 0);
            double divergence = 0;
            for (int t = 0; t < p.length; t++) {
                divergence += p[t] * Math.log(p[t] / q[t]);
            }
            return divergence - meanEntropy(scale) + meanEntropy(0);
        }

        /** Of a tree of the root and its first child. */
        private double meanEntropy(double scale) {
            double[] p = next(1, scale);
            int first = 0;
            for (int t = 1; t < p.length; t++) {
                first = p[t] > p[first] ? t : first;
            }
            return (entropy(p) + p[first] * entropy(next(plane[first][0], plane[first][1]))) / (1 + p[first]);
        }

        private double[] next(double a, double b) {
            double[] p = new double[plane.length];
            double sum = 0;
            for (int t = 0; t < p.length; t++) {
                p[t] = Math.exp(Math.sqrt(D) * (a * plane[t][0] + b * plane[t][1]) / Math.hypot(a, b));
                sum += p[t];
            }
            for (int t = 0; t < p.length; t++) {
                p[t] /= sum;
            }
            return p;
        }

        private static double entropy(double[] p) {
            return -Arrays.stream(p).map(x -> x * Math.log(x)).sum();
        }
    }

    @Test
    void theGridIsEvenInTheLogarithmAroundTheNaturalScale() {
        List<Double> grid = ScaleSweep.grid(4, 11);
        assertThat(grid).hasSize(11).isSorted().startsWith(0.5).endsWith(16.0);
        List<Double> steps = new ArrayList<>();
        for (int i = 1; i < grid.size(); i++) {
            steps.add(grid.get(i) / grid.get(i - 1));
        }
        assertThat(steps).allSatisfy(step -> assertThat(step).isCloseTo(Math.sqrt(2), within(1e-3)));
    }

    @Test
    void whatCannotBeSweptIsRefused() {
        ScaleSweep sweep = tiny(TreeBaseline.CENTROID);
        assertThatThrownBy(() -> new ScaleSweep(
                        sweep.model(),
                        sweep.ghost(),
                        PROMPT,
                        List.of(1.0, 1.0),
                        false,
                        5,
                        5,
                        TreeBaseline.CENTROID,
                        1,
                        Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("scales are [1.0, 1.0]");
        assertThatThrownBy(() -> new ScaleSweep(
                        sweep.model(),
                        sweep.ghost(),
                        PROMPT,
                        SCALES,
                        false,
                        5,
                        5,
                        TreeBaseline.NONE,
                        1,
                        Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("baseline is none");
        assertThatThrownBy(() -> new ScaleSweep(
                        sweep.model(),
                        GhostSettings.finished(new HostTensor(new float[D], D)),
                        PROMPT,
                        SCALES,
                        false,
                        5,
                        5,
                        TreeBaseline.CENTROID,
                        1,
                        Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("no scale");
    }
}
