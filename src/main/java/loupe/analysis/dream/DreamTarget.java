package loupe.analysis.dream;

import java.util.Optional;
import loupe.inference.SaeId;

/**
 * What a text is to make large at its last token: a feature's activation, or how far one feature's activation is above
 * that of another, of the same or another checkpoint.
 *
 * @param without the feature that is to stay silent; empty for none
 */
public record DreamTarget(Feature feature, Optional<Feature> without) {
    /** A feature of a checkpoint. */
    public record Feature(SaeId sae, int index) {}

    /** One feature alone. */
    public static DreamTarget of(SaeId sae, int feature) {
        return new DreamTarget(new Feature(sae, feature), Optional.empty());
    }
}
