package loupe.analysis.effects;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.lm.Hook;
import loupe.lm.LanguageModel;
import loupe.lm.ModelConfig;
import loupe.sae.Encoded;

/**
 * Activation patching: one run of a model with values of another run put in their places, one place at a time. The
 * values always come from the unpatched runs. Runs that differ only from some layer on are rows of one batch that
 * begins there.
 *
 * @param clean the text of the run that a patch is to bring back, or to break; T tokens
 * @param corrupt the other text, of as many tokens
 * @param position whose prediction the metric is of
 * @param directions which run is patched
 * @param sites kinds of places
 * @param features of a checkpoint, with their errors
 */
public record Patching(
        ModelId model,
        List<Integer> clean,
        List<Integer> corrupt,
        Metric metric,
        int position,
        Set<Direction> directions,
        List<PatchSite> sites,
        Optional<FeaturePatches> features)
        implements Query.Stepped<Patching.Answer> {
    /** Tokens computed in one step, and while others wait. */
    private static final int STEP_TOKENS = 2_048;

    private static final int SHORT_STEP_TOKENS = 256;

    /** Name of the grid in which each feature is patched alone: feature by position, all positions last. */
    public static final String FEATURES = "features";
    /** Name of the grid in which the error is patched: by position, all positions last. */
    public static final String ERROR = "error";
    /** Name of the grid of one value in which the group is patched. */
    public static final String GROUP = "group";
    /** Name of the grid of one value in which all features are patched at all positions. */
    public static final String ALL_FEATURES = "all_features";

    /** Name of the grid of one value in which all features and the errors are patched at all positions. */
    public static final String EVERYTHING = "everything";

    /** Which run is patched with values of which. */
    public enum Direction {
        /** The corrupt run, with values of the clean one: what suffices to bring the prediction back. */
        DENOISING,
        /** The clean run, with values of the corrupt one: what the prediction needs. */
        NOISING
    }

    public Patching {
        clean = List.copyOf(clean);
        corrupt = List.copyOf(corrupt);
        directions = Set.copyOf(directions);
        sites = List.copyOf(sites);
        if (clean.isEmpty() || clean.size() != corrupt.size()) {
            throw new IllegalArgumentException(
                    "the texts have " + clean.size() + " and " + corrupt.size() + " tokens, expected as many");
        }
        if (position < 0 || position >= clean.size()) {
            throw new IllegalArgumentException("position is " + position + " of " + clean.size() + " tokens");
        }
    }

    /**
     * The metric of every patched run.
     *
     * @param clean the metric of the unpatched clean run
     * @param corrupt the same of the corrupt run
     * @param grids for each direction, by the label of the site or one of the names above, in order
     */
    public record Answer(double clean, double corrupt, Map<Direction, Map<String, Grid>> grids) {
        /**
         * How much of the way from the run that is patched to the other a patched run goes: (m - own) / (other - own);
         * NaN or infinite if both have one metric.
         */
        public double score(Direction direction, double metric) {
            double own = direction == Direction.DENOISING ? corrupt : clean;
            double other = direction == Direction.DENOISING ? clean : corrupt;
            return (metric - own) / (other - own);
        }

        /** The scores of a grid, row-major; NaN where its metric is not known yet. */
        public double[] scores(Direction direction, String name) {
            double[] metrics = grid(direction, name).metric();
            return Arrays.stream(metrics)
                    .map(metric -> score(direction, metric))
                    .toArray();
        }

        /**
         * Denoising's score less noising's at each place of a grid, row-major: above 0 where a place is enough without
         * being needed, as one of several that each bring the prediction about; below 0 where it is needed without
         * being enough, as one of several that bring it about together.
         */
        public double[] differences(String name) {
            double[] difference = scores(Direction.DENOISING, name);
            double[] needed = scores(Direction.NOISING, name);
            Arrays.setAll(difference, i -> difference[i] - needed[i]);
            return difference;
        }

        /**
         * The metrics of a kind of places.
         *
         * @throws NullPointerException if it was not patched
         */
        public Grid grid(Direction direction, String name) {
            return Objects.requireNonNull(
                    Objects.requireNonNull(grids.get(direction), "direction").get(name), name);
        }
    }

    /**
     * The metric at places that have axes, row-major.
     *
     * @param shape lengths of the axes; none for a single value
     * @param metric NaN where it is not known yet
     */
    public record Grid(int[] shape, double[] metric) {}

    @Override
    public Sweep begin() {
        return new Sweep();
    }

    /** Both unpatched runs, then one batch of patched ones after the other. */
    public final class Sweep implements Query.Sweep<Answer> {
        private final int length = clean.size();
        private final List<Block> blocks = new ArrayList<>();
        private double cleanMetric = Double.NaN;
        private double corruptMetric = Double.NaN;
        private int block;
        private int next;
        private long done;

        private Sweep() {}

        @Override
        public boolean step(Scope scope) {
            LanguageModel lm = scope.model(model);
            if (Double.isNaN(cleanMetric)) {
                plan(scope, lm.config());
                List<HookPoint> needed = needed(scope, lm.config());
                cleanMetric = Runs.observed(scope, model, clean, needed, measured());
                corruptMetric = Runs.observed(scope, model, corrupt, needed, measured());
                return !blocks.isEmpty();
            }
            Block running = blocks.get(block);
            int most = Math.max(1, (scope.othersWait() ? SHORT_STEP_TOKENS : STEP_TOKENS) / length);
            int count = running.batch(next, most);
            double[] found = running.run(scope, next, count);
            System.arraycopy(found, 0, running.grid.metric, next, count);
            next += count;
            done += count;
            if (next == running.grid.metric.length) {
                block++;
                next = 0;
            }
            return block < blocks.size();
        }

        /** Where the unpatched runs are looked at: patched places, and where the batches begin. */
        private List<HookPoint> needed(Scope scope, ModelConfig config) {
            Set<HookPoint> points = new TreeSet<>();
            for (int layer = 0; layer < config.nLayers() && !sites.isEmpty(); layer++) {
                points.add(HookPoint.residPre(layer));
                for (PatchSite site : sites) {
                    points.add(new HookPoint(site.site(), layer));
                }
            }
            features.ifPresent(patches -> {
                PlacedSae sae = PlacedSae.of(scope, model, patches.sae());
                points.add(sae.readsAt());
                points.add(sae.writesAt());
            });
            return List.copyOf(points);
        }

        private void plan(Scope scope, ModelConfig config) {
            blocks.clear();
            for (Direction direction : Direction.values()) {
                if (!directions.contains(direction)) {
                    continue;
                }
                for (PatchSite site : sites) {
                    blocks.add(new Replaced(direction, site, grid(site.shape(config, length)), config));
                }
                features.ifPresent(patches -> {
                    PlacedSae sae = PlacedSae.of(scope, model, patches.sae());
                    int[] each = patches.features().stream()
                            .mapToInt(Integer::intValue)
                            .toArray();
                    int[] group =
                            patches.group().stream().mapToInt(Integer::intValue).toArray();
                    sae.require(each);
                    sae.require(group);
                    blocks.add(new Added(direction, FEATURES, grid(each.length, length + 1), each));
                    if (patches.errors()) {
                        blocks.add(new Added(direction, ERROR, grid(length + 1), new int[0]));
                    }
                    if (group.length > 0) {
                        blocks.add(new Added(direction, GROUP, grid(), group));
                    }
                    blocks.add(new Added(direction, ALL_FEATURES, grid(), new int[0]));
                    if (patches.errors()) {
                        blocks.add(new Added(direction, EVERYTHING, grid(), new int[0]));
                    }
                });
            }
            blocks.removeIf(one -> one.grid.metric.length == 0);
        }

        private static Grid grid(int... shape) {
            int size = Arrays.stream(shape).reduce(1, Math::multiplyExact);
            double[] metric = new double[size];
            Arrays.fill(metric, Double.NaN);
            return new Grid(shape, metric);
        }

        @Override
        public Answer result() {
            Map<Direction, Map<String, Grid>> grids = new EnumMap<>(Direction.class);
            for (Block one : blocks) {
                grids.computeIfAbsent(one.direction, none -> new LinkedHashMap<>())
                        .put(one.name, new Grid(one.grid.shape, one.grid.metric.clone()));
            }
            return new Answer(cleanMetric, corruptMetric, grids);
        }

        @Override
        public double fraction() {
            long all = blocks.stream().mapToLong(one -> one.grid.metric.length).sum();
            return all == 0 ? 0 : (double) done / all;
        }
    }

    private MetricAt measured() {
        return new MetricAt(model, clean, metric, position);
    }

    private List<Integer> own(Direction direction) {
        return direction == Direction.DENOISING ? corrupt : clean;
    }

    private List<Integer> other(Direction direction) {
        return direction == Direction.DENOISING ? clean : corrupt;
    }

    /** Patched runs whose results make one grid. */
    private abstract class Block {
        final Direction direction;
        final String name;
        final Grid grid;

        Block(Direction direction, String name, Grid grid) {
            this.direction = direction;
            this.name = name;
            this.grid = grid;
        }

        /** How many runs from one on make a batch, at most so many. */
        int batch(int first, int most) {
            return Math.min(most, grid.metric.length - first);
        }

        /** Where the runs of a batch that begins with this one are patched. */
        abstract HookPoint point(Scope scope, int first);

        /** The change of the value there in runs {@code first} and after, (B, T, ...). */
        abstract NDArray patched(Scope scope, NDArray value, int first, int count);

        double[] run(Scope scope, int first, int count) {
            HookPoint point = point(scope, first);
            Hook hook = AtPoint.of(point, value -> patched(scope, value, first, count));
            return Runs.numbers(Runs.metricAround(scope, model, own(direction), count, point, hook, measured()));
        }
    }

    /** Values of the other run in place of those of this one. */
    private final class Replaced extends Block {
        private final PatchSite site;
        private final int perLayer;
        private final int heads;

        Replaced(Direction direction, PatchSite site, Grid grid, ModelConfig config) {
            super(direction, site.label(), grid);
            this.site = site;
            perLayer = site.perLayer(config, clean.size());
            heads = site.byHead() ? config.nHeads() : 1;
        }

        @Override
        int batch(int first, int most) {
            return Math.min(most, perLayer - first % perLayer);
        }

        @Override
        HookPoint point(Scope scope, int first) {
            return new HookPoint(site.site(), first / perLayer);
        }

        @Override
        NDArray patched(Scope scope, NDArray value, int first, int count) {
            int length = clean.size();
            int layer = first / perLayer;
            NDArray other = Runs.at(scope, model, other(direction), new HookPoint(site.site(), layer));
            float[] taken = new float[count * length * heads];
            for (int row = 0; row < count; row++) {
                int place = (first + row) % perLayer;
                int head = site.byHead() ? place % heads : 0;
                int at = place / heads;
                for (int t = 0; t < length; t++) {
                    taken[(row * length + t) * heads + head] = !site.byPosition() || t == at ? 1 : 0;
                }
            }
            NDManager owner = value.getManager();
            NDArray mask = owner.create(
                    taken, site.byHead() ? new Shape(count, length, heads, 1) : new Shape(count, length, 1));
            return value.mul(mask.eq(0)).add(other.mul(mask));
        }
    }

    /** What the features or the error of the other run differ by, added to the value of this one. */
    private final class Added extends Block {
        private final int[] chosen;

        /** @param chosen features, where the name does not say which */
        Added(Direction direction, String name, Grid grid, int[] chosen) {
            super(direction, name, grid);
            this.chosen = chosen;
        }

        @Override
        HookPoint point(Scope scope, int first) {
            return placed(scope).writesAt();
        }

        private PlacedSae placed(Scope scope) {
            return PlacedSae.of(scope, model, features.orElseThrow().sae());
        }

        @Override
        NDArray patched(Scope scope, NDArray value, int first, int count) {
            return value.add(changes(scope, first, count).reshape(value.getShape()));
        }

        /** (B, T, S) */
        private NDArray changes(Scope scope, int first, int count) {
            PlacedSae sae = placed(scope);
            NDArray ownValue = Runs.at(scope, model, own(direction), sae.writesAt());
            Encoded ownRead = sae.read(Runs.at(scope, model, own(direction), sae.readsAt()));
            NDArray otherValue = Runs.at(scope, model, other(direction), sae.writesAt());
            Encoded otherRead = sae.read(Runs.at(scope, model, other(direction), sae.readsAt()));
            int length = clean.size();
            switch (name) {
                case FEATURES: {
                    NDList parts = new NDList();
                    for (int i = first; i < first + count; ) {
                        int feature = i / (length + 1);
                        int end = Math.min(first + count, (feature + 1) * (length + 1));
                        NDArray change = change(sae, ownRead, otherRead, ownValue, new int[] {chosen[feature]});
                        parts.add(change.mul(masks(change.getManager(), i % (length + 1), end - i)));
                        i = end;
                    }
                    return NDArrays.concat(parts, 0);
                }
                case ERROR:
                    return error(sae, ownRead, otherRead, ownValue, otherValue)
                            .mul(masks(ownValue.getManager(), first, count));
                case GROUP:
                    return change(sae, ownRead, otherRead, ownValue, chosen);
                case EVERYTHING:
                    return all(sae, ownRead, otherRead, ownValue)
                            .add(error(sae, ownRead, otherRead, ownValue, otherValue));
                default:
                    return all(sae, ownRead, otherRead, ownValue);
            }
        }

        /** What all features of the other run would change of this one's value, (1, T, S). */
        private NDArray all(PlacedSae sae, Encoded own, Encoded other, NDArray value) {
            int[] tokens = Runs.array(own(direction));
            return flat(sae.written(other.features(), own, tokens, value)
                    .sub(sae.written(own.features(), own, tokens, value)));
        }

        /** What the other run's error would change of this one's value, (1, T, S). */
        private NDArray error(PlacedSae sae, Encoded own, Encoded other, NDArray ownValue, NDArray otherValue) {
            NDArray ownError = ownValue.sub(sae.written(own.features(), own, Runs.array(own(direction)), ownValue));
            NDArray otherError =
                    otherValue.sub(sae.written(other.features(), other, Runs.array(other(direction)), otherValue));
            return flat(otherError.sub(ownError));
        }

        /** What some features of the other run would change of this one's value, (1, T, S). */
        private static NDArray change(PlacedSae sae, Encoded own, Encoded other, NDArray value, int[] some) {
            int tokens = Math.toIntExact(own.features().getShape().get(0));
            long[] columns = new long[tokens * some.length];
            Arrays.setAll(columns, i -> some[i % some.length]);
            NDArray index = value.getManager().create(columns, new Shape(tokens, some.length));
            NDArray amounts =
                    other.features().gather(index, 1).sub(own.features().gather(index, 1));
            return flat(sae.change(amounts, some, own, value));
        }

        private static NDArray flat(NDArray value) {
            Shape shape = value.getShape();
            return value.reshape(shape.get(0), shape.get(1), shape.size() / shape.get(0) / shape.get(1));
        }

        /** For runs at the position {@code first} and after each its position, T being all of them: (B, T, 1). */
        private NDArray masks(NDManager owner, int first, int count) {
            int length = clean.size();
            float[] mask = new float[count * length];
            for (int row = 0; row < count; row++) {
                for (int t = 0; t < length; t++) {
                    mask[row * length + t] = first + row == length || first + row == t ? 1 : 0;
                }
            }
            return owner.create(mask, new Shape(count, length, 1));
        }
    }

    @Override
    public long bytes(Answer answer) {
        return 64
                + answer.grids().values().stream()
                        .flatMap(grids -> grids.values().stream())
                        .mapToLong(grid -> 8L * grid.metric().length)
                        .sum();
    }
}
