package loupe.analysis.prompts;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import loupe.base.HookPoint;
import loupe.base.Refusal;
import loupe.base.Remedy;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.lm.Hook;
import loupe.lm.Input;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import loupe.sae.SaeConfig;
import loupe.sae.SparseAutoencoder;
import loupe.sae.SparseFeatures;
import org.jspecify.annotations.Nullable;

/**
 * The feature activations of one or several autoencoders at every token of a batch of contexts, in one forward pass
 * that ends at the deepest hook point needed.
 *
 * @param contexts token ids, all of one length
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
        return encoded(scope, caught(scope));
    }

    /** The values at the hook points of all autoencoders. */
    Catch caught(Scope scope) {
        LanguageModel lm = scope.model(model);
        Catch caught = new Catch(
                saes.stream().map(sae -> hookOf(scope.sae(sae).config())).toList());
        lm.forward(scope.arrays(), Input.of(contexts.all()), caught, null, Logits.NONE, scope.cancellation());
        return caught;
    }

    List<SparseFeatures> encoded(Scope scope, Catch caught) {
        List<SparseFeatures> answer = new ArrayList<>();
        LanguageModel lm = scope.model(model);
        for (SparseAutoencoder sae : saes.stream().map(scope::sae).toList()) {
            scope.cancellation().check();
            HookPoint at = hookOf(sae.config());
            answer.add(sae.encodeSparse(TrainedValues.of(lm, sae.config(), at, caught.value(at))));
        }
        return answer;
    }

    /** False: each batch is requested once. */
    @Override
    public boolean cacheable() {
        return false;
    }

    static HookPoint hookOf(SaeConfig config) {
        Optional<HookPoint> hook = config.hook();
        return hook.orElseThrow(() -> new Refusal(
                "The checkpoint does not say where in the model it reads", Remedy.give(Remedy.Choice.HOOK)));
    }

    /** Keeps the values at some hook points and ends the pass at the last of them. */
    static final class Catch implements Hook {
        private final List<HookPoint> points;
        private final Map<HookPoint, NDArray> values = new HashMap<>();

        Catch(List<HookPoint> points) {
            this.points = points;
        }

        /** What was there. */
        NDArray value(HookPoint at) {
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
            return points.stream()
                    .max(java.util.Comparator.comparingInt(HookPoint::layer).thenComparing(HookPoint::site))
                    .orElse(null);
        }
    }
}
