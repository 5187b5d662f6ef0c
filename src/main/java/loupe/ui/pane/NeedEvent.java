package loupe.ui.pane;

import javafx.event.Event;
import javafx.event.EventType;
import loupe.state.pane.PaneNeed;

/** Somebody wants to open, or to choose, what an empty pane lacks. */
public final class NeedEvent extends Event {
    public static final EventType<NeedEvent> WANTED = new EventType<>(Event.ANY, "NEED_WANTED");

    private static final long serialVersionUID = 1;

    private final PaneNeed need;

    NeedEvent(PaneNeed need) {
        super(WANTED);
        this.need = need;
    }

    public PaneNeed need() {
        return need;
    }
}
