package loupe.analysis.lens;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import loupe.analysis.DeviceArrays;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.tensor.ReadingThreads;

/**
 * For every feature how its {@link LogitWeights} are distributed, which tokens are at both ends, and how enriched sets
 * of tokens are there: columns of the feature table, in one pass over the features.
 *
 * @param top how many tokens per feature at each end
 * @param sets whose enrichment is wanted; ids below the number of tokens
 * @param kept where answers are kept on disk; empty to compute it in any case
 */
public record LogitMoments(
        ModelId model, SaeId sae, LogitProjection projection, int top, List<TokenSet> sets, Optional<KeptMoments> kept)
        implements Query.Stepped<LogitMoments.Answer> {
    /** So many weights are computed in a step while something else waits. */
    private static final long ELEMENTS_PER_STEP = 1 << 21;
    /** And so many while nothing does: a product of few rows reads the unembedding too often. */
    private static final long ELEMENTS_ALONE = 1 << 23;

    public LogitMoments {
        sets = List.copyOf(sets);
    }

    /** Computes it, and keeps nothing on disk. */
    public LogitMoments(ModelId model, SaeId sae, LogitProjection projection, int top, List<TokenSet> sets) {
        this(model, sae, projection, top, sets, Optional.empty());
    }

    @Override
    public Query.Sweep<Answer> begin() {
        return new Blocks(this);
    }

    @Override
    public long bytes(Answer answer) {
        return answer.features() * (24L + 8L * top + 8L * sets.size());
    }

    /**
     * One entry per feature; features not reached yet have zeros and no tokens. The arrays are not to be written.
     *
     * @param done how many features have been reached
     * @param top how many tokens at each end
     * @param leftOut ids of the tokens that are left out for their norm, in order
     * @param tokens promoted tokens, most promoted first, (features, top) row-major
     * @param suppressed those at the other end, most suppressed first
     * @param sets their names
     * @param enrichment the score of each set, (features, sets) row-major
     */
    public record Answer(
            int done,
            int top,
            int[] leftOut,
            float[] mean,
            float[] deviation,
            float[] skewness,
            float[] kurtosis,
            float[] entropy,
            float[] twoSidedMass,
            int[] tokens,
            int[] suppressed,
            List<String> sets,
            double[] enrichment) {
        /** Nothing reached yet. */
        static Answer empty(int features, int top, List<TokenSet> sets, int[] leftOut) {
            return new Answer(
                    0,
                    top,
                    leftOut,
                    new float[features],
                    new float[features],
                    new float[features],
                    new float[features],
                    new float[features],
                    new float[features],
                    new int[features * top],
                    new int[features * top],
                    sets.stream().map(TokenSet::name).toList(),
                    new double[features * sets.size()]);
        }

        /** With so many reached; the arrays are shared, because a feature once reached does not change. */
        Answer reached(int features) {
            return new Answer(
                    features,
                    top,
                    leftOut,
                    mean,
                    deviation,
                    skewness,
                    kurtosis,
                    entropy,
                    twoSidedMass,
                    tokens,
                    suppressed,
                    sets,
                    enrichment);
        }

        public int features() {
            return mean.length;
        }

        /** The tokens this feature promotes most. */
        public int[] tokens(int feature) {
            return row(tokens, feature);
        }

        /** The tokens it suppresses most. */
        public int[] suppressed(int feature) {
            return row(suppressed, feature);
        }

        private int[] row(int[] of, int feature) {
            return feature < done ? Arrays.copyOfRange(of, feature * top, (feature + 1) * top) : new int[0];
        }

        /** The score of a set for a feature. */
        public double score(int feature, int set) {
            return enrichment[feature * sets.size() + set];
        }

        /** The scores of all sets for a feature. */
        public double[] scores(int feature) {
            return Arrays.copyOfRange(enrichment, feature * sets.size(), (feature + 1) * sets.size());
        }

        private void put(int feature, Moments of) {
            mean[feature] = (float) of.mean();
            deviation[feature] = (float) of.deviation();
            skewness[feature] = (float) of.skewness();
            kurtosis[feature] = (float) of.kurtosis();
            entropy[feature] = (float) of.entropy();
            twoSidedMass[feature] = (float) of.twoSidedMass();
        }
    }

    private static final class Blocks implements Query.Sweep<Answer> {
        private final LogitMoments query;

        @SuppressWarnings("NullAway.Init") // made by the first step
        private Answer answer;

        private int features = 1;
        private int done;
        private final Queue<Reader> readers = new ConcurrentLinkedQueue<>();

        Blocks(LogitMoments query) {
            this.query = query;
        }

        @Override
        public boolean step(Scope scope) {
            NDArray decoder = scope.sae(query.sae).decoder();
            features = (int) decoder.getShape().get(0);
            KeptTokens.Answer tokens = scope.answer(new KeptTokens(query.model, query.projection.keptPercentile()));
            if (answer == null) {
                Optional<Answer> found = query.kept.flatMap(kept -> kept.find(query, features, tokens.tokens()));
                if (found.isPresent()) {
                    answer = found.get();
                    done = features;
                    return false;
                }
                answer =
                        Answer.empty(features, Math.min(query.top, tokens.kept().length), query.sets, tokens.leftOut());
            }
            long elements = scope.othersWait() ? ELEMENTS_PER_STEP : ELEMENTS_ALONE;
            int begin = done;
            int end = (int) Math.min(features, begin + Math.max(1, elements / tokens.tokens()));
            float[] weights = DeviceArrays.floats(query.projection.weights(
                    DeviceArrays.rows(scope.arrays(), decoder, begin, end), scope, query.model));
            List<Consumer<Reader>> rows = new ArrayList<>();
            for (int i = begin; i < end; i++) {
                int feature = i;
                rows.add(reader -> reader.read(weights, (feature - begin) * tokens.tokens(), feature, answer));
            }
            Queue<Reader> free = new ConcurrentLinkedQueue<>(readers);
            ReadingThreads.runBeside(
                    () -> {
                        Reader reader = free.poll();
                        if (reader == null) {
                            reader = new Reader(query.sets, tokens);
                            readers.add(reader);
                        }
                        return reader;
                    },
                    rows);
            done = end;
            if (done == features) {
                query.kept.ifPresent(kept -> kept.keep(query, answer));
            }
            return done < features;
        }

        /** Shares the arrays with later answers: a feature once reached does not change. */
        @Override
        public Answer result() {
            return answer.reached(done);
        }

        @Override
        public double fraction() {
            return (double) done / features;
        }
    }

    /** Reads features' weights; one thread's. */
    private static final class Reader {
        private final int[] kept;
        private final float[] compact;
        private final Enrichment enrichment;
        private final double[] scores;

        Reader(List<TokenSet> sets, KeptTokens.Answer tokens) {
            kept = tokens.kept();
            compact = new float[kept.length];
            enrichment = new Enrichment(tokens.among(sets), kept.length);
            scores = new double[sets.size()];
        }

        void read(float[] weights, int from, int feature, Answer into) {
            for (int i = 0; i < kept.length; i++) {
                compact[i] = weights[from + kept[i]];
            }
            into.put(feature, Moments.of(compact));
            enrichment.score(compact, 0, scores);
            System.arraycopy(scores, 0, into.enrichment, feature * scores.length, scores.length);
            TokenOrder order = enrichment.order();
            for (int rank = 0; rank < into.top; rank++) {
                into.tokens[feature * into.top + rank] = kept[order.token(rank)];
            }
            int[] lowest = order.lowest(into.top);
            for (int rank = 0; rank < into.top; rank++) {
                into.suppressed[feature * into.top + rank] = kept[lowest[rank]];
            }
        }
    }
}
