package loupe.analysis.prompts;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import loupe.analysis.DeviceArrays;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.sae.SparseFeatures;

/**
 * The answer of {@link CorpusActivations} with the norms of the vectors that the autoencoders read: an outlier is a
 * token whose residual stream is unlike all others.
 *
 * @param contexts token ids
 */
public record NormedActivations(ModelId model, List<SaeId> saes, TokenRows contexts)
        implements Query.Single<NormedActivations.Answer> {
    /** The same of the rows of an array, which is not to be written. */
    public NormedActivations(ModelId model, List<SaeId> saes, int[][] contexts) {
        this(model, saes, new TokenRows(contexts));
    }

    /**
     * Feature activations and norms at every token.
     *
     * @param activations for each autoencoder those of all tokens, context by context
     * @param norms for each hook point that is read, once, the Euclidean norm of the value there at every token
     */
    public record Answer(List<SparseFeatures> activations, List<float[]> norms) {}

    @Override
    public Answer answer(Scope scope) {
        CorpusActivations plain = new CorpusActivations(model, saes, contexts);
        Map<HookPoint, NDArray> values = plain.values(scope);
        List<float[]> norms = new ArrayList<>();
        for (HookPoint point : saes.stream()
                .map(sae -> CorpusActivations.hookOf(scope.sae(sae).config()))
                .distinct()
                .toList()) {
            NDArray value = Objects.requireNonNull(values.get(point));
            long rows = contexts.tokens();
            norms.add(
                    DeviceArrays.floats(value.reshape(rows, value.size() / rows).norm(new int[] {1})));
        }
        return new Answer(plain.encoded(scope, values), norms);
    }

    /** False: each batch is requested once. */
    @Override
    public boolean cacheable() {
        return false;
    }
}
