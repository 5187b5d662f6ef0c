package loupe.analysis.effects;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import loupe.analysis.DeviceArrays;
import loupe.analysis.features.LogitWeights;
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
 * @param before the end of the runs as they are: the residual stream, (B, T, dModel)
 * @param after the same under the interventions
 * @param areLogits whether both are logits, (B, T, V), since something is changed behind the last block
 * @param direct what the interventions themselves add to the residual stream, (B, T, dModel); null if they act where
 *     that is not known, inside a head or a hidden layer
 * @param applied for each text the tokens at which something was done, once for each place
 */
record PairedRun(
        LanguageModel lm,
        NDArray before,
        NDArray after,
        boolean areLogits,
        @Nullable NDArray direct,
        long[] applied) {
    /** Runs texts of one length under the same interventions. */
    static PairedRun of(Scope scope, ModelId model, int[][] texts, Interventions done) {
        LanguageModel lm = scope.model(model);
        NDManager step = scope.arrays();
        Input input = Input.of(texts);
        InterventionHook changes =
                new InterventionHook(scope, model, Collections.nCopies(texts.length, done), texts[0].length);
        changes.next(texts, 0);
        Logits which = Runs.ending(changes);
        OptionalInt first = firstLayer(lm, changes);
        NDArray[] start = new NDArray[1];
        Hook watch = first.isEmpty()
                ? Hook.NONE
                : AtPoint.of(HookPoint.residPre(first.getAsInt()), value -> {
                    start[0] = value;
                    return value;
                });
        NDArray before = lm.forward(step, input, watch, null, which, scope.cancellation());
        if (done.isEmpty()) {
            return new PairedRun(lm, before, before, which == Logits.ALL, null, new long[texts.length]);
        }
        Direct direct = new Direct(changes, step);
        NDArray after = first.isEmpty()
                ? lm.forward(step, input, direct, null, which, scope.cancellation())
                : lm.forwardFrom(step, first.getAsInt(), start[0], input, direct, which, scope.cancellation());
        return new PairedRun(
                lm,
                before,
                after,
                which == Logits.ALL,
                direct.sum(),
                IntStream.range(0, texts.length).mapToLong(changes::applied).toArray());
    }

    /** The runs of one text, kept on the device between steps. */
    static PairedRun kept(Scope scope, ModelId model, List<Integer> ids, Interventions done) {
        Kept key = new Kept(model, ids, done, Part.AFTER);
        NDArray after = scope.kept(key, () -> {
            PairedRun run = key.run(scope);
            scope.kept(key.with(Part.BEFORE), () -> run.before);
            scope.kept(key.with(Part.DIRECT), () -> run.directOrNothing(scope.arrays()));
            scope.kept(key.with(Part.FACTS), () -> run.facts(scope.arrays()));
            return run.after;
        });
        NDArray before = scope.kept(key.with(Part.BEFORE), () -> key.run(scope).before);
        NDArray direct = scope.kept(key.with(Part.DIRECT), () -> key.run(scope).directOrNothing(scope.arrays()));
        double[] facts = scope.kept(key.with(Part.FACTS), () -> key.run(scope).facts(scope.arrays()))
                .toDoubleArray();
        return new PairedRun(
                scope.model(model),
                before,
                after,
                facts[0] == 1,
                direct.getShape().dimension() == 3 ? direct : null,
                new long[] {(long) facts[1]});
    }

    private NDArray directOrNothing(NDManager step) {
        return direct == null ? step.create(0f) : direct;
    }

    private NDArray facts(NDManager step) {
        return step.create(new double[] {areLogits ? 1 : 0, applied[0]});
    }

    private enum Part {
        BEFORE,
        AFTER,
        DIRECT,
        FACTS
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
        NDArray of = changed ? after : before;
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
        private @Nullable NDArray sum;
        private boolean isKnown = true;

        Direct(InterventionHook changes, NDManager step) {
            this.changes = changes;
            this.step = step;
        }

        @Nullable
        NDArray sum() {
            return isKnown ? sum : null;
        }

        @Override
        public boolean wants(HookPoint point) {
            return changes.wants(point);
        }

        @Override
        @SuppressWarnings("ReferenceEquality") // the same array is one that nothing was done to
        public NDArray at(HookPoint point, NDArray value) {
            NDArray changed = changes.at(point, value);
            if (changed != value && isAdded(point.site())) {
                NDArray own = changed.sub(value);
                sum = sum == null ? own : sum.add(own);
                sum.attach(step);
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
