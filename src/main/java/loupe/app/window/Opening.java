package loupe.app.window;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import loupe.base.CheckpointException;
import loupe.index.PathKind;
import org.jspecify.annotations.Nullable;

/**
 * The paths to open instead of those of the last session; null or empty for those not given.
 *
 * @param saes at most two: A, then B
 * @param corpus texts and folders of texts, or one index
 */
public record Opening(@Nullable Path model, List<Path> saes, List<Path> corpus) {
    public static final Opening LAST = new Opening(null, List.of());

    public Opening(@Nullable Path model, List<Path> saes) {
        this(model, saes, List.of());
    }

    /**
     * Sorts paths by kind, in whatever order they come; a path of no known kind is opened as a checkpoint, which
     * reports what is wrong with it. Reads the beginnings of files.
     *
     * @throws CheckpointException if there are several models or indexes, texts and an index, or more than two
     *     checkpoints
     */
    public static Opening of(List<Path> paths) {
        Map<PathKind, List<Path>> kinds = paths.stream()
                .collect(Collectors.groupingBy(
                        path -> {
                            PathKind kind = PathKind.of(path);
                            return kind == PathKind.UNKNOWN ? PathKind.CHECKPOINT : kind;
                        },
                        Collectors.toList()));
        List<Path> models = kinds.getOrDefault(PathKind.MODEL, List.of());
        List<Path> saes = kinds.getOrDefault(PathKind.CHECKPOINT, List.of());
        List<Path> texts = kinds.getOrDefault(PathKind.CORPUS, List.of());
        List<Path> indexes = kinds.getOrDefault(PathKind.INDEX, List.of());
        boolean oneCorpus = indexes.isEmpty() || (texts.isEmpty() && indexes.size() == 1);
        if (models.size() > 1 || saes.size() > 2 || !oneCorpus) {
            throw new CheckpointException(
                    paths.get(0),
                    "this and what follows it are " + models.size() + " models, " + saes.size() + " checkpoints, "
                            + texts.size() + " texts and " + indexes.size() + " indexes",
                    "one model, two checkpoints and either texts or one index at most",
                    "Leave some out");
        }
        return new Opening(models.isEmpty() ? null : models.get(0), saes, indexes.isEmpty() ? texts : indexes);
    }
}
