package loupe.ui.checkpoint;

import java.util.List;
import java.util.function.Consumer;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.layout.HBox;
import javafx.scene.layout.VBox;
import loupe.base.Refusal;
import loupe.base.Remedy;
import loupe.sae.checkpoint.SaeOptions;
import loupe.state.window.CheckpointDoubt;
import loupe.state.window.RemedyWords;
import loupe.ui.control.Tooltips;

/** The form for the one choice that would fix the refusal of a checkpoint, with a proposal filled in. */
public final class ChoiceForm {
    private final VBox box = new VBox(12);
    private final ComboBox<String> value = new ComboBox<>();

    /**
     * Builds the form for the choice the doubt is about.
     *
     * @param settled receives the user's answer
     * @param dismissed runs when the user closes the form without an answer
     */
    public ChoiceForm(CheckpointDoubt doubt, Consumer<SaeOptions> settled, Runnable dismissed) {
        Remedy remedy = doubt.about().orElseThrow();
        box.getStyleClass().add("checkpoint-form");
        box.setId("choice-form");
        Label heading = new Label("How to read " + doubt.path().getFileName());
        heading.getStyleClass().add("form-heading");
        List<String> known = RemedyWords.values(remedy.choice());
        value.getItems().setAll(known);
        value.setEditable(known.isEmpty());
        value.setValue(remedy.value());
        value.setId("form-choice");
        value.setTooltip(Tooltips.of(RemedyWords.field(remedy.choice()) + ", instead of what the file says"));
        Label wrong = new Label();
        wrong.setWrapText(true);
        wrong.getStyleClass().add("problem-message");
        wrong.managedProperty().bind(wrong.textProperty().isNotEmpty());

        Label field = new Label(RemedyWords.field(remedy.choice()));
        field.setWrapText(true);
        VBox choice = new VBox(6, field, value);
        Button open = new Button("Open");
        open.setDefaultButton(true);
        open.getStyleClass().add("accent");
        open.setId("form-open");
        open.setOnAction(event -> {
            try {
                settled.accept(doubt.options().with(remedy.choice(), said()));
            } catch (Refusal refusal) {
                wrong.setText(refusal.getMessage());
            }
        });
        Button leave = new Button("Cancel");
        leave.setCancelButton(true);
        leave.setOnAction(event -> dismissed.run());
        HBox buttons = new HBox(8, leave, open);
        buttons.setAlignment(Pos.CENTER_RIGHT);
        box.getChildren().addAll(heading, choice, wrong, buttons);
    }

    private String said() {
        return value.isEditable() ? value.getEditor().getText().strip() : value.getValue();
    }

    public Node node() {
        return box;
    }

    public void focus() {
        value.requestFocus();
    }
}
