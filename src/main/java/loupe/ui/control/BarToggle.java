package loupe.ui.control;

import javafx.beans.value.ObservableValue;
import javafx.scene.Node;
import javafx.scene.control.ToggleButton;
import javafx.scene.layout.VBox;

/** A button that opens a bar of controls. JavaFX thread only. */
public final class BarToggle {
    private boolean byItself;

    private BarToggle() {}

    /**
     * Connects button and bar. The bar is added to the top of a column when it is first opened, so that its controls
     * are not laid out in windows where it stays closed. It also opens by itself when its setting is in use, and closes
     * when that ends, unless the user has opened it or is working in it.
     *
     * @param inUse whether the setting that the bar controls is in use
     */
    public static void tie(ToggleButton button, Node bar, VBox column, ObservableValue<Boolean> inUse) {
        BarToggle toggle = new BarToggle();
        button.selectedProperty().addListener((property, was, is) -> {
            if (is && bar.getParent() == null) {
                column.getChildren().add(0, bar);
            }
        });
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
