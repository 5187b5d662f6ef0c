package loupe.analysis.tokenbias;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import loupe.analysis.DeviceArrays;
import loupe.analysis.Vectors;
import loupe.analysis.features.NeighbourSpace;
import loupe.base.Refusal;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;

/**
 * How alike the biases are of tokens that mean the same, such as " the" and "The": for each listed token the largest
 * cosine of its bias with that of another of its group.
 *
 * @param groups each of at least two token ids
 */
public record SimilarTokens(SaeId sae, List<List<Integer>> groups) implements Query.Single<SimilarTokens.Answer> {
    public SimilarTokens {
        groups = groups.stream().map(List::copyOf).toList();
        if (groups.stream().anyMatch(group -> group.size() < 2)) {
            throw new Refusal("A group has fewer than two tokens", "two or more in each", "Leave the group out");
        }
    }

    @Override
    public Answer answer(Scope scope) {
        NDArray biases = new NeighbourSpace.Biases(sae).rows(scope);
        List<Double> largest = new ArrayList<>();
        for (List<Integer> group : groups) {
            double[][] units = group.stream()
                    .map(id ->
                            Vectors.unit(DeviceArrays.doubles(DeviceArrays.rows(scope.arrays(), biases, id, id + 1L))))
                    .toArray(double[][]::new);
            for (int i = 0; i < units.length; i++) {
                double best = Double.NEGATIVE_INFINITY;
                for (int j = 0; j < units.length; j++) {
                    best = i == j ? best : Math.max(best, Vectors.dot(units[i], units[j]));
                }
                largest.add(best);
            }
        }
        return new Answer(largest);
    }

    /**
     * The largest cosine of each token, group after group.
     *
     * @param largest in the order of the groups
     */
    public record Answer(List<Double> largest) {
        /** The median over all listed tokens. */
        public double median() {
            return ValueSummary.median(
                    largest.stream().mapToDouble(Double::doubleValue).toArray());
        }
    }
}
