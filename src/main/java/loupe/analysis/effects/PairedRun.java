package loupe.analysis.effects;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import loupe.analysis.DeviceArrays;
import loupe.analysis.lens.LogitWeights;
import loupe.base.HookPoint;
import loupe.base.HookPoint.Site;
import loupe.inference.ModelId;
import loupe.inference.Scope;
import loupe.lm.Hook;
import loupe.lm.Input;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import loupe.tensor.HostTensor;
import org.jspecify.annotations.Nullable;

/**
 * Runs of texts of one length as they are and under interventions, up to the unembedding, each in a pass of the same
 * shape: where nothing is changed, both have the same numbers to the last bit. B texts, T tokens. For one step.
 *
 * @param ends of the runs as they are and under the interventions, (B, T, dModel) of the residual stream, and what the
 *     interventions themselves add to it, (B, T, dModel), unless they act where that is not known, as inside a head
 * @param areLogits whether both are logits, (B, T, V), since something is changed behind the last block
 * @param applied for each text the tokens at which something was done, once for each place
 */
record PairedRun(LanguageModel lm, Map<Part, NDArray> ends, boolean areLogits, long[] applied) {
    /** What is kept of both runs. */
    private enum Part {
        BEFORE,
        AFTER,
        DIRECT,
        FACTS
    }

    private static Map<Part, NDArray> ends(NDArray before, NDArray after, @Nullable NDArray direct) {
        Map<Part, NDArray> ends = new EnumMap<>(Part.class);
        ends.put(Part.BEFORE, before);
        ends.put(Part.AFTER, after);
        if (direct != null) {
            ends.put(Part.DIRECT, direct);
        }
        return ends;
    }

    private NDArray before() {
        return Objects.requireNonNull(ends.get(Part.BEFORE));
    }

    private NDArray after() {
        return Objects.requireNonNull(ends.get(Part.AFTER));
    }

    /** Runs texts of one length under the same interventions. */
    static PairedRun of(Scope scope, ModelId model, int[][] texts, Interventions done) {
        InterventionHook changes =
                new InterventionHook(scope, model, Collections.nCopies(texts.length, done), texts[0].length);
        changes.next(texts, 0);
        return of(scope, model, Input.of(texts), done.isEmpty() ? null : changes, List.of(), new HashMap<>());
    }

    /**
     * Runs rows as they are and under interventions.
     *
     * @param changes null to change nothing, so that both runs are one
     * @param looked where values are wanted
     * @param seen gets those values, (B, T, ...), first as they are, then as the interventions leave them
     */
    static PairedRun of(
            Scope scope,
            ModelId model,
            Input input,
            @Nullable InterventionHook changes,
            List<HookPoint> looked,
            Map<HookPoint, List<NDArray>> seen) {
        LanguageModel lm = scope.model(model);
        NDManager step = scope.arrays();
        Logits which = changes == null ? Logits.NONE : Runs.ending(changes);
        OptionalInt first = changes == null ? OptionalInt.empty() : firstLayer(lm, changes);
        NDArray[] start = new NDArray[1];
        Map<HookPoint, UnaryOperator<NDArray>> before = new HashMap<>();
        looked.forEach(point -> before.put(point, value -> {
            seen.computeIfAbsent(point, none -> new ArrayList<>()).add(value);
            return value;
        }));
        if (first.isPresent()) {
            before.merge(
                    HookPoint.residPre(first.getAsInt()),
                    value -> {
                        start[0] = value;
                        return value;
                    },
                    (look, keep) -> value -> keep.apply(look.apply(value)));
        }
        NDArray plain = lm.forward(
                step, input, before.isEmpty() ? Hook.NONE : new AtPoint(before), null, which, scope.cancellation());
        if (changes == null) {
            return new PairedRun(lm, ends(plain, plain, null), false, new long[input.rows()]);
        }
        Direct direct = new Direct(changes, step, looked, seen);
        NDArray after = first.isEmpty()
                ? lm.forward(step, input, direct, null, which, scope.cancellation())
                : lm.forwardFrom(step, first.getAsInt(), start[0], input, direct, null, which, scope.cancellation());
        return new PairedRun(
                lm,
                ends(plain, after, direct.sum()),
                which == Logits.ALL,
                IntStream.range(0, input.rows()).mapToLong(changes::applied).toArray());
    }

    /** The runs of one text, kept on the device between steps. */
    static PairedRun kept(Scope scope, ModelId model, List<Integer> ids, Interventions done) {
        Kept key = new Kept(model, ids, done, Part.AFTER);
        NDArray after = scope.kept(key, () -> {
            PairedRun run = key.run(scope);
            scope.kept(key.with(Part.BEFORE), run::before);
            scope.kept(key.with(Part.DIRECT), () -> run.directOrNothing(scope.arrays()));
            scope.kept(key.with(Part.FACTS), () -> run.facts(scope.arrays()));
            return run.after();
        });
        NDArray before = scope.kept(key.with(Part.BEFORE), () -> key.run(scope).before());
        NDArray direct = scope.kept(key.with(Part.DIRECT), () -> key.run(scope).directOrNothing(scope.arrays()));
        double[] facts = scope.kept(key.with(Part.FACTS), () -> key.run(scope).facts(scope.arrays()))
                .toDoubleArray();
        return new PairedRun(
                scope.model(model),
                ends(before, after, direct.getShape().dimension() == 3 ? direct : null),
                facts[0] == 1,
                new long[] {(long) facts[1]});
    }

    private NDArray directOrNothing(NDManager step) {
        NDArray direct = ends.get(Part.DIRECT);
        return direct == null ? step.create(0f) : direct;
    }

    private NDArray facts(NDManager step) {
        return step.create(new double[] {areLogits ? 1 : 0, applied[0]});
    }

    private record Kept(ModelId model, List<Integer> ids, Interventions done, Part part) {
        Kept with(Part other) {
            return new Kept(model, ids, done, other);
        }

        PairedRun run(Scope scope) {
            return of(scope, model, new int[][] {Runs.array(ids)}, done);
        }
    }

    /** Logits of some tokens of one text, first to end (exclusive), as the model gives them: (end - first, V). */
    HostTensor logits(boolean changed, int text, int first, int end) {
        NDArray of = changed ? after() : before();
        NDArray some = of.get("{}, {}:{}", text, first, end);
        NDArray logits = areLogits ? some : lm.logits(some);
        return new HostTensor(
                DeviceArrays.floats(logits), end - first, lm.config().vocabularySize());
    }

    /**
     * What the logit weights say of the interventions at one token: what they add to the residual stream there, through
     * the gain of the final norm and the unembedding, V numbers; empty if that is not known.
     */
    Optional<float[]> predicted(int text, int token) {
        NDArray direct = ends.get(Part.DIRECT);
        if (direct == null) {
            return Optional.empty();
        }
        NDArray there = direct.get("{}, {}:{}", text, token, token + 1);
        return Optional.of(DeviceArrays.floats(LogitWeights.weights(there, lm.embeddings())));
    }

    /** The first layer where something is read or changed; empty if that is before the first block or behind all. */
    private static OptionalInt firstLayer(LanguageModel lm, Hook hook) {
        if (hook.wants(HookPoint.of(Site.EMBED)) || hook.wants(HookPoint.of(Site.POS_EMBED))) {
            return OptionalInt.empty();
        }
        List<Site> sites = Arrays.stream(Site.values()).filter(Site::inBlock).toList();
        return IntStream.range(0, lm.config().nLayers())
                .filter(layer -> sites.stream().anyMatch(site -> hook.wants(new HookPoint(site, layer))))
                .findFirst();
    }

    /** Carries out interventions and adds up what they add to the residual stream. */
    private static final class Direct implements Hook {
        private final InterventionHook changes;
        private final NDManager step;
        /** One array, or none. */
        private final NDList sum = new NDList();

        private final List<HookPoint> looked;
        private final Map<HookPoint, List<NDArray>> seen;
        private boolean isKnown = true;

        Direct(InterventionHook changes, NDManager step, List<HookPoint> looked, Map<HookPoint, List<NDArray>> seen) {
            this.changes = changes;
            this.step = step;
            this.looked = looked;
            this.seen = seen;
        }

        @Nullable
        NDArray sum() {
            return isKnown && !sum.isEmpty() ? sum.get(0) : null;
        }

        @Override
        public boolean wants(HookPoint point) {
            return changes.wants(point) || looked.contains(point);
        }

        @Override
        @SuppressWarnings("ReferenceEquality") // the same array is one that nothing was done to
        public NDArray at(HookPoint point, NDArray value) {
            NDArray changed = changes.wants(point) ? changes.at(point, value) : value;
            if (looked.contains(point)) {
                seen.computeIfAbsent(point, none -> new ArrayList<>()).add(changed);
            }
            if (changed != value && isAdded(point.site())) {
                NDArray own = changed.sub(value);
                NDArray now = sum.isEmpty() ? own : sum.get(0).add(own);
                now.attach(step);
                sum.clear();
                sum.add(now);
            } else if (changed != value) {
                isKnown = false;
            }
            return changed;
        }

        /** Whether the residual stream gains what a value there gains. */
        private static boolean isAdded(Site site) {
            return switch (site) {
                case EMBED, POS_EMBED, RESID_PRE, RESID_MID, RESID_POST, ATTN_OUT, MLP_OUT -> true;
                default -> false;
            };
        }
    }
}
