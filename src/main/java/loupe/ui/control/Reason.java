package loupe.ui.control;

import javafx.css.PseudoClass;
import javafx.scene.Node;
import javafx.scene.control.Label;
import javafx.scene.layout.Region;

/**
 * Says below a field, in as many lines as that takes, why what was typed is not taken or how it was read; takes no room
 * while there is nothing to say.
 */
public final class Reason extends Label {
    private static final PseudoClass DANGER = PseudoClass.getPseudoClass("danger");

    public Reason(String id) {
        setId(id);
        getStyleClass().add("field-reason");
        setWrapText(true);
        setMinHeight(Region.USE_PREF_SIZE);
        visibleProperty().bind(textProperty().isNotEmpty());
        managedProperty().bind(visibleProperty());
    }

    /** Says why the content of a field is refused, and marks the field; nothing if the sentence is empty. */
    public void refuse(Node field, String why) {
        setText(why);
        field.pseudoClassStateChanged(DANGER, !why.isEmpty());
        pseudoClassStateChanged(DANGER, !why.isEmpty());
    }

    /** Says how the content of a field was read, which is no mistake. */
    public void remark(Node field, String how) {
        refuse(field, "");
        setText(how);
    }
}
