package loupe.analysis.tokens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import loupe.TinyModel;
import loupe.analysis.TestDevice;
import loupe.analysis.Vectors;
import loupe.analysis.ghost.GhostBasis;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.PcaSign;
import loupe.inference.ModelId;
import loupe.inference.SaeId;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Lists by linear combination and bounds against the formulas written out, token by token, in float64. */
class TokenRankingTest {
    private static final Set<TokenMetric> SMALLEST_FIRST = EnumSet.of(TokenMetric.RATIO, TokenMetric.MAHALANOBIS);
    private static final int VOCABULARY = 40_000;
    private static final int D_MODEL = 12;

    private static TestDevice device;
    private static ModelId small;
    private static ModelId large;
    private static SaeId sae;
    private static double[][] smallEmbedding;
    private static double[][] largeEmbedding;

    @BeforeAll
    static void open() {
        device = new TestDevice();
        small = model("small", 300, 5);
        large = model("large", VOCABULARY, 6);
        smallEmbedding = embedding(300, 5);
        largeEmbedding = embedding(VOCABULARY, 6);
        sae = device.sae("sae", gaussian(D_MODEL, 9, 1, 0), gaussian(9, D_MODEL, 2, 0));
    }

    @AfterAll
    static void close() {
        device.close();
    }

    private static ModelId model(String name, int vocabulary, long seed) {
        ModelConfig config = ModelConfig.gpt2(vocabulary, 8, D_MODEL, 1, 2);
        Map<String, HostTensor> weights = TinyModel.weights(config, seed);
        weights.put("transformer.wte.weight", gaussian(vocabulary, D_MODEL, seed, 0.7));
        return device.model(name, config, weights);
    }

    private static double[][] embedding(int vocabulary, long seed) {
        HostTensor tensor = gaussian(vocabulary, D_MODEL, seed, 0.7);
        double[][] rows = new double[vocabulary][];
        for (int t = 0; t < vocabulary; t++) {
            rows[t] = Vectors.doubles(new HostTensor(tensor.row(t), D_MODEL));
        }
        return rows;
    }

    private static HostTensor gaussian(int rows, int columns, long seed, double mean) {
        Random random = new Random(seed);
        float[] data = new float[rows * columns];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) (mean + random.nextGaussian());
        }
        return new HostTensor(data, rows, columns);
    }

    private static double cosine(double[] a, double[] b) {
        return Vectors.dot(a, b) / Vectors.norm(a) / Vectors.norm(b);
    }

    private static double[] minus(double[] a, double[] b) {
        double[] difference = a.clone();
        Vectors.addScaled(difference, -1, b);
        return difference;
    }

    private static double[] centroid(double[][] embedding) {
        double[] mean = new double[D_MODEL];
        for (double[] row : embedding) {
            Vectors.addScaled(mean, 1.0 / embedding.length, row);
        }
        return mean;
    }

    /** The score of every token, by the formula. */
    private static double[] scores(double[][] embedding, double[] g, TokenMetric metric, double m) {
        double[] c = centroid(embedding);
        double[] scores = new double[embedding.length];
        double hub = metric == TokenMetric.CSLS ? nearestTen(embedding, g, -1) : 0;
        double[][] precision = metric == TokenMetric.MAHALANOBIS ? precision(embedding, c) : null;
        for (int t = 0; t < scores.length; t++) {
            double[] e = embedding[t];
            scores[t] = switch (metric) {
                case RATIO -> Math.pow(1 - cosine(g, e), m) / Math.max(1e-6, 1 - cosine(c, e));
                case COSINE -> cosine(g, e);
                case CENTRED -> cosine(minus(g, c), minus(e, c));
                case DOT -> Vectors.dot(g, e);
                case CSLS -> 2 * cosine(g, e) - hub - nearestTen(embedding, e, t);
                case MAHALANOBIS -> Math.sqrt(quadratic(precision, minus(g, e)));
            };
        }
        return scores;
    }

    private static double nearestTen(double[][] embedding, double[] v, int itself) {
        double[] cosines = new double[embedding.length];
        for (int t = 0; t < embedding.length; t++) {
            cosines[t] = t == itself ? 1 : -cosine(v, embedding[t]);
        }
        java.util.Arrays.sort(cosines);
        double sum = 0;
        for (int i = 0; i < 10; i++) {
            sum -= cosines[i] / 10;
        }
        return sum;
    }

    private static double quadratic(double[][] a, double[] v) {
        double sum = 0;
        for (int i = 0; i < v.length; i++) {
            sum += v[i] * Vectors.dot(a[i], v);
        }
        return sum;
    }

    /** Inverse of the Ledoit-Wolf covariance, by the formulas of scikit-learn and Gauss-Jordan elimination. */
    private static double[][] precision(double[][] embedding, double[] c) {
        int n = embedding.length;
        double[][] s = new double[D_MODEL][D_MODEL];
        double beta = 0;
        for (double[] row : embedding) {
            double[] x = minus(row, c);
            for (int i = 0; i < D_MODEL; i++) {
                for (int j = 0; j < D_MODEL; j++) {
                    s[i][j] += x[i] * x[j] / n;
                    beta += x[i] * x[i] * x[j] * x[j];
                }
            }
        }
        double trace = 0;
        double delta = 0;
        for (int i = 0; i < D_MODEL; i++) {
            trace += s[i][i];
            for (int j = 0; j < D_MODEL; j++) {
                delta += s[i][j] * s[i][j];
            }
        }
        double mu = trace / D_MODEL;
        double b = (beta / n - delta) / ((double) D_MODEL * n);
        double d = (delta - 2 * mu * trace + D_MODEL * mu * mu) / D_MODEL;
        double r = Math.min(b, d) / d;
        double[][] a = new double[D_MODEL][2 * D_MODEL];
        for (int i = 0; i < D_MODEL; i++) {
            for (int j = 0; j < D_MODEL; j++) {
                a[i][j] = (1 - r) * s[i][j] + (i == j ? r * mu : 0);
            }
            a[i][D_MODEL + i] = 1;
        }
        for (int p = 0; p < D_MODEL; p++) {
            double pivot = a[p][p];
            for (int j = 0; j < 2 * D_MODEL; j++) {
                a[p][j] /= pivot;
            }
            for (int i = 0; i < D_MODEL; i++) {
                double factor = a[i][p];
                for (int j = 0; i != p && j < 2 * D_MODEL; j++) {
                    a[i][j] -= factor * a[p][j];
                }
            }
        }
        double[][] inverse = new double[D_MODEL][];
        for (int i = 0; i < D_MODEL; i++) {
            inverse[i] = java.util.Arrays.copyOfRange(a[i], D_MODEL, 2 * D_MODEL);
        }
        return inverse;
    }

    private static List<GhostSettings> settings() {
        GhostSettings base = GhostSettings.encoder(sae, 4).withScale(2);
        List<GhostSettings> settings = new ArrayList<>(List.of(
                base,
                base.withCentroid(false),
                base.withEncoderMix(0.3),
                base.withScale(0.1),
                base.withPca(PcaSign.NEGATIVE, 0.4, -0.2).withEncoderMix(0.5)));
        settings.add(GhostSettings.finished(gaussian(1, D_MODEL, 77, 0.3).reshape(D_MODEL)));
        return settings;
    }

    private static void check(
            ModelId model,
            double[][] embedding,
            GhostSettings ghost,
            TokenMetric metric,
            double m,
            TokenRanking ranking,
            int top) {
        TokenColumns.Answer columns = device.ask(new TokenColumns(model, ghost, metric));
        double[] g = Vectors.doubles(
                device.ask(new GhostBasis(model, ghost)).vector(ghost).ghost());
        double[] scores = scores(embedding, g, metric, m);
        double[] sorted = scores.clone();
        java.util.Arrays.sort(sorted);
        TokenList list = ranking.rank(columns, new TokenListSettings(ghost, metric, m, top));
        assertThat(list.size()).isEqualTo(Math.min(top, embedding.length));
        for (int i = 0; i < list.size(); i++) {
            double ranked = SMALLEST_FIRST.contains(metric) ? sorted[i] : sorted[sorted.length - 1 - i];
            double tolerance = 1e-5 * Math.max(0.01, Math.abs(ranked));
            assertThat(list.scores()[i]).as("%s %s rank %d", metric, ghost, i).isCloseTo(ranked, within(tolerance));
            assertThat(scores[list.tokens()[i]]).isCloseTo(ranked, within(tolerance));
            assertThat(list.cosines()[i]).isCloseTo(cosine(g, embedding[list.tokens()[i]]), within(1e-6));
        }
    }

    @ParameterizedTest
    @EnumSource(TokenMetric.class)
    void everyMetricIsItsFormulaAtEveryPositionOfTheSliders(TokenMetric metric) {
        for (GhostSettings ghost : settings()) {
            check(small, smallEmbedding, ghost, metric, 1.4, new TokenRanking(), 40);
        }
    }

    @Test
    void anyExponentAndMoreTokensThanThereAreWork() {
        for (double m : new double[] {0, 0.1, 1, 2.2, 5}) {
            check(small, smallEmbedding, settings().get(0), TokenMetric.RATIO, m, new TokenRanking(), 1000);
        }
        assertThatThrownBy(() -> new TokenListSettings(settings().get(0), TokenMetric.RATIO, -1, 5))
                .hasMessageContaining("exponent is -1");
    }

    @Test
    void aLongListIsTheSameOnTwoThreads() {
        ExecutorService helper = Executors.newSingleThreadExecutor();
        try {
            TokenRanking two = new TokenRanking(helper, 2);
            for (TokenMetric metric : List.of(TokenMetric.RATIO, TokenMetric.CENTRED, TokenMetric.COSINE)) {
                check(large, largeEmbedding, settings().get(2), metric, 1.4, two, 500);
            }
        } finally {
            helper.shutdown();
        }
    }

    @Test
    void aGhostThatIsATokenHasThatTokenFirst() {
        HostTensor token = new HostTensor(gaussian(300, D_MODEL, 5, 0.7).row(123), D_MODEL);
        TokenColumns.Answer columns =
                device.ask(new TokenColumns(small, GhostSettings.finished(token), TokenMetric.RATIO));
        TokenList list = new TokenRanking()
                .rank(columns, new TokenListSettings(GhostSettings.finished(token), TokenMetric.RATIO, 1.4, 3));
        assertThat(list.tokens()[0]).isEqualTo(123);
        assertThat(list.scores()[0]).isCloseTo(0, within(1e-12));
        assertThat(list.cosines()[0]).isCloseTo(1, within(1e-9));
    }

    @Test
    void columnsOfAnotherSourceAreRefused() {
        TokenColumns.Answer columns =
                device.ask(new TokenColumns(small, GhostSettings.encoder(sae, 1), TokenMetric.RATIO));
        assertThatThrownBy(() -> new TokenRanking()
                        .rank(columns, new TokenListSettings(GhostSettings.encoder(sae, 2), TokenMetric.RATIO, 1, 5)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new TokenRanking()
                        .rank(columns, new TokenListSettings(GhostSettings.encoder(sae, 1), TokenMetric.CSLS, 1, 5)))
                .hasMessageContaining("csls");
    }
}
