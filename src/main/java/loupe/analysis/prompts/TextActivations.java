package loupe.analysis.prompts;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.lm.Input;
import loupe.lm.Logits;
import loupe.sae.SparseAutoencoder;
import loupe.sae.SparseFeatures;

/**
 * Every feature of an autoencoder at every token of one text, in one forward pass that ends at the hook point.
 *
 * @param ids the whole text; at most as many as the model's context
 */
public record TextActivations(ModelId model, SaeId sae, List<Integer> ids)
        implements Query.Single<TextActivations.Answer> {
    private static final long BYTES_OF_AN_ACTIVATION = 8;
    private static final long BYTES_OF_A_TOKEN = 24;

    public TextActivations {
        ids = List.copyOf(ids);
        if (ids.isEmpty()) {
            throw new IllegalArgumentException("ids are empty, at least one token is needed");
        }
    }

    /**
     * The text's tokens, with the activations of all features at each of them.
     *
     * @param features one row for each token of {@code ids}
     */
    public record Answer(List<Integer> ids, SparseFeatures features) {
        /** A feature's activation at each token. */
        public float[] of(int feature) {
            float[] values = new float[ids.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = features.get(i, feature);
            }
            return values;
        }

        /** The features with the activations that are furthest from 0 at a token, in that order. */
        public List<Active> strongest(int token, int most) {
            int from = features.offsets()[token];
            int to = features.offsets()[token + 1];
            float[] sorted = Arrays.copyOfRange(features.values(), from, to);
            for (int i = 0; i < sorted.length; i++) {
                sorted[i] = Math.abs(sorted[i]);
            }
            Arrays.sort(sorted);
            float least = sorted.length <= most ? 0 : sorted[sorted.length - most];
            List<Active> active = new ArrayList<>();
            IntStream.range(from, to)
                    .filter(i ->
                            SparseFeatures.isActive(features.values()[i]) && Math.abs(features.values()[i]) >= least)
                    .forEach(i -> active.add(new Active(features.features()[i], features.values()[i])));
            active.sort(Comparator.comparingDouble(one -> -Math.abs(one.activation())));
            return List.copyOf(active.subList(0, Math.min(most, active.size())));
        }

        /** How many features are active at a token. */
        public int l0(int token) {
            return (int) IntStream.range(features.offsets()[token], features.offsets()[token + 1])
                    .filter(i -> SparseFeatures.isActive(features.values()[i]))
                    .count();
        }
    }

    /** A feature and its activation. */
    public record Active(int feature, float activation) {}

    @Override
    public Answer answer(Scope scope) {
        SparseAutoencoder read = scope.sae(sae);
        HookPoint at = CorpusActivations.hookOf(read.config());
        CorpusActivations.Catch caught = new CorpusActivations.Catch(List.of(at));
        int[][] text = {ids.stream().mapToInt(Integer::intValue).toArray()};
        scope.model(model).forward(scope.arrays(), Input.of(text), caught, null, Logits.NONE, scope.cancellation());
        return new Answer(
                ids, read.encodeSparse(TrainedValues.of(scope.model(model), read.config(), at, caught.value(at))));
    }

    @Override
    public long bytes(Answer answer) {
        return BYTES_OF_AN_ACTIVATION * answer.features().values().length + BYTES_OF_A_TOKEN * ids.size();
    }
}
