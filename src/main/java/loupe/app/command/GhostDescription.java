package loupe.app.command;

import java.util.List;
import java.util.Optional;
import loupe.app.cli.ResultJson.LeftOutIfEmpty;

/** How the ghost of a result was made. */
sealed interface GhostDescription {
    /**
     * A vector that was used as it is.
     *
     * @param model name of the model
     * @param vector file and name of the array
     */
    record Finished(String model, String vector) implements GhostDescription {}

    /**
     * A vector made from a feature's directions.
     *
     * @param model name of the model
     * @param sae name of the checkpoint; empty if the directions came from a file of vectors
     * @param vectors that file
     * @param encoderMix share of the encoder direction, 0 to 1
     * @param scale distance from the centroid; empty where several are tried
     * @param pca weights of the principal components
     * @param centroid whether the centroid of the token embeddings was added
     */
    record Made(
            String model,
            Optional<String> sae,
            Optional<String> vectors,
            int feature,
            double encoderMix,
            @LeftOutIfEmpty Optional<Double> scale,
            List<Double> pca,
            String pcaSign,
            boolean centroid)
            implements GhostDescription {
        /** The same for a sweep, which tries several scales. */
        Made atAnyScale() {
            return new Made(model, sae, vectors, feature, encoderMix, Optional.empty(), pca, pcaSign, centroid);
        }
    }
}
