package loupe.analysis.tokens;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.GhostSource;
import loupe.analysis.ghost.TokenGeometry;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.tensor.HostTensor;

/**
 * How alike the tokens are in the lists of many random directions under the settings of another list: the distribution
 * in which that list has a place. Nothing here depends on the other list's own direction, so that all features share
 * one answer under the same settings.
 *
 * @param settings of the list; whose ghost it has is left out
 * @param draws random directions, with the seeds from {@code seed} on, as {@link NullTokenList} has each
 */
public record RandomLists(ModelId model, TokenListSettings settings, int draws, long seed)
        implements Query.Stepped<RandomLists.Answer> {
    /** As many draws as tell a list's place to a tenth of a per cent. */
    public static final int DRAWS = 1_000;

    private static final HostTensor NO_DIRECTION = new HostTensor(new float[0], 0);
    private static final long ELEMENTS_PER_STEP = 1 << 19;
    private static final int MOST_PER_STEP = 32;

    public RandomLists {
        if (settings.ghost().source() instanceof GhostSource.Finished) {
            throw new IllegalArgumentException("a finished ghost has no direction that random ones could replace");
        }
        if (draws < 1) {
            throw new IllegalArgumentException("draws are " + draws);
        }
        settings = settings.withGhost(settings.ghost()
                .withSource(new GhostSource.Directions(NO_DIRECTION, NO_DIRECTION))
                .withEncoderMix(0));
    }

    @Override
    public Query.Sweep<Answer> begin() {
        return new Draws(this);
    }

    @Override
    public long bytes(Answer answer) {
        return 16L * draws;
    }

    /**
     * The coherence of each list drawn so far, see {@link TokenCoherence}. Not to be written.
     *
     * @param cosines mean pairwise cosine of the embeddings
     * @param centred the same of the embeddings minus the centroid
     */
    public record Answer(double[] cosines, double[] centred) {
        /** The place of a list among these by the likeness of its tokens beyond the centroid. */
        public Place place(TokenCoherence.Answer list) {
            return Place.of(list.meanCentredCosine(), centred);
        }
    }

    /**
     * The place of a number among drawn ones.
     *
     * @param draws how many there are
     * @param mean of the draws
     * @param sd their standard deviation
     * @param z how many of these the number is above the mean; NaN where there are no two different draws
     * @param shareBelow of the draws that are less than the number
     */
    public record Place(int draws, double mean, double sd, double z, double shareBelow) {
        /** The place of {@code value}; NaN has none, and NaN draws do not count. */
        public static Place of(double value, double[] drawn) {
            double[] known = Arrays.stream(drawn).filter(Double::isFinite).toArray();
            double mean = Arrays.stream(known).average().orElse(Double.NaN);
            double squares =
                    Arrays.stream(known).map(one -> (one - mean) * (one - mean)).sum();
            double sd = known.length < 2 ? Double.NaN : Math.sqrt(squares / (known.length - 1));
            double below = Arrays.stream(known).filter(one -> one < value).count();
            return new Place(
                    known.length,
                    mean,
                    sd,
                    sd > 0 ? (value - mean) / sd : Double.NaN,
                    known.length == 0 || Double.isNaN(value) ? Double.NaN : below / known.length);
        }
    }

    private static final class Draws implements Query.Sweep<Answer> {
        private final RandomLists query;
        private final TokenRanking ranking = new TokenRanking();
        private double[] cosines = new double[0];
        private double[] centred = new double[0];

        Draws(RandomLists query) {
            this.query = query;
        }

        @Override
        public boolean step(Scope scope) {
            TokenGeometry.Answer geometry = scope.answer(new TokenGeometry(query.model));
            int dModel = geometry.centroid().length;
            int count = (int) Math.min(
                    Math.min(query.draws - cosines.length, MOST_PER_STEP),
                    Math.max(1, ELEMENTS_PER_STEP / geometry.tokens()));
            List<GhostSource> sources = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                sources.add(NullTokenList.direction(query.seed + cosines.length + i, dModel));
            }
            GhostSettings ghost = query.settings.ghost();
            List<TokenColumns.Answer> columns =
                    TokenColumns.ofAll(scope, query.model, sources, ghost.components(), query.settings.metric());
            List<int[]> lists = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                scope.cancellation().check();
                lists.add(ranking.rank(columns.get(i), query.settings.withGhost(ghost.withSource(sources.get(i))))
                        .tokens());
            }
            double[] raw = Arrays.copyOf(cosines, cosines.length + count);
            double[] beyond = Arrays.copyOf(centred, centred.length + count);
            for (int i = 0; i < count; i++) {
                TokenCoherence.Answer coherence = TokenCoherence.of(scope, query.model, geometry, lists.get(i));
                raw[cosines.length + i] = coherence.meanCosine();
                beyond[centred.length + i] = coherence.meanCentredCosine();
            }
            cosines = raw;
            centred = beyond;
            return cosines.length < query.draws;
        }

        @Override
        public Answer result() {
            return new Answer(cosines, centred);
        }

        @Override
        public double fraction() {
            return (double) cosines.length / query.draws;
        }
    }
}
