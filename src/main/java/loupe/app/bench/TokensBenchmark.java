package loupe.app.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import loupe.analysis.ghost.GhostBasis;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.GhostSource;
import loupe.analysis.ghost.TokenGeometry;
import loupe.analysis.tokens.TokenColumns;
import loupe.analysis.tokens.TokenListSettings;
import loupe.analysis.tokens.TokenMask;
import loupe.analysis.tokens.TokenMetric;
import loupe.analysis.tokens.TokenRanking;
import loupe.tensor.HostTensor;

/**
 * The token list of one slider position, top 500 included, for a vocabulary like GPT-2's and one like Gemma's, as the
 * window computes it: on two threads, from columns that were computed once per feature. Each run has another scale.
 */
final class TokensBenchmark implements Benchmark {
    private static final int TOP = 500;
    private static final int THREADS = 2;
    private static final List<TokenMetric> METRICS =
            List.of(TokenMetric.RATIO, TokenMetric.COSINE, TokenMetric.CENTRED, TokenMetric.DOT);

    @Override
    public String name() {
        return "tokens";
    }

    @Override
    public Map<String, Object> run(Bench bench) {
        Map<String, Object> figures = new LinkedHashMap<>();
        ExecutorService helper = Executors.newFixedThreadPool(THREADS - 1, work -> {
            Thread thread = new Thread(work, "token list helper");
            thread.setDaemon(true);
            return thread;
        });
        try {
            measure(bench, figures, helper, 50_257, 768);
            measure(bench, figures, helper, 256_000, 2_304);
        } finally {
            helper.shutdown();
        }
        return figures;
    }

    private static void measure(
            Bench bench, Map<String, Object> figures, ExecutorService helper, int vocabulary, int d) {
        bench.report("tokens: making " + vocabulary + " x " + d + " embeddings");
        GhostSource source =
                new GhostSource.Directions(new HostTensor(new float[] {1}, 1), new HostTensor(new float[] {1}, 1));
        TokenColumns.Answer columns = columns(source, vocabulary, d);
        TokenRanking ranking = new TokenRanking(helper, THREADS);
        // the floor: reading the four product columns and the norms once
        double floor = 8.0
                * vocabulary
                * (columns.products().length + 1)
                / bench.peak().readGbPerSecond()
                / 1e9;
        for (TokenMetric metric : METRICS) {
            double[] scale = {2};
            Timing timing = Timing.of(200, 300, () -> {
                scale[0] += 0.01;
                GhostSettings ghost = new GhostSettings(
                        source, 0.5, scale[0], true, List.of(0.1), loupe.analysis.ghost.PcaSign.POSITIVE);
                ranking.rank(columns, new TokenListSettings(ghost, metric, TokenListSettings.DEFAULT_EXPONENT, TOP));
            });
            figures.put("V=" + vocabulary + " d=" + d + " " + metric.label(), timing.milliseconds());
            if (metric == TokenMetric.RATIO) {
                figures.put("ratio_to_peak", floor / timing.median()); // of the larger vocabulary, which comes last
            }
        }
        TokenMask letters = mask(vocabulary);
        for (TokenMetric metric : List.of(TokenMetric.RATIO, TokenMetric.COSINE)) {
            double[] scale = {2};
            Timing timing = Timing.of(200, 300, () -> {
                scale[0] += 0.01;
                GhostSettings ghost = new GhostSettings(
                        source, 0.5, scale[0], true, List.of(0.1), loupe.analysis.ghost.PcaSign.POSITIVE);
                ranking.rank(
                        columns,
                        new TokenListSettings(ghost, metric, TokenListSettings.DEFAULT_EXPONENT, TOP, letters));
            });
            figures.put(
                    "V=" + vocabulary + " d=" + d + " " + metric.label() + ", " + letters.count()
                            + " tokens pass a filter",
                    timing.milliseconds());
        }
        figures.put("V=" + vocabulary + " d=" + d + " floor_ms", floor * 1e3);
    }

    /** A filter that one token in twenty passes, as a script other than Latin does. */
    private static TokenMask mask(int vocabulary) {
        SplittableRandom random = new SplittableRandom(2);
        boolean[] passes = new boolean[vocabulary];
        for (int token = 0; token < vocabulary; token++) {
            passes[token] = random.nextInt(20) == 0;
        }
        return TokenMask.of(vocabulary, token -> passes[token]);
    }

    /** Columns of tokens scattered around a centroid, one principal component. */
    private static TokenColumns.Answer columns(GhostSource source, int vocabulary, int d) {
        double[][] basis = new double[4][d];
        SplittableRandom random = new SplittableRandom(1);
        for (double[] vector : basis) {
            double square = 0;
            for (int i = 0; i < d; i++) {
                vector[i] = random.nextDouble() - 0.5;
                square += vector[i] * vector[i];
            }
            for (int i = 0; i < d; i++) {
                vector[i] /= Math.sqrt(square);
            }
        }
        double[][] products = new double[basis.length][vocabulary];
        double[] norms = new double[vocabulary];
        double[] distances = new double[vocabulary];
        IntStream.range(0, vocabulary).parallel().forEach(token -> {
            SplittableRandom own = new SplittableRandom(token);
            double[] sums = new double[basis.length];
            double square = 0;
            double distance = 0;
            for (int i = 0; i < d; i++) {
                double moved = (own.nextDouble() - 0.5) * 6 / Math.sqrt(d);
                double value = basis[0][i] + moved;
                square += value * value;
                distance += moved * moved;
                for (int j = 0; j < sums.length; j++) {
                    sums[j] += value * basis[j][i];
                }
            }
            norms[token] = Math.sqrt(square);
            distances[token] = Math.sqrt(distance);
            for (int j = 0; j < sums.length; j++) {
                products[j][token] = sums[j];
            }
        });
        double[][] gram = new double[basis.length][basis.length];
        for (int i = 0; i < gram.length; i++) {
            for (int j = 0; j < gram.length; j++) {
                for (int x = 0; x < d; x++) {
                    gram[i][j] += basis[i][x] * basis[j][x];
                }
            }
        }
        TokenGeometry.Answer geometry = TokenGeometry.Answer.of(basis[0], norms, products[0], distances);
        return new TokenColumns.Answer(
                new GhostBasis.Answer(source, 1, basis, gram),
                geometry,
                products,
                Optional.empty(),
                Optional.empty(),
                geometry.tokens());
    }
}
