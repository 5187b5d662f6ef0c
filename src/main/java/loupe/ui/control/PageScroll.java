package loupe.ui.control;

import javafx.scene.control.ScrollPane;
import javafx.scene.layout.VBox;

/** A page over the window, as high as its content, also when that grows; it scrolls where the window is lower. */
public final class PageScroll extends ScrollPane {
    private final VBox box;

    public PageScroll(VBox box) {
        super(box);
        this.box = box;
        setFitToWidth(true);
        setHbarPolicy(ScrollBarPolicy.NEVER);
    }

    @Override
    protected double computePrefHeight(double width) {
        return snappedTopInset() + Math.ceil(box.prefHeight(box.prefWidth(-1))) + snappedBottomInset();
    }
}
