package loupe.ui.window;

import java.util.Optional;
import java.util.function.BooleanSupplier;
import javafx.scene.input.KeyCombination;

/**
 * Something the window can do, by menu, key or the command palette.
 *
 * @param name a stable name for tests, such as {@code open-model}
 * @param title for people
 * @param group heading on the page of shortcuts
 * @param key empty if it has none
 * @param enabled whether it makes sense now
 */
record Command(
        String name,
        String title,
        String group,
        Optional<KeyCombination> key,
        BooleanSupplier enabled,
        Runnable action) {
    /**
     * Runs the action if it makes sense now.
     *
     * @return whether it did
     */
    boolean run() {
        boolean now = enabled.getAsBoolean();
        if (now) {
            action.run();
        }
        return now;
    }

    /** The key as people read it; empty if there is none. */
    String keyText() {
        return key.map(KeyCombination::getDisplayText)
                .orElse("")
                .replace("Open_Bracket", "[")
                .replace("Close_Bracket", "]");
    }
}
