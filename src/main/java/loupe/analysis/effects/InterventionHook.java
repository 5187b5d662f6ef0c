package loupe.analysis.effects;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import loupe.analysis.Vectors;
import loupe.analysis.effects.Intervention.Action;
import loupe.analysis.effects.Intervention.OfActivation;
import loupe.analysis.effects.Intervention.Target;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.lm.Hook;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import loupe.lm.SiteShape;
import loupe.sae.Encoded;

/**
 * Carries out interventions in forward passes, each row of the batch its own: prompts, generated tokens, examples, the
 * nodes of a tree. Neighbouring rows to which the same is done are changed together. For one step; arrays belong to the
 * manager of the values that are shown.
 */
public final class InterventionHook implements Hook {
    /** Stands for the position of padding, at which nothing is done that counts. */
    public static final int PADDING = -1;

    private final Scope scope;
    private final ModelId model;
    /** For each row how many tokens come before the first that is generated. */
    private final int[] prompts;

    private final Map<SaeId, PlacedSae> placed = new LinkedHashMap<>();
    private final List<Span> spans = new ArrayList<>();
    /** Transcoders, by where they read, whose reading is needed later. */
    private final Map<HookPoint, List<SaeId>> readBefore = new HashMap<>();

    /** What transcoders have read in this pass, one reading for each span. */
    private final Map<SaeId, Map<Span, Encoded>> readings = new HashMap<>();

    private int[][] ids = {};
    /** Of each token of each row in its text. */
    private int[][] positions = {};

    private final long[] applied;

    /**
     * Neighbouring rows to which the same is done, R of them.
     *
     * @param end the row behind the last
     * @param operations what is done at each place, in order
     */
    private record Span(int first, int end, Map<HookPoint, List<Operation>> operations) {
        int rows() {
            return end - first;
        }
    }

    /**
     * @param rows of the batch, what is done to each
     * @param prompt tokens before the first that is generated
     * @throws Refusal if a checkpoint does not fit the model, or there is no such feature or place
     */
    InterventionHook(Scope scope, ModelId model, List<Interventions> rows, int prompt) {
        this(
                scope,
                model,
                rows,
                IntStream.generate(() -> prompt).limit(rows.size()).toArray());
    }

    /**
     * @param rows of the batch, what is done to each
     * @param prompts for each row how many tokens come before the first that is generated
     * @throws Refusal if a checkpoint does not fit the model, or there is no such feature or place
     */
    public InterventionHook(Scope scope, ModelId model, List<Interventions> rows, int[] prompts) {
        this.scope = scope;
        this.model = model;
        this.prompts = prompts;
        applied = new long[rows.size()];
        for (int first = 0; first < rows.size(); ) {
            int end = first + 1;
            while (end < rows.size() && Objects.equals(rows.get(end), rows.get(first))) {
                end++;
            }
            spans.add(new Span(first, end, operations(rows.get(first))));
            first = end;
        }
    }

    /**
     * To be called before each forward pass.
     *
     * @param tokens of the pass, for each row
     * @param position of the first of them in the text
     */
    void next(int[][] tokens, int position) {
        int[][] all = new int[tokens.length][];
        Arrays.setAll(
                all,
                row -> IntStream.range(position, position + tokens[row].length).toArray());
        next(tokens, all);
    }

    /**
     * To be called before each forward pass.
     *
     * @param tokens of the pass, for each row
     * @param places of each of them in its text; {@link #PADDING} where there is none
     */
    public void next(int[][] tokens, int[][] places) {
        ids = tokens;
        positions = places;
        readings.clear();
    }

    /** What the pass ends with: logits if something is changed behind the last block. */
    public Logits ending() {
        return Runs.ending(this);
    }

    /** At how many tokens of a row something was done, in all passes; once for each place. */
    long applied(int row) {
        return applied[row];
    }

    @Override
    public boolean wants(HookPoint point) {
        return readBefore.containsKey(point) || isChanged(point);
    }

    private boolean isChanged(HookPoint point) {
        return spans.stream().anyMatch(span -> span.operations().containsKey(point));
    }

    @Override
    public NDArray at(HookPoint point, NDArray value) {
        NDArray changed = value;
        if (isChanged(point)) {
            NDList parts = new NDList();
            for (Span span : spans) {
                NDArray part = part(value, span);
                for (Operation operation : span.operations().getOrDefault(point, List.of())) {
                    part = operation.apply(part, span);
                }
                parts.add(part);
            }
            changed = parts.size() == 1 ? parts.get(0) : NDArrays.concat(parts, 0);
        }
        for (SaeId id : readBefore.getOrDefault(point, List.of())) {
            Map<Span, Encoded> found = new HashMap<>();
            for (Span span : spans) {
                found.put(span, placed(id).read(part(changed, span)));
            }
            readings.put(id, found);
        }
        return changed;
    }

    /** The value of some rows, (R, T, ...). */
    private NDArray part(NDArray value, Span span) {
        return spans.size() == 1 ? value : value.get("{}:{}", span.first(), span.end());
    }

    private PlacedSae placed(SaeId id) {
        return placed.computeIfAbsent(id, sae -> PlacedSae.of(scope, model, sae));
    }

    /** One change of some rows' value at a place. */
    @FunctionalInterface
    private interface Operation {
        /** @param value (R, T, ...) */
        NDArray apply(NDArray value, Span span);
    }

    private Map<HookPoint, List<Operation>> operations(Interventions row) {
        Map<HookPoint, List<Operation>> found = new HashMap<>();
        for (SaeId id : row.withoutError()) {
            boolean own = row.list().stream().anyMatch(one -> isActivationOf(id, one));
            if (!own) {
                add(found, placed(id).writesAt(), new Activations(id, List.of(), true));
            }
        }
        for (int i = 0; i < row.list().size(); i++) {
            Intervention one = row.list().get(i);
            if (one.action() instanceof OfActivation && one.target() instanceof Target.Feature feature) {
                List<Intervention> group = new ArrayList<>(List.of(one));
                while (i + 1 < row.list().size()
                        && isActivationOf(feature.sae(), row.list().get(i + 1))) {
                    group.add(row.list().get(++i));
                }
                add(
                        found,
                        placed(feature.sae()).writesAt(),
                        new Activations(feature.sae(), group, row.withoutError().contains(feature.sae())));
            } else {
                add(found, place(one.target()), new Along(direction(one.target()), one.action(), one.positions()));
            }
        }
        return found;
    }

    private static boolean isActivationOf(SaeId id, Intervention one) {
        return one.action() instanceof OfActivation
                && one.target() instanceof Target.Feature feature
                && feature.sae().equals(id);
    }

    private static void add(Map<HookPoint, List<Operation>> found, HookPoint at, Operation operation) {
        found.computeIfAbsent(at, none -> new ArrayList<>()).add(operation);
    }

    private HookPoint place(Target target) {
        if (target instanceof Target.FeatureElsewhere elsewhere) {
            return elsewhere.at();
        }
        return target instanceof Target.Feature feature
                ? placed(feature.sae()).writesAt()
                : ((Target.Direction) target).at();
    }

    /** The direction of a target, S numbers. */
    private float[] direction(Target target) {
        if (target instanceof Target.Feature feature) {
            return direction(feature.sae(), feature.feature());
        }
        float[] direction = target instanceof Target.FeatureElsewhere elsewhere
                ? direction(elsewhere.sae(), elsewhere.feature())
                : ((Target.Direction) target).vector().data();
        int width = width(place(target));
        if (direction.length != width) {
            throw new Refusal(
                    "The vector has " + direction.length + " numbers",
                    width + ", as the model has at " + place(target),
                    "Choose another vector or place");
        }
        return direction;
    }

    private float[] direction(SaeId id, int feature) {
        PlacedSae sae = placed(id);
        sae.require(feature);
        return sae.direction(scope.arrays(), feature);
    }

    private int width(HookPoint at) {
        LanguageModel lm = scope.model(model);
        Optional<SiteShape> shape = lm.config().at(at);
        boolean isThere = !at.site().inBlock() || at.layer() < lm.config().nLayers();
        if (!isThere || shape.isEmpty() || isPattern(at.site())) {
            throw new Refusal(
                    "The model has no vectors at " + at,
                    "a hook point of its " + lm.config().nLayers() + " layers",
                    "Choose another place");
        }
        return shape.get().size();
    }

    private static boolean isPattern(Site site) {
        return site == Site.ATTN_SCORES || site == Site.PATTERN;
    }

    /** Counts the tokens at which something is done, (R T). */
    private void count(boolean[] isChanged, Span span) {
        int length = isChanged.length / span.rows();
        for (int i = 0; i < isChanged.length; i++) {
            applied[span.first() + i / length] += isChanged[i] ? 1 : 0;
        }
    }

    /** Which tokens of some rows are meant, (R T). */
    private boolean[] chosen(Positions meant, Span span) {
        int length = ids[span.first()].length;
        boolean[] chosen = new boolean[span.rows() * length];
        for (int i = 0; i < chosen.length; i++) {
            int row = span.first() + i / length;
            int position = positions[row][i % length];
            chosen[i] = position != PADDING && meant.include(position, prompts[row]);
        }
        return chosen;
    }

    private int[] tokens(Span span) {
        return Arrays.stream(ids, span.first(), span.end())
                .flatMapToInt(Arrays::stream)
                .toArray();
    }

    /** Changes activations of one checkpoint, all from the same incoming value. */
    private final class Activations implements Operation {
        private final SaeId id;
        private final List<Intervention> group;
        private final boolean dropsError;
        private final int[] features;

        Activations(SaeId id, List<Intervention> group, boolean dropsError) {
            this.id = id;
            this.group = group;
            this.dropsError = dropsError;
            PlacedSae sae = placed(id);
            features = group.stream()
                    .mapToInt(one -> ((Target.Feature) one.target()).feature())
                    .toArray();
            sae.require(features);
            if (!sae.readsAt().equals(sae.writesAt())) {
                List<SaeId> here = readBefore.computeIfAbsent(sae.readsAt(), none -> new ArrayList<>());
                if (!here.contains(id)) {
                    here.add(id);
                }
            }
        }

        @Override
        public NDArray apply(NDArray value, Span span) {
            PlacedSae sae = placed(id);
            Encoded reading = sae.readsAt().equals(sae.writesAt())
                    ? sae.read(value)
                    : Objects.requireNonNull(
                            Objects.requireNonNull(readings.get(id)).get(span));
            int[] tokens = tokens(span);
            NDArray base = dropsError ? sae.written(reading.features(), reading, tokens, value) : value;
            int length = tokens.length;
            boolean[] any = dropsError ? chosen(Positions.ALL, span) : new boolean[length];
            if (features.length == 0) {
                count(any, span);
                return base;
            }
            // f' - f = factors f + terms
            float[] factors = new float[length * features.length];
            float[] terms = new float[factors.length];
            long[] columns = new long[factors.length];
            for (int i = 0; i < features.length; i++) {
                boolean[] chosen = chosen(group.get(i).positions(), span);
                Action action = group.get(i).action();
                for (int t = 0; t < length; t++) {
                    int at = t * features.length + i;
                    columns[at] = features[i];
                    any[t] |= chosen[t];
                    if (chosen[t] && action instanceof Intervention.Clamp clamp) {
                        factors[at] = -1;
                        terms[at] = (float) clamp.activation();
                    } else if (chosen[t]) {
                        factors[at] = (float) (((Intervention.Scale) action).factor() - 1);
                    }
                }
            }
            count(any, span);
            Shape shape = new Shape(length, features.length);
            NDManager owner = value.getManager();
            NDArray amounts = reading.features()
                    .gather(owner.create(columns, shape), 1)
                    .mul(owner.create(factors, shape))
                    .add(owner.create(terms, shape));
            return base.add(sae.change(amounts, features, reading, value));
        }
    }

    /** Changes a value along one direction. */
    private final class Along implements Operation {
        private final float[] direction;
        private final Action action;
        private final Positions meant;

        Along(float[] given, Action action, Positions meant) {
            boolean isUnit = !(action instanceof Intervention.Add add) || add.unit();
            this.direction = isUnit ? unit(given) : given;
            this.action = action;
            this.meant = meant;
        }

        private static float[] unit(float[] given) {
            double[] wide = new double[given.length];
            Arrays.setAll(wide, i -> given[i]);
            return Vectors.tensor(Vectors.unit(wide)).data();
        }

        @Override
        public NDArray apply(NDArray value, Span span) {
            boolean[] chosen = chosen(meant, span);
            count(chosen, span);
            float[] mask = new float[chosen.length];
            for (int t = 0; t < mask.length; t++) {
                mask[t] = chosen[t] ? 1 : 0;
            }
            NDArray along = value.getManager().create(direction, new Shape(1, direction.length));
            NDArray amounts = amounts(value.reshape(mask.length, direction.length), along)
                    .mul(value.getManager().create(mask, new Shape(mask.length, 1)));
            return value.add(amounts.matMul(along).reshape(value.getShape()));
        }

        /** How much of the direction each token gains, (T, 1), for values (T, S). */
        private NDArray amounts(NDArray h, NDArray along) {
            if (action instanceof Intervention.Add add) {
                return h.getManager().full(new Shape(h.getShape().get(0), 1), (float) add.strength());
            }
            NDArray p = h.matMul(along.transpose());
            if (action instanceof Intervention.Orthogonal orthogonal) {
                return p.mul((float) (orthogonal.factor() - 1));
            }
            Intervention.Cap cap = (Intervention.Cap) action;
            NDArray capped = p;
            if (cap.least().isPresent()) {
                capped = capped.maximum((float) cap.least().getAsDouble());
            }
            if (cap.most().isPresent()) {
                capped = capped.minimum((float) cap.most().getAsDouble());
            }
            return capped.sub(p);
        }
    }
}
