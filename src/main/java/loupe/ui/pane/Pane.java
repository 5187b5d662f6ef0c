package loupe.ui.pane;

import java.util.Optional;
import javafx.beans.value.ObservableValue;
import loupe.ui.export.ExportMenu;

/** A pane as the window arranges, maximises and exports it. JavaFX thread only. */
public interface Pane {
    /** The frame that is put into the pane's place. */
    PaneFrame node();

    /** What saves the pane as a picture; empty if it is not one. */
    default Optional<ExportMenu> picture() {
        return Optional.empty();
    }

    /** Puts the keyboard into the pane; a pane that is only looked at leaves it where it is. */
    default void focus() {}

    /**
     * Tells the pane whether it can be seen where it stands, so that it may leave work for later while it cannot.
     *
     * @param inFront false while another tab is in front of it
     */
    default void standsIn(ObservableValue<Boolean> inFront) {}

    /** Writes what the pane says about features anew, once more is known of them. */
    default void describeAgain() {}
}
