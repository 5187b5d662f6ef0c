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
import loupe.lm.Input;
import loupe.lm.KeyValueCache;
import loupe.lm.KeyValues;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
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

    /** Runs of one batch begin at one position; so many computed positions allow for one that is computed in vain. */
    private static final int POSITIONS_TO_JOIN = 8;

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
        return begin(STEP_TOKENS, SHORT_STEP_TOKENS);
    }

    /** The runs in steps of at most so many tokens of a layer, or of one run if that has more. */
    Sweep begin(int stepTokens, int shortStepTokens) {
        return new Sweep(stepTokens, shortStepTokens);
    }

    /** Both unpatched runs, then one batch of patched ones after the other. */
    public final class Sweep implements Query.Sweep<Answer> {
        private final int length = clean.size();
        private final List<Block> blocks = new ArrayList<>();
        private double cleanMetric = Double.NaN;
        private double corruptMetric = Double.NaN;
        private int block;

        private final int stepTokens;
        private final int shortStepTokens;

        private Sweep(int stepTokens, int shortStepTokens) {
            this.stepTokens = stepTokens;
            this.shortStepTokens = shortStepTokens;
        }

        @Override
        public boolean step(Scope scope) {
            LanguageModel lm = scope.model(model);
            if (Double.isNaN(cleanMetric)) {
                plan(scope, lm.config());
                List<HookPoint> needed = needed(scope, lm.config());
                cleanMetric = Runs.observed(scope, model, clean, needed, measured());
                corruptMetric = Runs.observed(scope, model, corrupt, needed, measured());
                blocks.forEach(one -> one.begin(one.direction == Direction.DENOISING ? corruptMetric : cleanMetric));
                return !blocks.isEmpty();
            }
            Block running = blocks.get(block);
            if (!running.isDone()) {
                running.next(scope, scope.othersWait() ? shortStepTokens : stepTokens);
            }
            if (running.isDone()) {
                block++;
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
            long done = blocks.stream().mapToLong(one -> one.done).sum();
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
    private abstract static class Block {
        final Direction direction;
        final String name;
        final Grid grid;
        /** Places whose metric is known. */
        int done;

        Block(Direction direction, String name, Grid grid) {
            this.direction = direction;
            this.name = name;
            this.grid = grid;
        }

        boolean isDone() {
            return done == grid.metric.length;
        }

        /**
         * Fills in what needs no run.
         *
         * @param own the metric of the run that is patched
         */
        void begin(double own) {}

        /** Runs the next batch of at most so many tokens, or of one run if that has more. */
        abstract void next(Scope scope, int mostTokens);
    }

    /**
     * Values of the other run in place of those of this one. A run that is patched in layer L and at position p is this
     * run before both: so it joins a batch at layer L, begins at position p, or at the first of its batch, attending to
     * the unpatched run before that, and ends with the position that counts; the last layer is computed for that
     * position alone. Patches behind it change nothing.
     */
    private final class Replaced extends Block {
        private final PatchSite site;
        private final int layers;
        private final int heads;
        /** Places of a layer: by position, at each by head. */
        private final int perLayer;
        /** The places of each layer that are running, first and how many, and the first layer that is left of them. */
        private int place;

        private int group;
        private int layer;

        Replaced(Direction direction, PatchSite site, Grid grid, ModelConfig config) {
            super(direction, site.label(), grid);
            this.site = site;
            layers = config.nLayers();
            heads = site.byHead() ? config.nHeads() : 1;
            perLayer = site.perLayer(config, clean.size());
        }

        /** Places of a layer that change the prediction. */
        private int effective() {
            return site.byPosition() ? (position + 1) * heads : perLayer;
        }

        /** The first position that a place of a layer changes. */
        private int positionOf(int placeOfLayer) {
            return site.byPosition() ? placeOfLayer / heads : 0;
        }

        @Override
        void begin(double own) {
            for (int first = 0; first < grid.metric.length; first += perLayer) {
                Arrays.fill(grid.metric, first + effective(), first + perLayer, own);
            }
            done = layers * (perLayer - effective());
        }

        @Override
        void next(Scope scope, int mostTokens) {
            int length = position + 1 - positionOf(place);
            if (layer == 0) {
                group = Math.min(effective() - place, group(length, mostTokens));
            }
            int entering = Math.max(1, Math.min(layers - layer, mostTokens / (group * length)));
            double[] found = run(scope, entering);
            for (int i = 0; i < found.length; i++) {
                grid.metric[(layer + i / group) * perLayer + place + i % group] = found[i];
            }
            done += found.length;
            layer += entering;
            if (layer == layers) {
                layer = 0;
                place += group;
            }
        }

        /** How many places of each layer run together: few positions, since all begin at the first. */
        private int group(int length, int mostTokens) {
            int positions = site.byPosition() ? Math.max(1, length / POSITIONS_TO_JOIN) : 1;
            int places = site.byPosition() ? positions * heads : perLayer;
            return Math.max(1, Math.min(places, mostTokens / (layers * length)));
        }

        /** The metric of runs that are patched in so many layers from the next one on, by layer, then place. */
        private double[] run(Scope scope, int entering) {
            LanguageModel lm = scope.model(model);
            List<Integer> ids = own(direction);
            int from = positionOf(place);
            List<Integer> text = ids.subList(from, position + 1);
            List<KeyValues> past = from == 0 ? List.of() : Runs.keysAndValues(scope, model, ids, from);
            NDManager step = scope.arrays();
            NDArray x = step.zeros(new Shape(0, text.size(), lm.config().dModel()));
            for (int at = layer; at < layers; at++) {
                Hook hook = Hook.NONE;
                NDArray before = x;
                if (at < layer + entering) {
                    NDArray joining = part(Runs.at(scope, model, ids, HookPoint.residPre(at)), from)
                            .repeat(0, group);
                    NDArray other = part(Runs.at(scope, model, other(direction), new HookPoint(site.site(), at)), from);
                    hook = AtPoint.of(new HookPoint(site.site(), at), value -> replaced(value, other, from));
                    x = before.concat(joining, 0);
                    joining.close();
                    before.close();
                }
                Input input =
                        Runs.rows(text, Math.toIntExact(x.getShape().get(0))).startingAt(from);
                KeyValueCache cache =
                        past.isEmpty() ? null : KeyValueCache.empty().withShared(past);
                try (NDManager pass = step.newSubManager()) {
                    NDArray after = at < layers - 1
                            ? lm.block(pass, at, x, input, hook, cache, scope.cancellation())
                            : lm.forwardFrom(
                                    pass, at, x, input, hook, cache, Logits.NONE_OF_LAST, scope.cancellation());
                    after.attach(step);
                    x.close();
                    x = after;
                }
            }
            NDArray last = x.reshape(x.getShape().get(0), lm.config().dModel());
            return Runs.numbers(measured().ofResidual(scope, lm, last));
        }

        /** The positions that are run, (1, T', ...). */
        private NDArray part(NDArray value, int from) {
            return value.get(":, {}:{}", from, position + 1);
        }

        /** The rows that have joined last with their places replaced, the others as they are. */
        private NDArray replaced(NDArray value, NDArray other, int from) {
            Shape shape = value.getShape();
            int length = Math.toIntExact(shape.get(1));
            float[] taken = new float[group * length * heads];
            for (int row = 0; row < group; row++) {
                int head = site.byHead() ? (place + row) % heads : 0;
                int at = positionOf(place + row) - from;
                for (int t = 0; t < length; t++) {
                    taken[(row * length + t) * heads + head] = !site.byPosition() || t == at ? 1 : 0;
                }
            }
            NDArray mask = value.getManager()
                    .create(taken, site.byHead() ? new Shape(group, length, heads, 1) : new Shape(group, length, 1));
            long earlier = shape.get(0) - group;
            NDArray changed = value.get("{}:", earlier).mul(mask.eq(0)).add(other.mul(mask));
            return earlier == 0 ? changed : value.get("{}:{}", 0, earlier).concat(changed, 0);
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
        void next(Scope scope, int mostTokens) {
            int count = Math.min(Math.max(1, mostTokens / clean.size()), grid.metric.length - done);
            int first = done;
            HookPoint point = placed(scope).writesAt();
            Hook hook = AtPoint.of(point, value -> patched(scope, value, first, count));
            double[] found =
                    Runs.numbers(Runs.metricAround(scope, model, own(direction), count, point, hook, measured()));
            System.arraycopy(found, 0, grid.metric, first, count);
            done += count;
        }

        private PlacedSae placed(Scope scope) {
            return PlacedSae.of(scope, model, features.orElseThrow().sae());
        }

        /** The value with the changes of runs {@code first} and after, (B, T, S). */
        private NDArray patched(Scope scope, NDArray value, int first, int count) {
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
