package loupe.analysis.effects;

import java.util.List;
import loupe.inference.SaeId;

/**
 * Which of a checkpoint's features are patched, where it writes.
 *
 * @param features each alone, at each position and at all of them
 * @param group all together, at all positions; empty for none
 * @param errors whether what is not reconstructed is patched as well, at each position and at all of them
 */
public record FeaturePatches(SaeId sae, List<Integer> features, List<Integer> group, boolean errors) {
    public FeaturePatches {
        features = List.copyOf(features);
        group = List.copyOf(group);
    }
}
