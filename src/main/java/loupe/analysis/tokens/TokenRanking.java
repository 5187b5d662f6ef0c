package loupe.analysis.tokens;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import loupe.analysis.SmallestK;
import loupe.analysis.ghost.GhostBasis;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.TokenGeometry;

/**
 * Ranks all tokens for one position of the sliders, in O(V) and without the device.
 *
 * <p>The products of a ghost with every token are a linear combination of {@link TokenColumns}; its norm follows from
 * their Gram matrix. The power in the ratio is computed only for tokens that a cheap bound on the logarithm, taken from
 * the bits of a double, cannot exclude; the mask is checked only for those too. All arithmetic is in float64, because 1
 * - cos loses digits where it matters most.
 *
 * <p>Buffers are kept between calls. One thread at a time; the helpers' threads are used within a call only.
 */
public final class TokenRanking {
    private static final int BLOCK = 2048;
    private static final int TOKENS_WORTH_A_THREAD = 16_384;

    private final Executor helpers;
    private final List<Part> parts = new ArrayList<>();

    /**
     * @param helpers runs the other parts of a long list; may run them anywhere, even on the calling thread
     * @param threads in how many parts a long list is cut, the calling thread's included
     */
    public TokenRanking(Executor helpers, int threads) {
        this.helpers = helpers;
        for (int i = 0; i < Math.max(1, threads); i++) {
            parts.add(new Part());
        }
    }

    /** Ranks on the calling thread alone. */
    public TokenRanking() {
        this(Runnable::run, 1);
    }

    /**
     * The tokens nearest to the ghost of these settings.
     *
     * @throws IllegalArgumentException if the columns were made for another source, fewer components or another metric
     */
    public TokenList rank(TokenColumns.Answer columns, TokenListSettings settings) {
        Ghost ghost = new Ghost(columns, settings.ghost());
        int tokens = columns.tokens();
        int top = Math.min(settings.top(), tokens);
        int used = Math.max(1, Math.min(parts.size(), tokens / TOKENS_WORTH_A_THREAD));
        List<FutureTask<?>> running = new ArrayList<>();
        for (int i = 1; i < used; i++) {
            Part part = parts.get(i);
            int from = (int) ((long) tokens * i / used);
            int to = (int) ((long) tokens * (i + 1) / used);
            FutureTask<?> task = new FutureTask<>(() -> part.rank(ghost, settings, top, from, to), null);
            running.add(task);
            helpers.execute(task);
        }
        Part first = parts.get(0);
        first.rank(ghost, settings, top, 0, tokens / used);
        for (int i = 1; i < used; i++) {
            await(running.get(i - 1));
            first.nearest.offerAll(parts.get(i).nearest);
            first.cosines.offerAll(parts.get(i).cosines);
        }
        return list(ghost, settings, first);
    }

    private static TokenList list(Ghost ghost, TokenListSettings settings, Part best) {
        int size = best.nearest.finish();
        double hubness = 0;
        if (settings.metric() == TokenMetric.CSLS) {
            int near = best.cosines.finish();
            for (int i = 0; i < near; i++) {
                hubness -= best.cosines.key(i) / near;
            }
        }
        int[] tokens = new int[size];
        double[] scores = new double[size];
        double[] cosines = new double[size];
        for (int i = 0; i < size; i++) {
            tokens[i] = best.nearest.id(i);
            double key = best.nearest.key(i);
            scores[i] = switch (settings.metric()) {
                case RATIO -> key;
                case MAHALANOBIS -> Math.sqrt(Math.max(0, key));
                case CSLS -> -key - hubness;
                default -> -key;
            };
            cosines[i] = ghost.cosine(tokens[i]);
        }
        return new TokenList(settings, tokens, scores, cosines);
    }

    private static void await(FutureTask<?> task) {
        boolean interrupted = false;
        while (true) {
            try {
                task.get();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            } catch (ExecutionException e) {
                throw new IllegalStateException(e.getCause());
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** A ghost in terms of the columns. */
    private static final class Ghost {
        final TokenColumns.Answer columns;
        final TokenGeometry.Answer geometry;
        final double[] coefficients;
        final double norm;

        Ghost(TokenColumns.Answer columns, GhostSettings settings) {
            this.columns = columns;
            geometry = columns.geometry();
            coefficients = columns.basis().coefficients(settings);
            norm = Math.sqrt(Math.max(0, GhostBasis.quadratic(columns.basis().gram(), coefficients)));
        }

        double inverseNorm() {
            return norm == 0 ? 0 : 1 / norm;
        }

        double cosine(int token) {
            double product = 0;
            for (int i = 0; i < coefficients.length; i++) {
                product += coefficients[i] * columns.products()[i][token];
            }
            return product * inverseNorm() * geometry.inverseNorms()[token];
        }
    }

    /** One thread's share of the vocabulary. */
    private static final class Part {
        private final SmallestK nearest = new SmallestK();
        private final SmallestK cosines = new SmallestK();
        private final double[] product = new double[BLOCK];
        private TokenMask mask = TokenMask.ALL;

        void rank(Ghost ghost, TokenListSettings settings, int top, int from, int to) {
            mask = settings.mask();
            nearest.reset(top);
            cosines.reset(settings.metric() == TokenMetric.CSLS ? TokenHubness.NEIGHBOURS : 0);
            for (int start = from; start < to; start += BLOCK) {
                int count = Math.min(BLOCK, to - start);
                switch (settings.metric()) {
                    case RATIO -> ratio(ghost, settings.exponent(), start, count);
                    case COSINE -> cosine(ghost, start, count);
                    case CENTRED -> centred(ghost, start, count);
                    case DOT -> dot(ghost, start, count);
                    case CSLS -> csls(ghost, start, count);
                    case MAHALANOBIS -> mahalanobis(ghost, start, count);
                }
            }
        }

        private void ratio(Ghost ghost, double exponent, int start, int count) {
            combine(ghost.columns.products(), ghost.coefficients, start, count);
            double inverse = ghost.inverseNorm();
            double[] inverseNorms = ghost.geometry.inverseNorms();
            double[] gaps = ghost.geometry.centroidGaps();
            double[] logGaps = ghost.geometry.logCentroidGaps();
            double bound = nearest.bound();
            double logBound = log2(bound);
            for (int i = 0; i < count; i++) {
                int token = start + i;
                double distance = Math.max(0, 1 - product[i] * inverse * inverseNorms[token]);
                if (exponent * lowerLog2(distance) - logGaps[token] <= logBound && mask.keeps(token)) {
                    nearest.offer(Math.pow(distance, exponent) / gaps[token], token);
                    if (nearest.bound() != bound) {
                        bound = nearest.bound();
                        logBound = log2(bound);
                    }
                }
            }
        }

        private void cosine(Ghost ghost, int start, int count) {
            combine(ghost.columns.products(), ghost.coefficients, start, count);
            double inverse = ghost.inverseNorm();
            double[] inverseNorms = ghost.geometry.inverseNorms();
            for (int i = 0; i < count; i++) {
                offer(-product[i] * inverse * inverseNorms[start + i], start + i);
            }
        }

        /**
         * With g - c in the columns the centroid's own column drops out of a ghost moved to it, and so does its
         * rounding.
         */
        private void centred(Ghost ghost, int start, int count) {
            double[] moved = ghost.coefficients.clone();
            moved[0] -= 1;
            combine(ghost.columns.products(), moved, start, count);
            double[][] gram = ghost.columns.basis().gram();
            double centroidProduct = 0;
            for (int i = 0; i < moved.length; i++) {
                centroidProduct += moved[i] * gram[0][i];
            }
            double norm = Math.sqrt(Math.max(0, GhostBasis.quadratic(gram, moved)));
            double[] distances = ghost.geometry.distances();
            for (int i = 0; i < count; i++) {
                double scale = norm * distances[start + i];
                offer(scale == 0 ? 0 : -(product[i] - centroidProduct) / scale, start + i);
            }
        }

        private void dot(Ghost ghost, int start, int count) {
            combine(ghost.columns.products(), ghost.coefficients, start, count);
            for (int i = 0; i < count; i++) {
                offer(-product[i], start + i);
            }
        }

        private void csls(Ghost ghost, int start, int count) {
            double[] hubness = ghost.columns
                    .hubness()
                    .orElseThrow(() -> missing(TokenMetric.CSLS))
                    .means();
            combine(ghost.columns.products(), ghost.coefficients, start, count);
            double inverse = ghost.inverseNorm();
            double[] inverseNorms = ghost.geometry.inverseNorms();
            for (int i = 0; i < count; i++) {
                double cosine = product[i] * inverse * inverseNorms[start + i];
                cosines.offer(-cosine, start + i);
                offer(hubness[start + i] - 2 * cosine, start + i);
            }
        }

        private void mahalanobis(Ghost ghost, int start, int count) {
            TokenColumns.Whitened whitened =
                    ghost.columns.whitened().orElseThrow(() -> missing(TokenMetric.MAHALANOBIS));
            combine(whitened.products(), ghost.coefficients, start, count);
            double own = GhostBasis.quadratic(whitened.gram(), ghost.coefficients);
            double[] squares = whitened.squares();
            for (int i = 0; i < count; i++) {
                offer(squares[start + i] - 2 * product[i] + own, start + i);
            }
        }

        /** Offers a token; the mask is checked only for the few that are near enough. */
        private void offer(double key, int token) {
            if (key <= nearest.bound() && mask.keeps(token)) {
                nearest.offer(key, token);
            }
        }

        private void combine(double[][] columns, double[] coefficients, int start, int count) {
            java.util.Arrays.fill(product, 0, count, 0);
            for (int k = 0; k < coefficients.length; k++) {
                double factor = coefficients[k];
                if (factor != 0) {
                    double[] column = columns[k];
                    for (int i = 0; i < count; i++) {
                        product[i] += factor * column[start + i];
                    }
                }
            }
        }

        private static IllegalArgumentException missing(TokenMetric metric) {
            return new IllegalArgumentException("the token columns were not made for metric " + metric.label());
        }

        /**
         * At most log2(x), and at least log2(x) - 0.0201, for x of 0 or more: the exponent, and f + 0.2786 f (1 - f)
         * for the logarithm of the mantissa 1 + f. (The factor is the smallest of (log2(1 + f) - f) / (f (1 - f)), its
         * limit at 1.)
         */
        private static double lowerLog2(double x) {
            long bits = Double.doubleToRawLongBits(x);
            double f = (bits & 0x000F_FFFF_FFFF_FFFFL) * 0x1p-52;
            return (bits - 0x3FF0_0000_0000_0000L) * 0x1p-52 + 0.2786 * f * (1 - f);
        }

        private static double log2(double x) {
            return Math.log(x) / Math.log(2) + 1e-9;
        }
    }
}
