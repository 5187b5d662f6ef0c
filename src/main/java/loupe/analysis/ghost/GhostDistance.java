package loupe.analysis.ghost;

import loupe.analysis.Vectors;

/** The distance of a ghost from its origin. */
final class GhostDistance {
    private GhostDistance() {}

    /**
     * The origin of a ghost: the centroid, or zero for a ghost without it. A finished ghost counts as one with the
     * centroid.
     */
    static double[] origin(GhostSettings settings, GhostVector vector) {
        boolean moved = settings.centroid() || settings.source() instanceof GhostSource.Finished;
        return Vectors.scaled(Vectors.doubles(vector.centroid()), moved ? 1 : 0);
    }

    static double of(GhostSettings settings, GhostVector vector) {
        double[] offset = Vectors.doubles(vector.ghost());
        Vectors.addScaled(offset, -1, origin(settings, vector));
        return Vectors.norm(offset);
    }
}
