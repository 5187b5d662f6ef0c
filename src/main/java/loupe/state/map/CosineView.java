package loupe.state.map;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import loupe.analysis.geometry.CosineBins;
import loupe.analysis.geometry.LargestCosines;
import loupe.analysis.geometry.NearestCounts;
import loupe.base.Cancellation;
import loupe.state.pane.HostQuestion;

/**
 * What the pane of cosines shows for one k.
 *
 * @param bins of all bars and outlines
 * @param a the k-th largest cosine of each vector of A, NaN for those that are not final or left out by density
 * @param b the same of B, without a filter; empty if B is not compared
 * @param random the same of random directions; empty while nothing is known
 * @param matched the same of random directions with A's mean and covariance
 * @param nearest the vectors that are nearest to most of those picked
 * @param picked vectors of A in the marked range, or all that are shown
 * @param mutualShare vectors of A that are their nearest one's nearest; NaN until all are known
 */
public record CosineView(
        CosineBins bins,
        float[] a,
        float[] b,
        float[] random,
        float[] matched,
        List<Near> nearest,
        int[] picked,
        double mutualShare) {
    /** Rows of the table. */
    private static final int MOST = 500;

    /**
     * A vector that is nearest to others.
     *
     * @param picked how many of those picked have it as nearest
     * @param inDegree how many of all
     */
    public record Near(int vector, int picked, int inDegree) {}

    /**
     * A range of cosines.
     *
     * @param from its lower end
     * @param to its upper end
     */
    public record Range(double from, double to) {}

    /** The view of one k, which is the first that was asked for, without B, filter or range. */
    public static CosineView of(LargestCosines.Answer of, LargestCosines.Answer random, LargestCosines.Answer matched) {
        return new Asked(
                        of,
                        Optional.empty(),
                        Optional.of(random),
                        Optional.of(matched),
                        of.ranks().get(0),
                        Optional.empty(),
                        Optional.empty())
                .answer(new Cancellation());
    }

    /** The mean of what is known; NaN if nothing is. */
    public static double mean(float[] values) {
        double sum = 0;
        int known = 0;
        for (float value : values) {
            if (!Float.isNaN(value)) {
                sum += value;
                known++;
            }
        }
        return known == 0 ? Double.NaN : sum / known;
    }

    /** How many are known. */
    public static int known(float[] values) {
        int known = 0;
        for (float value : values) {
            known += Float.isNaN(value) ? 0 : 1;
        }
        return known;
    }

    /**
     * Makes the view from answers.
     *
     * @param rank the k
     * @param in whether each vector of A is shown; empty for all
     */
    record Asked(
            LargestCosines.Answer of,
            Optional<LargestCosines.Answer> other,
            Optional<LargestCosines.Answer> randoms,
            Optional<LargestCosines.Answer> matcheds,
            int rank,
            Optional<boolean[]> in,
            Optional<Range> range)
            implements HostQuestion<CosineView> {
        @Override
        public CosineView answer(Cancellation cancellation) {
            float[] a = column(of).clone();
            in.ifPresent(shown -> {
                for (int i = 0; i < a.length; i++) {
                    a[i] = shown[i] ? a[i] : Float.NaN;
                }
            });
            float[] b = other.map(this::column).orElse(new float[0]);
            float[] random = randoms.map(this::column).orElse(new float[0]);
            float[] matched = matcheds.map(this::column).orElse(new float[0]);
            CosineBins bins = CosineBins.over(List.of(a, b, random, matched));
            int[] picked = picked(a, bins);
            int[] near = new int[picked.length];
            Arrays.setAll(near, i -> of.nearest()[picked[i]]);
            cancellation.check();
            int[] among = NearestCounts.inDegrees(near, of.count());
            int[] all = NearestCounts.inDegrees(of.nearest(), of.count());
            List<Near> rows = new ArrayList<>();
            for (NearestCounts.Hub hub : NearestCounts.hubs(among, MOST)) {
                if (hub.inDegree() > 0) {
                    rows.add(new Near(hub.vector(), hub.inDegree(), all[hub.vector()]));
                }
            }
            return new CosineView(
                    bins,
                    a,
                    b,
                    random,
                    matched,
                    List.copyOf(rows),
                    picked,
                    of.done() == of.rows() ? NearestCounts.mutualShare(of.nearest()) : Double.NaN);
        }

        private float[] column(LargestCosines.Answer answer) {
            return answer.largest().get(answer.ranks().indexOf(rank));
        }

        /** Those whose cosine is in a bin of the range, which the bars count. */
        private int[] picked(float[] a, CosineBins bins) {
            int from = range.map(marked -> bins.edge(marked.from())).orElse(0);
            int to = range.map(marked -> bins.edge(marked.to())).orElse(bins.count());
            int[] picked = new int[a.length];
            int count = 0;
            for (int i = 0; i < a.length; i++) {
                int bin = bins.bin(a[i]);
                if (bin >= from && bin < to) {
                    picked[count++] = i;
                }
            }
            return Arrays.copyOf(picked, count);
        }

        /** Whether each is the very same; what is shown by density is compared by value. */
        @Override
        public boolean equals(Object object) {
            return object instanceof Asked that
                    && of.equals(that.of)
                    && other.equals(that.other)
                    && randoms.equals(that.randoms)
                    && matcheds.equals(that.matcheds)
                    && rank == that.rank
                    && Arrays.equals(in.orElse(null), that.in.orElse(null))
                    && range.equals(that.range);
        }

        @Override
        public int hashCode() {
            return java.util.Objects.hash(of, other, rank, Arrays.hashCode(in.orElse(null)), range);
        }
    }
}
