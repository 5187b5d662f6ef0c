package loupe.ui.ghost;

import java.util.Optional;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import loupe.base.Refusal;
import loupe.state.ghost.GhostControlsModel;
import loupe.state.ghost.GhostKnobs;
import loupe.ui.control.Reason;
import loupe.ui.control.References;
import loupe.ui.control.Tooltips;
import loupe.ui.token.TokenText;
import org.controlsfx.control.textfield.CustomTextField;
import org.controlsfx.control.textfield.TextFields;

/** The token that trees leave out: its logit is removed everywhere. */
final class LeftOutField extends VBox {
    private final GhostControlsModel model;
    private final CustomTextField field = (CustomTextField) TextFields.createClearableTextField();
    private final Reason reason = new Reason("ghost-mask-reason");

    LeftOutField(GhostControlsModel model) {
        this.model = model;
        field.setId("ghost-mask");
        field.setPromptText("no token");
        field.setAccessibleText("Token that trees leave out");
        field.setTooltip(Tooltips.of("A token whose logit is removed while trees grow, such as the one whose place the "
                + "ghost has taken: its number, token 42, or its text. Enter to apply. Tokens of the tables can be "
                + "dropped here"));
        HBox.setHgrow(field, Priority.ALWAYS);
        HBox row = new HBox(8, GhostControls.rowLabel("Leave out"), field);
        row.getStyleClass().add("ghost-row");
        reason.getStyleClass().add("below-row");
        getChildren().addAll(row, reason);
        field.setOnAction(event -> commit());
        field.focusedProperty().addListener((property, was, is) -> {
            if (!is) {
                commit();
            }
        });
        field.textProperty().addListener((property, was, is) -> {
            if (is.isEmpty()) {
                commit();
            }
        });
        References.dropOn(field, text -> {
            field.setText(text);
            commit();
        });
        model.property(GhostKnobs.MASK_ID).addListener(changed -> show());
        show();
    }

    private void commit() {
        String typed = field.getText();
        try {
            Optional<Integer> named = typed.isBlank() ? Optional.empty() : Optional.of(model.tokenOf(typed));
            model.property(GhostKnobs.MASK_ID).set(named);
            show();
        } catch (Refusal refused) {
            reason.refuse(field, refused.getMessage());
        }
    }

    private void show() {
        Optional<Integer> left = model.property(GhostKnobs.MASK_ID).get();
        String words = left.map(References::ofToken).orElse("");
        if (!field.getText().equals(words)) {
            field.setText(words);
        }
        reason.remark(
                field,
                left.map(model::textOf)
                        .filter(text -> !text.isEmpty())
                        .map(text -> "No tree has the token " + TokenText.visible(text))
                        .orElse(""));
    }
}
