package loupe.analysis.prompts;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import loupe.analysis.DeviceArrays;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.lm.Ghost;
import loupe.lm.Hook;
import loupe.lm.Input;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import loupe.tensor.HostTensor;

/**
 * One forward pass: the logits at every position, the loss, and the values at some hook points.
 *
 * @param ids tokens, taken as they are
 * @param ghosts vectors, dModel each, that stand in place of the token embedding at their position
 * @param hooks whose values to keep
 * @param allHooks whether to keep the values at every hook point the model has
 */
public record ForwardPass(
        ModelId model, List<Integer> ids, Map<Integer, HostTensor> ghosts, Set<HookPoint> hooks, boolean allHooks)
        implements Query.Single<ForwardPass.Answer> {
    public ForwardPass {
        ids = List.copyOf(ids);
        ghosts = Map.copyOf(ghosts);
        hooks = Set.copyOf(hooks);
    }

    /**
     * What one forward pass over a text gives: logits, values and losses.
     *
     * @param logits (T, V)
     * @param values in the order in which the pass comes to them, shapes as at {@link HookPoint.Site}; hook points that
     *     the model does not have are missing
     * @param losses nats at each position for the token after it, T - 1 values
     */
    public record Answer(HostTensor logits, Map<HookPoint, HostTensor> values, double[] losses) {
        /** Mean loss in nats per token; empty for a single token, which predicts nothing we know. */
        public OptionalDouble loss() {
            return java.util.Arrays.stream(losses).average();
        }
    }

    @Override
    public Answer answer(Scope scope) {
        LanguageModel lm = scope.model(model);
        List<Ghost> placed = new ArrayList<>();
        new TreeMap<>(ghosts).forEach((position, vector) -> placed.add(new Ghost(0, position, vector.data())));
        Keeper keeper = new Keeper();
        NDArray logits = lm.forward(
                scope.arrays(),
                Input.of(ids.stream().mapToInt(Integer::intValue).toArray()).with(placed),
                keeper,
                null,
                Logits.ALL,
                scope.cancellation());
        HostTensor host = withoutBatch(logits);
        return new Answer(host, keeper.values, losses(host));
    }

    private double[] losses(HostTensor logits) {
        double[] losses = new double[ids.size() - 1];
        for (int t = 0; t < losses.length; t++) {
            losses[t] = -LogProbabilities.at(logits, t, ids.get(t + 1));
        }
        return losses;
    }

    /** The value of the only row of the batch. */
    private static HostTensor withoutBatch(NDArray value) {
        long[] shape = value.getShape().getShape();
        int[] rest = new int[shape.length - 1];
        for (int i = 0; i < rest.length; i++) {
            rest[i] = Math.toIntExact(shape[i + 1]);
        }
        return new HostTensor(DeviceArrays.floats(value), rest);
    }

    /** Logits of a long text take hundreds of megabytes. */
    @Override
    public boolean cacheable() {
        return false;
    }

    private final class Keeper implements Hook {
        final Map<HookPoint, HostTensor> values = new LinkedHashMap<>();

        @Override
        public boolean wants(HookPoint point) {
            return allHooks || hooks.contains(point);
        }

        @Override
        public NDArray at(HookPoint point, NDArray value) {
            values.put(point, withoutBatch(value));
            return value;
        }
    }
}
