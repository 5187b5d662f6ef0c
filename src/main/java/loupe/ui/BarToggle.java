package loupe.ui;

import javafx.beans.value.ObservableValue;
import javafx.scene.Node;
import javafx.scene.control.ToggleButton;

/** A button that opens a bar of controls. JavaFX thread only. */
final class BarToggle {
    private boolean byItself;

    private BarToggle() {}

    /**
     * Ties button and bar. The bar also opens by itself when what it sets is set elsewhere, and closes again with that, unless
     * the user has it open or is in it.
     *
     * @param inUse whether what the bar sets is set
     */
    static void tie(ToggleButton button, Node bar, ObservableValue<Boolean> inUse) {
        BarToggle toggle = new BarToggle();
        bar.visibleProperty().bind(button.selectedProperty());
        bar.managedProperty().bind(bar.visibleProperty());
        button.setOnAction(event -> toggle.byItself = false);
        inUse.addListener((property, was, is) -> toggle.follow(button, bar, is));
        toggle.follow(button, bar, inUse.getValue());
    }

    private void follow(ToggleButton button, Node bar, boolean inUse) {
        if (inUse && !button.isSelected()) {
            byItself = true;
            button.setSelected(true);
        } else if (!inUse && byItself && !bar.isFocusWithin()) {
            byItself = false;
            button.setSelected(false);
        }
    }
}
