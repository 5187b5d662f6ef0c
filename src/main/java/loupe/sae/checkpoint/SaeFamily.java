package loupe.sae.checkpoint;

/** One family of checkpoint files: how to know one, and what its names mean. Stateless. */
interface SaeFamily {
    /** The name {@code --sae-format} spells. */
    String format();

    /** Whether these files are of this family, by the names and shapes of their tensors and what lies beside them. */
    boolean recognises(CheckpointFiles files);

    /**
     * @throws loupe.base.CheckpointException if they are damaged, contradict themselves or ask for unknown mathematics
     */
    SaeDraft describe(CheckpointFiles files, SaeOptions options);
}
