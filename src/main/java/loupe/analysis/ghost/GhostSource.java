package loupe.analysis.ghost;

import loupe.inference.SaeId;
import loupe.tensor.HostTensor;

/** What a ghost is made of, without the settings that sliders change. */
public sealed interface GhostSource {
    /** A feature's encoder direction (its column of W_enc) and decoder direction (its row of W_dec). */
    record Feature(SaeId sae, int index) implements GhostSource {}

    /** Two directions of shape (dModel) from a file, in the roles of a feature's. */
    record Directions(HostTensor encoder, HostTensor decoder) implements GhostSource {}

    /** A finished ghost of shape (dModel), used as it is: neither normalised, scaled nor moved. */
    record Finished(HostTensor vector) implements GhostSource {}
}
