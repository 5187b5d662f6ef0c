package loupe.ui.text;

import javafx.geometry.Pos;
import javafx.scene.control.Label;
import javafx.scene.control.TextField;
import javafx.scene.layout.FlowPane;
import javafx.scene.layout.HBox;
import loupe.base.Refusal;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Reason;
import loupe.ui.control.Tooltips;

/** Short named fields in a row that wraps; what is typed is taken with Enter, or when the field is left. */
final class FieldRow extends FlowPane {
    private final Reason reason;
    private final Runnable take;

    /** @param take reads all fields; a {@link Refusal} is shown below the row */
    FieldRow(Reason reason, Runnable take) {
        super(10, 4);
        this.reason = reason;
        this.take = take;
        setAlignment(Pos.CENTER_LEFT);
    }

    /** Adds a field. */
    TextField add(String id, String name, String tip, int columns) {
        TextField field = new TextField();
        field.setId(id);
        field.setPrefColumnCount(columns);
        field.setAccessibleText(name);
        field.setTooltip(Tooltips.of(tip));
        field.setOnAction(event -> taken(field));
        field.focusedProperty().addListener((property, was, is) -> {
            if (!is) {
                taken(field);
            }
        });
        Label label = new Label(name);
        label.setLabelFor(field);
        HBox both = new HBox(4, label, field);
        both.setAlignment(Pos.CENTER_LEFT);
        getChildren().add(both);
        return field;
    }

    private void taken(TextField field) {
        try {
            take.run();
            reason.refuse(field, "");
        } catch (Refusal refused) {
            reason.refuse(field, refused.getMessage());
        }
    }

    /** The number that a field has. */
    static double number(TextField field) {
        try {
            return NumberTexts.parse(field.getText());
        } catch (NumberFormatException notOne) {
            throw new Refusal(field.getAccessibleText() + " is no number");
        }
    }
}
