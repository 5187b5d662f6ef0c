package loupe.state.text;

import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;

/** Several panes that show one answer, which is wanted while any of them does. JavaFX thread only. */
public final class Wanting {
    private final Consumer<Boolean> wanted;
    private final Set<Object> who = new HashSet<>();

    /** @param wanted told whether anybody shows it; false at first */
    Wanting(Consumer<Boolean> wanted) {
        this.wanted = wanted;
        wanted.accept(false);
    }

    /**
     * Says whether a pane shows it.
     *
     * @param pane that shows it, or does not
     */
    public void set(Object pane, boolean shows) {
        if (shows) {
            who.add(pane);
        } else {
            who.remove(pane);
        }
        wanted.accept(!who.isEmpty());
    }
}
