package loupe.sae.checkpoint;

import java.nio.file.Path;
import java.util.Optional;
import loupe.base.CheckpointException;

/**
 * What a path turns out to be when it is looked at as a checkpoint, so that its tensors can be shown whether it opens
 * or not.
 *
 * @param weights the file that holds the tensors; the path itself where none was found
 * @param file the checkpoint; empty if it cannot be opened
 * @param refusal why not; empty if it can
 */
public record SaeLook(Path weights, Optional<SaeFile> file, Optional<CheckpointException> refusal) {
    /** Looks at a path with the user's choices. */
    public static SaeLook at(Path path, SaeOptions options) {
        Path weights = path;
        try (CheckpointFiles files = CheckpointFiles.open(path)) {
            weights = files.archive().path();
            return new SaeLook(weights, Optional.of(SaeFile.read(path, options)), Optional.empty());
        } catch (CheckpointException refused) {
            return new SaeLook(weights, Optional.empty(), Optional.of(refused));
        }
    }
}
