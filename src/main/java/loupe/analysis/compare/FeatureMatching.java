package loupe.analysis.compare;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import loupe.analysis.DeviceArrays;
import loupe.base.Refusal;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.sae.SaeConfig;

/**
 * For every feature of each of two checkpoints its best match in the other, by cosine of the decoder directions. All
 * pairs, in row blocks. Among equal cosines any may be taken; a checkpoint matched with itself has every feature
 * matched with itself.
 */
public record FeatureMatching(SaeId a, SaeId b) implements Query.Stepped<FeatureMatching.Answer> {
    private static final long ELEMENTS_PER_STEP = 1 << 22;

    @Override
    public Query.Sweep<Answer> begin() {
        return new Blocks(this);
    }

    @Override
    public long bytes(Answer answer) {
        return 8L * (answer.bestInB().length + answer.bestInA().length);
    }

    /** Why the features of two checkpoints cannot be matched; empty if they write vectors of one width. */
    public static Optional<Refusal> misfit(SaeId a, SaeConfig configOfA, SaeId b, SaeConfig configOfB) {
        return configOfA.dOut() == configOfB.dOut()
                ? Optional.empty()
                : Optional.of(new Refusal(
                        a.name() + " writes vectors of " + configOfA.dOut() + " numbers and " + b.name() + " of "
                                + configOfB.dOut() + ", so their features cannot be matched",
                        "",
                        "Choose two checkpoints of the same place in a model"));
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
            NDArray left = scope.sae(query.a).decoder();
            NDArray right = scope.sae(query.b).decoder();
            misfit(
                            query.a,
                            scope.sae(query.a).config(),
                            query.b,
                            scope.sae(query.b).config())
                    .ifPresent(refusal -> {
                        throw refusal;
                    });
            int countA = (int) left.getShape().get(0);
            int countB = (int) right.getShape().get(0);
            if (best == null) {
                best = new Answer(unreached(countA), new float[countA], unreached(countB), new float[countB]);
                java.util.Arrays.fill(best.cosinesToB, Float.NaN);
                java.util.Arrays.fill(best.cosinesToA, Float.NaN);
            }
            int end = (int) Math.min(countA, done + Math.max(1, ELEMENTS_PER_STEP / countB));
            NDManager step = scope.arrays();
            NDArray rows = DeviceArrays.rows(step, left, done, end);
            NDArray inverseA = inverseNorms(rows);
            NDArray inverseB = inverseNorms(right);
            NDArray turned = right.transpose();
            turned.attach(step);
            NDArray cosines = rows.mul(inverseA.expandDims(1)).matMul(turned).muli(inverseB);
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

        private static NDArray inverseNorms(NDArray rows) {
            return rows.square().sum(new int[] {1}).sqrt().maximum(1e-30f).pow(-1);
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
