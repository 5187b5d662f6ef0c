package loupe.analysis.ghost;

import loupe.inference.SaeId;

/**
 * A feature added while the tree grows: coefficient times its decoder direction, of unit norm, to the residual stream that
 * enters a layer, at every position after the last ghost.
 */
public record TreeSteering(SaeId sae, int feature, int layer, double coefficient) {}
