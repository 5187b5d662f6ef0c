package loupe.ui.window;

import java.util.Optional;

/** A place of the window for panes, side by side or as tabs. */
enum Place {
    /** Charts of the feature, and of all features. */
    CHARTS("charts", Optional.of("This feature"), false),
    /** Examples and the user's own text. */
    TEXTS("texts", Optional.empty(), false),
    /** The definition trees. */
    TREES("trees", Optional.empty(), false),
    /** Token lists, neighbours and co-active features. */
    LISTS("lists", Optional.of("Nearest"), true);

    private final String id;
    private final Optional<String> shared;
    private final boolean slender;

    Place(String id, Optional<String> shared, boolean slender) {
        this.id = id;
        this.shared = shared;
        this.slender = slender;
    }

    /** Its name in ids of nodes and in a session's dividers. */
    String id() {
        return id;
    }

    /** Title of the tab in which a wide window shows several panes beside each other; empty if it never does. */
    Optional<String> shared() {
        return shared;
    }

    /** Whether a narrow window has no room for both checkpoints beside each other here. */
    boolean isSlender() {
        return slender;
    }
}
