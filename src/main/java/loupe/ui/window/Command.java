package loupe.ui.window;

import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import javafx.scene.input.KeyCombination;

/**
 * A command of the window, run by menu, key or the command palette.
 *
 * @param name a stable name for tests, such as {@code open-model}
 * @param title its text on the page of shortcuts, and elsewhere unless {@code now} says more
 * @param now its text in menus and in the palette as it would act now
 * @param group heading on the page of shortcuts
 * @param key empty if it has none
 * @param enabled whether it is available now
 */
record Command(
        String name,
        String title,
        Supplier<String> now,
        String group,
        Optional<KeyCombination> key,
        BooleanSupplier enabled,
        Runnable action) {
    /**
     * Runs the action if it is enabled.
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

    /** The key as text; empty if there is none. */
    String keyText() {
        return key.map(KeyCombination::getDisplayText)
                .orElse("")
                .replace("Open_Bracket", "[")
                .replace("Close_Bracket", "]");
    }
}
