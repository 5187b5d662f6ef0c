package loupe.state.features;

import java.nio.file.Path;
import loupe.base.Cancellation;
import loupe.sae.checkpoint.SaeFile;
import loupe.sae.checkpoint.SaeOptions;
import loupe.search.FeatureValues;
import loupe.state.pane.HostQuestion;

/**
 * The activation densities that a checkpoint's own files give its features: how often each was active in training. Only
 * SAELens writes them.
 *
 * @param path of the checkpoint
 */
record TrainedDensities(Path path, SaeOptions options) implements HostQuestion<double[]> {
    /** A fraction for each feature; empty if the files do not say. */
    @Override
    public double[] answer(Cancellation cancellation) {
        return FeatureValues.trainedDensities(SaeFile.read(path, options));
    }

    @Override
    public boolean readsFiles() {
        return true;
    }
}
