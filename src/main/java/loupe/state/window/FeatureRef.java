package loupe.state.window;

import loupe.inference.SaeId;

/** Names a feature of an open checkpoint. Features are ordered by checkpoint name, then number. */
public record FeatureRef(SaeId sae, int feature) {
    public FeatureRef {
        if (feature < 0) {
            throw new IllegalArgumentException("feature is " + feature + ", must not be negative");
        }
    }

    @Override
    public String toString() {
        return "feature " + feature + " of " + sae;
    }
}
