package loupe.state.pane;

/** What an empty pane lacks, which the window offers to open or to choose. */
public enum PaneNeed {
    MODEL("open-model", "Open a model..."),
    CHECKPOINT("open-checkpoint", "Open a checkpoint..."),
    CORPUS("corpus", "Choose a corpus...");

    private final String command;
    private final String label;

    PaneNeed(String command, String label) {
        this.command = command;
        this.label = label;
    }

    /** The name of the window's command that does it. */
    public String command() {
        return command;
    }

    /** The label of its button. */
    public String label() {
        return label;
    }
}
