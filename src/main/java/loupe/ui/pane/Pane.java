package loupe.ui.pane;

import java.util.Optional;
import javafx.beans.value.ObservableValue;
import loupe.ui.export.ExportMenu;

/** A pane as the window arranges, maximises and exports it. JavaFX thread only. */
public interface Pane {
    /** The frame that is put into the pane's place. */
    PaneFrame node();

    /** The menu that saves the pane as a picture; empty if it has none. */
    default Optional<ExportMenu> picture() {
        return Optional.empty();
    }

    /** Focuses the pane; does nothing for a pane without keyboard input. */
    default void focus() {}

    /**
     * Informs the pane whether it is visible, so that it can defer work while it is not.
     *
     * @param inFront false while another tab is in front of it
     */
    default void standsIn(ObservableValue<Boolean> inFront) {}

    /** Gives the rows of the pane's table what they can do; does nothing for a pane without one. */
    default void setRowActions(RowActions actions) {}

    /** Updates the descriptions of features, once more of them are known. */
    default void describeAgain() {}
}
