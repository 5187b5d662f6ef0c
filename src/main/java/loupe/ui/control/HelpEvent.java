package loupe.ui.control;

import javafx.event.Event;
import javafx.event.EventTarget;
import javafx.event.EventType;
import javafx.scene.control.MenuItem;

/** Somebody wants to read in the help what something means that the window shows. */
public final class HelpEvent extends Event {
    public static final EventType<HelpEvent> WANTED = new EventType<>(Event.ANY, "HELP_WANTED");

    private static final long serialVersionUID = 1;

    private final String about;

    private HelpEvent(String about) {
        super(WANTED);
        this.about = about;
    }

    /** The title of an entry of the help, or the heading of a column of the table the event comes from. */
    public String about() {
        return about;
    }

    /**
     * Asks for the help.
     *
     * @param from a node of the pane or page that shows the thing
     * @param about as in {@link #about}
     */
    public static void ask(EventTarget from, String about) {
        Event.fireEvent(from, new HelpEvent(about));
    }

    /** A menu item that asks for the help. */
    public static MenuItem item(String text, EventTarget from, String about) {
        MenuItem item = new MenuItem(text);
        item.setMnemonicParsing(false);
        item.setOnAction(event -> ask(from, about));
        return item;
    }
}
