package loupe.inference;

/** How urgent a question is; earlier constants go first. */
public enum Priority {
    /** Under the pointer: the user waits for this answer. */
    INTERACTIVE,
    /** Fills a pane that is shown. */
    VISIBLE,
    /** Sweeps over a corpus, statistics of all features, prefetching. */
    BACKGROUND
}
