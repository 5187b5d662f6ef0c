package loupe.sae.checkpoint;

import java.util.List;

/** One family of checkpoint files: how to know one, and what its names mean. Stateless. */
interface SaeFamily {
    /** The family's name, as {@code --sae-format} takes it. */
    String format();

    /**
     * The names libraries give to the file with the weights, relative to a checkpoint's folder. They only say where to
     * look first; what the file holds decides. Empty for a family whose files may have any name.
     */
    default List<String> usualFiles() {
        return List.of();
    }

    /** Whether these files are of this family, by the names and shapes of their tensors and what lies beside them. */
    boolean recognises(CheckpointFiles files);

    /**
     * Reads the facts that the files of this family state.
     *
     * @throws loupe.base.CheckpointException if they are damaged, contradict themselves or ask for unknown mathematics
     */
    SaeDraft describe(CheckpointFiles files, SaeOptions options);
}
