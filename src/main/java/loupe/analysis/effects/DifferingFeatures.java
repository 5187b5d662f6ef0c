package loupe.analysis.effects;

import ai.djl.ndarray.NDArray;
import java.util.Comparator;
import java.util.List;
import loupe.analysis.DeviceArrays;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;

/**
 * The features of a checkpoint whose activations in two texts differ most at any position, furthest apart first; none
 * that are the same in both.
 *
 * @param clean tokens of one text
 * @param corrupt as many tokens
 * @param most how many are wanted
 */
public record DifferingFeatures(ModelId model, SaeId sae, List<Integer> clean, List<Integer> corrupt, int most)
        implements Query.Single<List<Integer>> {
    public DifferingFeatures {
        clean = List.copyOf(clean);
        corrupt = List.copyOf(corrupt);
        if (clean.isEmpty() || clean.size() != corrupt.size()) {
            throw new IllegalArgumentException(
                    "the texts have " + clean.size() + " and " + corrupt.size() + " tokens, expected as many");
        }
    }

    @Override
    public List<Integer> answer(Scope scope) {
        PlacedSae placed = PlacedSae.of(scope, model, sae);
        NDArray own =
                placed.read(Runs.at(scope, model, clean, placed.readsAt())).features();
        NDArray other =
                placed.read(Runs.at(scope, model, corrupt, placed.readsAt())).features();
        float[] largest = DeviceArrays.floats(other.sub(own).abs().max(new int[] {0}));
        return LargestEffects.of(largest, most)
                .boxed()
                .sorted(Comparator.<Integer>comparingDouble(i -> -largest[i]).thenComparing(i -> i))
                .toList();
    }

    @Override
    public long bytes(List<Integer> answer) {
        return 64 + 16L * answer.size();
    }
}
