package loupe.search;

import java.util.Collection;
import java.util.List;
import loupe.analysis.features.NeighbourSpace;
import loupe.analysis.geometry.LargestCosines;
import loupe.analysis.geometry.NearestCounts;
import loupe.analysis.geometry.VectorSet;
import loupe.inference.SaeId;

/**
 * Which decoder direction is nearest to each feature's, of all; any thread, the arrays not to be written.
 *
 * @param cosines with the nearest, NaN where there is no other
 * @param nearest its number, -1 where there is no other
 * @param inDegrees how many have each as nearest
 */
public record NearestFeatures(float[] cosines, int[] nearest, int[] inDegrees) {
    /** The question whose answer says it. */
    public static LargestCosines question(SaeId sae) {
        return new LargestCosines(new VectorSet.Of(new NeighbourSpace.Decoder(sae)), LargestCosines.USUAL_RANKS);
    }

    /** What a whole answer says. */
    public static NearestFeatures of(LargestCosines.Answer answer) {
        return new NearestFeatures(
                answer.largest().get(answer.ranks().indexOf(1)),
                answer.nearest(),
                NearestCounts.inDegrees(answer.nearest(), answer.count()));
    }

    /** Whether any of some columns needs it. */
    public static boolean isIn(Collection<FeatureColumn> columns) {
        return columns.stream()
                .anyMatch(
                        List.of(FeatureColumn.NEAREST_COSINE, FeatureColumn.NEAREST, FeatureColumn.IN_DEGREE)
                                ::contains);
    }

    double cosine(int feature) {
        return feature < cosines.length ? cosines[feature] : Double.NaN;
    }

    double nearest(int feature) {
        return feature < nearest.length && nearest[feature] >= 0 ? nearest[feature] : Double.NaN;
    }

    double inDegree(int feature) {
        return feature < inDegrees.length ? inDegrees[feature] : Double.NaN;
    }
}
