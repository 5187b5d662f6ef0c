package loupe.analysis.compare;

import ai.djl.ndarray.NDArray;
import java.util.EnumMap;
import java.util.Map;
import loupe.analysis.DeviceArrays;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;

/**
 * For every feature of each of two checkpoints its best match in the other, by cosine of their directions. All pairs,
 * in row blocks. Among equal cosines any may be taken; a checkpoint matched with itself has every feature matched with
 * itself.
 *
 * @param side which directions are compared
 */
public record FeatureMatching(SaeId a, SaeId b, MatchSide side) implements Query.Stepped<FeatureMatching.Answer> {
    private static final long ELEMENTS_PER_STEP = 1 << 22;

    /** By the decoder directions. */
    public FeatureMatching(SaeId a, SaeId b) {
        this(a, b, MatchSide.DECODER);
    }

    @Override
    public Query.Sweep<Answer> begin() {
        return new Blocks(this);
    }

    @Override
    public long bytes(Answer answer) {
        return 8L * (answer.bestInB().length + answer.bestInA().length);
    }

    /** What became of a feature on the way from one checkpoint to another. */
    public enum Fate {
        KEPT,
        DRIFTED,
        UNCLEAR,
        BORN,
        DIED
    }

    /**
     * The best cosines from which a feature counts as kept or drifted, and below which it has no match. Defaults:
     * {@code src/site/markdown/methods.md}, section 5.
     */
    public record Thresholds(double kept, double drifted, double unmatched) {
        public static final Thresholds DEFAULT = new Thresholds(0.9, 0.5, 0.3);

        public Thresholds {
            if (!(kept >= drifted && drifted >= unmatched)) {
                throw new IllegalArgumentException(
                        "thresholds are " + kept + ", " + drifted + ", " + unmatched + ", must not rise");
            }
        }
    }

    /** How many features had each fate: of a's features kept, drifted, unclear and died, of b's features born. */
    public record Counts(int kept, int drifted, int unclear, int died, int born) {}

    /**
     * One entry per feature, -1 and NaN where not reached yet. The arrays are not to be written.
     *
     * @param bestInB for each feature of a the nearest of b, with its cosine
     * @param bestInA for each feature of b the nearest of a, with its cosine
     */
    public record Answer(int[] bestInB, float[] cosinesToB, int[] bestInA, float[] cosinesToA) {
        /** Mean over a's features of the largest cosine with b: not the same as the other way round. */
        public double mmcsAToB() {
            return mean(cosinesToB);
        }

        public double mmcsBToA() {
            return mean(cosinesToA);
        }

        /** How many features of a are, with their match in b, each the other's best. */
        public int mutualCount() {
            int count = 0;
            for (int i = 0; i < bestInB.length; i++) {
                count += isMutual(i) ? 1 : 0;
            }
            return count;
        }

        /** Share of a's features whose largest cosine with b is above a bound. */
        public double shareAToBAbove(double bound) {
            return shareAbove(cosinesToB, bound);
        }

        /** Share of b's features whose largest cosine with a is above a bound. */
        public double shareBToAAbove(double bound) {
            return shareAbove(cosinesToA, bound);
        }

        /** Whether each is the other's best match. */
        public boolean isMutual(int featureOfA) {
            int match = bestInB[featureOfA];
            return match >= 0 && bestInA[match] == featureOfA;
        }

        /** What became of a feature of a: kept, drifted, unclear or died. */
        public Fate fateOfA(int feature, Thresholds thresholds) {
            return fate(cosinesToB[feature], thresholds, Fate.DIED);
        }

        /** Where a feature of b came from: kept, drifted, unclear or born. */
        public Fate fateOfB(int feature, Thresholds thresholds) {
            return fate(cosinesToA[feature], thresholds, Fate.BORN);
        }

        public Counts counts(Thresholds thresholds) {
            Map<Fate, Integer> counts = new EnumMap<>(Fate.class);
            for (int i = 0; i < bestInB.length; i++) {
                counts.merge(fateOfA(i, thresholds), 1, Integer::sum);
            }
            for (int i = 0; i < bestInA.length; i++) {
                if (fateOfB(i, thresholds) == Fate.BORN) {
                    counts.merge(Fate.BORN, 1, Integer::sum);
                }
            }
            return new Counts(
                    counts.getOrDefault(Fate.KEPT, 0),
                    counts.getOrDefault(Fate.DRIFTED, 0),
                    counts.getOrDefault(Fate.UNCLEAR, 0),
                    counts.getOrDefault(Fate.DIED, 0),
                    counts.getOrDefault(Fate.BORN, 0));
        }

        private static Fate fate(float cosine, Thresholds thresholds, Fate unmatched) {
            if (cosine >= thresholds.kept) {
                return Fate.KEPT;
            }
            if (cosine >= thresholds.drifted) {
                return Fate.DRIFTED;
            }
            return cosine < thresholds.unmatched ? unmatched : Fate.UNCLEAR;
        }

        private static double shareAbove(float[] values, double bound) {
            int above = 0;
            for (float value : values) {
                above += value > bound ? 1 : 0;
            }
            return values.length == 0 ? Double.NaN : (double) above / values.length;
        }

        private static double mean(float[] values) {
            double sum = 0;
            for (float value : values) {
                sum += value;
            }
            return values.length == 0 ? Double.NaN : sum / values.length;
        }
    }

    private static final class Blocks implements Query.Sweep<Answer> {
        private final FeatureMatching query;

        @SuppressWarnings("NullAway.Init") // made by the first step
        private Answer best;

        private int done;

        Blocks(FeatureMatching query) {
            this.query = query;
        }

        @Override
        public boolean step(Scope scope) {
            int countA = scope.sae(query.a).config().dSae();
            int countB = scope.sae(query.b).config().dSae();
            if (best == null) {
                best = new Answer(unreached(countA), new float[countA], unreached(countB), new float[countB]);
                java.util.Arrays.fill(best.cosinesToB, Float.NaN);
                java.util.Arrays.fill(best.cosinesToA, Float.NaN);
            }
            int end = (int) Math.min(countA, done + Math.max(1, ELEMENTS_PER_STEP / countB));
            NDArray cosines = query.side.cosines(scope, query.a, query.b, done, end);
            NDArray bestColumns = cosines.argMax(1);
            NDArray bestRows = cosines.argMax(0);
            long[] columns = DeviceArrays.longs(bestColumns);
            long[] owners = DeviceArrays.longs(bestRows);
            float[] toB = DeviceArrays.floats(cosines.max(new int[] {1}));
            float[] toA = DeviceArrays.floats(cosines.max(new int[] {0}));
            for (int i = done; i < end; i++) {
                best.bestInB[i] = (int) columns[i - done];
                best.cosinesToB[i] = toB[i - done];
            }
            for (int j = 0; j < countB; j++) {
                if (best.bestInA[j] < 0 || toA[j] > best.cosinesToA[j]) {
                    best.bestInA[j] = done + (int) owners[j];
                    best.cosinesToA[j] = toA[j];
                }
            }
            if (query.a.equals(query.b)) {
                matchWithItself(end);
            }
            done = end;
            return done < countA;
        }

        /** No other feature is as near as a feature itself, whatever rounding says of its duplicates. */
        private void matchWithItself(int end) {
            for (int i = 0; i < end; i++) {
                best.bestInB[i] = i;
                best.bestInA[i] = i;
                best.cosinesToA[i] = best.cosinesToB[i];
            }
        }

        private static int[] unreached(int count) {
            int[] ids = new int[count];
            java.util.Arrays.fill(ids, -1);
            return ids;
        }

        @Override
        public Answer result() {
            return new Answer(
                    best.bestInB.clone(), best.cosinesToB.clone(), best.bestInA.clone(), best.cosinesToA.clone());
        }

        @Override
        public double fraction() {
            return best == null ? 0 : (double) done / best.bestInB.length;
        }
    }
}
