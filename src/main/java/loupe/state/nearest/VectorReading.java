package loupe.state.nearest;

import loupe.analysis.features.VectorFile;
import loupe.base.Cancellation;
import loupe.state.pane.HostQuestion;
import loupe.tensor.HostTensor;

/**
 * The vector in a file, of shape (dimensions).
 *
 * @param among the vectors of that width, for messages: "the decoder directions"
 */
record VectorReading(VectorFile file, int dimensions, String among) implements HostQuestion<HostTensor> {
    @Override
    public HostTensor answer(Cancellation cancellation) {
        return file.direction(new VectorFile(file.file().getFileName(), file.name()).toString(), dimensions, among);
    }

    @Override
    public boolean readsFiles() {
        return true;
    }
}
