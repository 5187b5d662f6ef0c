package loupe.ui.window;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import javafx.scene.Scene;
import javafx.scene.control.TextInputControl;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyCombination;
import javafx.scene.input.KeyEvent;

/** Every command of the window, in the order the palette and the page of shortcuts show them. */
final class Commands {
    private final List<Command> all = new ArrayList<>();
    private final Set<String> begins = new HashSet<>();
    private final Map<String, String> also = new HashMap<>();
    private boolean parting;

    /**
     * Adds a command that is always enabled.
     *
     * @param key such as {@code Shortcut+O}; empty for none
     */
    Command add(String name, String title, String group, String key, Runnable action) {
        return add(name, title, group, key, () -> true, action);
    }

    Command add(String name, String title, String group, String key, BooleanSupplier enabled, Runnable action) {
        return add(name, title, () -> title, group, key, enabled, action);
    }

    /** @param now the title as the command would act now */
    Command add(
            String name,
            String title,
            Supplier<String> now,
            String group,
            String key,
            BooleanSupplier enabled,
            Runnable action) {
        Optional<KeyCombination> combination =
                key.isEmpty() ? Optional.empty() : Optional.of(KeyCombination.keyCombination(key));
        Command added = new Command(name, title, now, group, combination, enabled, action);
        all.add(added);
        if (parting) {
            begins.add(name);
            parting = false;
        }
        return added;
    }

    /** Lets the next command begin a part of its group, which menus set off by a line. */
    void part() {
        parting = true;
    }

    /** Whether a command begins a part of its group. */
    boolean beginsPart(Command command) {
        return begins.contains(command.name());
    }

    /**
     * Lets the palette find a command by other words than its title has.
     *
     * @param words in small letters
     * @throws IllegalArgumentException if there is no such command
     */
    void alsoCall(String name, String words) {
        also.put(of(name).name(), words);
    }

    /** Other words for a command; empty for none. */
    String alsoCalled(String name) {
        return also.getOrDefault(name, "");
    }

    List<Command> all() {
        return List.copyOf(all);
    }

    /**
     * Runs the command with this name.
     *
     * @throws IllegalArgumentException if there is none
     */
    void run(String name) {
        of(name).run();
    }

    /**
     * The command with this name.
     *
     * @throws IllegalArgumentException if there is none
     */
    Command of(String name) {
        return all.stream()
                .filter(command -> command.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no command is named " + name));
    }

    private static boolean undoesTyping(KeyEvent event) {
        return event.isShortcutDown()
                && !event.isAltDown()
                && (event.getCode() == KeyCode.Z || event.getCode() == KeyCode.Y);
    }

    /**
     * Makes the keys of the commands work anywhere in {@code scene}; a key without Ctrl or Alt, and those that undo and
     * redo typing, are left to a focused text field.
     */
    void install(Scene scene) {
        scene.addEventFilter(KeyEvent.KEY_PRESSED, event -> {
            boolean typing = scene.getFocusOwner() instanceof TextInputControl;
            boolean plain = !event.isShortcutDown()
                    && !event.isAltDown()
                    && !event.getCode().isFunctionKey();
            if (typing && (plain || undoesTyping(event))) {
                return;
            }
            for (Command command : all) {
                if (command.key().isPresent() && command.key().get().match(event) && command.run()) {
                    event.consume();
                    return;
                }
            }
        });
    }
}
