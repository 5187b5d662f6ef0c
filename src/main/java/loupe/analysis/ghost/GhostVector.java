package loupe.analysis.ghost;

import loupe.tensor.HostTensor;

/**
 * A ghost ready to be put in a token's place.
 *
 * @param ghost g, (dModel)
 * @param centroid c, the mean of the token embeddings, (dModel)
 * @param direction u of {@link GhostSettings}, (dModel); for a finished ghost, the ghost itself at unit norm
 */
public record GhostVector(HostTensor ghost, HostTensor centroid, HostTensor direction) {}
