package loupe.index;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import loupe.analysis.prompts.TokenRows;
import loupe.sae.SparseFeatures;

/**
 * Activations that follow from the token id alone: feature {@code id % 5} fires at {@code 1 + id / 10}, feature 5 at -1
 * on every seventh id.
 */
final class PlantedSource implements IndexBuild.Source {
    static final int FEATURES = 8;

    int asked;
    Runnable beforeAnswer = () -> {};

    @Override
    public CompletionStage<List<SparseFeatures>> activations(TokenRows contexts) {
        asked++;
        beforeAnswer.run();
        List<Integer> features = new ArrayList<>();
        List<Float> values = new ArrayList<>();
        List<Integer> offsets = new ArrayList<>(List.of(0));
        for (int[] context : contexts.all()) {
            for (int id : context) {
                features.add(id % 5);
                values.add(1 + id / 10f);
                if (id % 7 == 0) {
                    features.add(5);
                    values.add(-1f);
                }
                offsets.add(values.size());
            }
        }
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = values.get(i);
        }
        return CompletableFuture.completedFuture(List.of(new SparseFeatures(
                offsets.size() - 1,
                FEATURES,
                offsets.stream().mapToInt(i -> i).toArray(),
                features.stream().mapToInt(i -> i).toArray(),
                floats)));
    }
}
