package loupe.analysis.prompts;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import loupe.base.HookPoint;
import loupe.base.Refusal;
import loupe.base.Remedy;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.lm.Hook;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import loupe.sae.SaeConfig;
import loupe.sae.SparseAutoencoder;
import loupe.sae.SparseFeatures;
import org.jspecify.annotations.Nullable;

/**
 * The feature activations of one or several autoencoders at every token of a batch of contexts, in forward passes that
 * end at the deepest hook point needed: one, or several if the contexts differ in length.
 *
 * @param contexts token ids; contexts of different lengths are padded, which changes nothing
 */
public record CorpusActivations(ModelId model, List<SaeId> saes, TokenRows contexts)
        implements Query.Single<List<SparseFeatures>> {
    /** The same of the rows of an array, which is not to be written. */
    public CorpusActivations(ModelId model, List<SaeId> saes, int[][] contexts) {
        this(model, saes, new TokenRows(contexts));
    }

    /** @return for each autoencoder the activations of all tokens, context by context */
    @Override
    public List<SparseFeatures> answer(Scope scope) {
        return encoded(scope, values(scope));
    }

    /** The values at the hook points of all autoencoders, (N, ...) for the N tokens of all contexts in order. */
    Map<HookPoint, NDArray> values(Scope scope) {
        LanguageModel lm = scope.model(model);
        List<HookPoint> points = saes.stream()
                .map(sae -> hookOf(scope.sae(sae).config()))
                .distinct()
                .toList();
        Map<HookPoint, NDList> found = new HashMap<>();
        List<int[]> batches = contexts.batches(Long.MAX_VALUE);
        for (int[] rows : batches) {
            TokenBatch batch = contexts.batch(rows);
            Catch caught = new Catch(points);
            lm.forward(scope.arrays(), batch.input(), caught, null, Logits.NONE, scope.cancellation());
            for (HookPoint point : points) {
                found.computeIfAbsent(point, none -> new NDList()).add(batch.tokensOf(caught.value(point)));
            }
        }
        int[] order = contexts.inOrder(batches);
        Map<HookPoint, NDArray> values = new HashMap<>();
        found.forEach((point, parts) -> values.put(point, inOrder(parts, order)));
        return values;
    }

    /**
     * Joins values of all tokens.
     *
     * @param order for each token which of the joined values is its
     */
    private static NDArray inOrder(NDList parts, int[] order) {
        NDArray joined = parts.size() == 1 ? parts.get(0) : NDArrays.concat(parts, 0);
        if (parts.size() == 1 && IntStream.range(0, order.length).allMatch(i -> order[i] == i)) {
            return joined;
        }
        Shape shape = joined.getShape();
        return TokenBatch.pick(order, joined.reshape(order.length, shape.size() / order.length))
                .reshape(shape);
    }

    List<SparseFeatures> encoded(Scope scope, Map<HookPoint, NDArray> values) {
        List<SparseFeatures> answer = new ArrayList<>();
        LanguageModel lm = scope.model(model);
        for (SparseAutoencoder sae : saes.stream().map(scope::sae).toList()) {
            scope.cancellation().check();
            HookPoint at = hookOf(sae.config());
            answer.add(
                    sae.encodeSparse(TrainedValues.of(lm, sae.config(), at, Objects.requireNonNull(values.get(at)))));
        }
        return answer;
    }

    /** False: each batch is requested once. */
    @Override
    public boolean cacheable() {
        return false;
    }

    /**
     * Where an autoencoder reads.
     *
     * @throws Refusal if that is not known
     */
    public static HookPoint hookOf(SaeConfig config) {
        Optional<HookPoint> hook = config.hook();
        return hook.orElseThrow(() -> new Refusal(
                "The checkpoint does not say where in the model it reads", Remedy.give(Remedy.Choice.HOOK)));
    }

    /** Keeps the values at some hook points and ends the pass at the last of them. */
    public static final class Catch implements Hook {
        private final List<HookPoint> points;
        private final Map<HookPoint, NDArray> values = new HashMap<>();

        /** @param points whose values are kept */
        public Catch(List<HookPoint> points) {
            this.points = points;
        }

        /** What was there. */
        public NDArray value(HookPoint at) {
            return Objects.requireNonNull(values.get(at), at::toString);
        }

        @Override
        public boolean wants(HookPoint point) {
            return points.contains(point);
        }

        @Override
        public NDArray at(HookPoint point, NDArray value) {
            values.put(point, value);
            return value;
        }

        @Override
        public @Nullable HookPoint stopAfter() {
            return points.stream().max(HookPoint::compareTo).orElse(null);
        }
    }
}
