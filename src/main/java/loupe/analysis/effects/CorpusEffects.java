package loupe.analysis.effects;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import loupe.analysis.DeviceArrays;
import loupe.analysis.prompts.LogProbabilities;
import loupe.analysis.prompts.TokenBatch;
import loupe.analysis.prompts.TokenRows;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.tensor.HostTensor;
import org.jspecify.annotations.Nullable;

/**
 * What interventions change of a model over a corpus: the loss, the predicted distributions, and the activations of
 * chosen features, as means over tokens with bootstrap intervals over contexts. Positions count from 0 at the first
 * token of each text; no token counts as generated.
 *
 * @param contexts the corpus
 * @param ignored ids of tokens at whose places nothing is counted
 * @param watched features whose activations are read in both runs
 * @param resamples drawings of the bootstrap
 * @param seed of the bootstrap
 */
public record CorpusEffects(
        ModelId model,
        TokenRows contexts,
        Interventions done,
        Set<Integer> ignored,
        List<Watched> watched,
        int resamples,
        long seed)
        implements Query.Stepped<CorpusEffects.Answer> {
    /** Tokens read at most. */
    public static final int MOST_TOKENS = 10_000_000;

    /** Features watched at most. */
    public static final int MOST_WATCHED = 64;

    /** Contexts are drawn in so many stretches of the corpus at most, neighbours together. */
    public static final int MOST_UNITS = 1_000;

    /** Tokens computed in one step. */
    private static final int STEP_TOKENS = 512;

    /** Partial answers that are published, about. */
    private static final int PARTS = 20;

    public CorpusEffects {
        ignored = Set.copyOf(ignored);
        watched = List.copyOf(watched);
        if (contexts.count() == 0) {
            throw new IllegalArgumentException("contexts are empty, at least one is needed");
        }
    }

    /** A feature whose activations are read. */
    public record Watched(SaeId sae, int feature) {}

    /** The features to which something is done. */
    public static List<Watched> changedBy(Interventions done) {
        return done.list().stream()
                .map(Intervention::target)
                .flatMap(target -> target instanceof Intervention.Target.Feature feature
                        ? Stream.of(new Watched(feature.sae(), feature.feature()))
                        : target instanceof Intervention.Target.FeatureElsewhere elsewhere
                                ? Stream.of(new Watched(elsewhere.sae(), elsewhere.feature()))
                                : Stream.empty())
                .distinct()
                .toList();
    }

    /**
     * Means over the tokens that have been read so far.
     *
     * @param tokens that count
     * @param contexts that have been read
     * @param ce nats of the token that follows, without interventions; NaN while none follows any
     * @param ceWith and under them
     * @param deltaCe what they add
     * @param kl divergence of the predictions under the interventions from those without, in nats
     * @param watched in the order in which they were asked for
     * @param applied tokens at which something was done, once for each place, those that are ignored included
     */
    public record Answer(
            long tokens,
            int contexts,
            double ce,
            double ceWith,
            Bootstrap deltaCe,
            Bootstrap kl,
            List<Activation> watched,
            long applied) {}

    /**
     * What becomes of a feature.
     *
     * @param mean activation without interventions
     * @param meanWith and under them, as the checkpoint reads what they have left
     * @param active share of the tokens at which it is not 0
     * @param activeWith and under them
     */
    public record Activation(
            Watched of, double mean, double meanWith, Bootstrap change, double active, double activeWith) {}

    @Override
    public Effects begin() {
        return new Effects();
    }

    /** What is added up for each unit of the bootstrap. */
    private static final class Sums {
        private final double[] tokens;
        private final double[] followed;
        private final double[] ce;
        private final double[] ceWith;
        private final double[] kl;

        Sums(int units) {
            tokens = new double[units];
            followed = new double[units];
            ce = new double[units];
            ceWith = new double[units];
            kl = new double[units];
        }

        void add(Sums more) {
            addTo(tokens, more.tokens);
            addTo(followed, more.followed);
            addTo(ce, more.ce);
            addTo(ceWith, more.ceWith);
            addTo(kl, more.kl);
        }
    }

    /** The same of one feature. */
    private static final class OfFeature {
        private final double[] before;
        private final double[] after;
        private final double[] active;
        private final double[] activeAfter;

        OfFeature(int units) {
            before = new double[units];
            after = new double[units];
            active = new double[units];
            activeAfter = new double[units];
        }

        static List<OfFeature> each(int features, int units) {
            return IntStream.range(0, features)
                    .mapToObj(i -> new OfFeature(units))
                    .toList();
        }

        void add(OfFeature more) {
            addTo(before, more.before);
            addTo(after, more.after);
            addTo(active, more.active);
            addTo(activeAfter, more.activeAfter);
        }
    }

    private static void addTo(double[] sums, double[] more) {
        for (int unit = 0; unit < sums.length; unit++) {
            sums[unit] += more[unit];
        }
    }

    /** One batch of contexts after another. */
    public final class Effects implements Query.Sweep<Answer> {
        private final List<int[]> batches = CorpusEffects.this.contexts.batches(STEP_TOKENS);
        private final int units = Math.min(MOST_UNITS, CorpusEffects.this.contexts.count());
        private final long all = CorpusEffects.this.contexts.tokens();
        private final Sums sums = new Sums(units);
        private final List<OfFeature> ofFeatures = OfFeature.each(CorpusEffects.this.watched.size(), units);
        private int read;
        private long tokens;
        private int finished;
        private long applied;
        private @Nullable Answer part;
        private int partOf;

        private Effects() {}

        @Override
        public boolean step(Scope scope) {
            int[] rows = batches.get(finished);
            TokenBatch batch = CorpusEffects.this.contexts.batch(rows);
            Map<SaeId, PlacedSae> placed = new HashMap<>();
            CorpusEffects.this.watched.forEach(
                    one -> placed.computeIfAbsent(one.sae(), sae -> PlacedSae.toRead(scope, model, sae)));
            List<HookPoint> looked =
                    placed.values().stream().map(PlacedSae::readsAt).distinct().toList();
            Map<HookPoint, List<NDArray>> seen = new HashMap<>();
            InterventionHook changes = done.isEmpty() ? null : changes(scope, rows.length, batch);
            PairedRun run = PairedRun.of(scope, model, batch.input(), changes, looked, seen);
            Sums found = new Sums(units);
            List<OfFeature> foundOfFeatures = OfFeature.each(ofFeatures.size(), units);
            for (int row = 0; row < rows.length; row++) {
                scope.cancellation().check();
                predictions(run, batch, row, unit(rows[row]), found);
            }
            for (int i = 0; i < CorpusEffects.this.watched.size(); i++) {
                Watched one = CorpusEffects.this.watched.get(i);
                PlacedSae sae = Objects.requireNonNull(placed.get(one.sae()));
                sae.require(one.feature());
                activations(sae, one.feature(), batch, rows, seen, foundOfFeatures.get(i));
            }
            // nothing is kept of a step that fails and is done again
            sums.add(found);
            for (int i = 0; i < ofFeatures.size(); i++) {
                ofFeatures.get(i).add(foundOfFeatures.get(i));
            }
            applied += Arrays.stream(run.applied()).sum();
            read += rows.length;
            tokens += batch.places().length;
            finished++;
            return finished < batches.size();
        }

        private int unit(int context) {
            return (int) ((long) context * units / CorpusEffects.this.contexts.count());
        }

        private InterventionHook changes(Scope scope, int rows, TokenBatch batch) {
            int[][] ids = new int[rows][batch.length()];
            int[][] positions = new int[rows][batch.length()];
            for (int[] row : positions) {
                Arrays.fill(row, InterventionHook.PADDING);
            }
            for (int place : batch.places()) {
                ids[place / batch.length()][place % batch.length()] = batch.id(place);
                positions[place / batch.length()][place % batch.length()] = batch.position(place);
            }
            InterventionHook hook = new InterventionHook(scope, model, Collections.nCopies(rows, done), batch.length());
            hook.next(ids, positions);
            return hook;
        }

        private boolean counts(TokenBatch batch, int place) {
            return !CorpusEffects.this.ignored.contains(batch.id(place));
        }

        private void predictions(PairedRun run, TokenBatch batch, int row, int unit, Sums found) {
            int length = (int) Arrays.stream(batch.places())
                    .filter(place -> place / batch.length() == row)
                    .count();
            HostTensor before = run.logits(false, row, 0, length);
            HostTensor after = run.logits(true, row, 0, length);
            for (int t = 0; t < length; t++) {
                int place = row * batch.length() + t;
                if (!counts(batch, place)) {
                    continue;
                }
                found.tokens[unit]++;
                found.kl[unit] += Runs.number(InterventionEffects.divergence(before, after, t));
                if (batch.isFollowed(place)) {
                    int next = batch.id(place + 1);
                    found.followed[unit]++;
                    found.ce[unit] -= LogProbabilities.at(before, t, next);
                    found.ceWith[unit] -= LogProbabilities.at(after, t, next);
                }
            }
        }

        private void activations(
                PlacedSae sae,
                int feature,
                TokenBatch batch,
                int[] rows,
                Map<HookPoint, List<NDArray>> seen,
                OfFeature found) {
            List<NDArray> values = Objects.requireNonNull(seen.get(sae.readsAt()));
            float[] before = column(sae, feature, values.get(0));
            // before the first change both runs are one
            float[] after = values.size() == 1 ? before : column(sae, feature, values.get(1));
            for (int place : batch.places()) {
                if (counts(batch, place)) {
                    int unit = unit(rows[place / batch.length()]);
                    found.before[unit] += before[place];
                    found.after[unit] += after[place];
                    found.active[unit] += before[place] != 0 ? 1 : 0;
                    found.activeAfter[unit] += after[place] != 0 ? 1 : 0;
                }
            }
        }

        /** A feature's activations at all places, (B T). */
        private float[] column(PlacedSae sae, int feature, NDArray value) {
            return DeviceArrays.floats(sae.read(value).features().get(":, {}", feature));
        }

        /** A part grows by a twentieth at least, or else drawing for it would take longer than reading. */
        @Override
        public Answer result() {
            Answer latest = part;
            if (latest == null || finished == batches.size() || (finished - partOf) * PARTS >= batches.size()) {
                latest = answer();
                part = latest;
                partOf = finished;
            }
            return latest;
        }

        private Answer answer() {
            double[] counted = sums.tokens;
            double[] followed = sums.followed;
            List<Bootstrap.OfUnits> means = new ArrayList<>();
            means.add(new Bootstrap.OfUnits(difference(sums.ceWith, sums.ce), followed));
            means.add(new Bootstrap.OfUnits(sums.kl, counted));
            for (OfFeature one : ofFeatures) {
                means.add(new Bootstrap.OfUnits(difference(one.after, one.before), counted));
            }
            List<Bootstrap> intervals = Bootstrap.of(means, resamples, seed);
            double n = Arrays.stream(counted).sum();
            double predicted = Arrays.stream(followed).sum();
            List<Activation> activations = new ArrayList<>();
            for (int i = 0; i < ofFeatures.size(); i++) {
                OfFeature of = ofFeatures.get(i);
                activations.add(new Activation(
                        CorpusEffects.this.watched.get(i),
                        Arrays.stream(of.before).sum() / n,
                        Arrays.stream(of.after).sum() / n,
                        intervals.get(i + 2),
                        Arrays.stream(of.active).sum() / n,
                        Arrays.stream(of.activeAfter).sum() / n));
            }
            return new Answer(
                    (long) n,
                    read,
                    Arrays.stream(sums.ce).sum() / predicted,
                    Arrays.stream(sums.ceWith).sum() / predicted,
                    intervals.get(0),
                    intervals.get(1),
                    activations,
                    applied);
        }

        private static double[] difference(double[] of, double[] less) {
            return IntStream.range(0, of.length)
                    .mapToDouble(i -> of[i] - less[i])
                    .toArray();
        }

        @Override
        public double fraction() {
            return (double) tokens / all;
        }
    }

    @Override
    public long bytes(Answer answer) {
        return 256 + 128L * watched.size();
    }
}
