package loupe.ui.ghost;

import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javafx.beans.InvalidationListener;
import javafx.scene.control.Button;
import javafx.scene.control.CheckMenuItem;
import javafx.scene.control.Label;
import javafx.scene.control.MenuButton;
import javafx.scene.control.MenuItem;
import javafx.scene.control.RadioMenuItem;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.control.ToggleGroup;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import javafx.stage.FileChooser;
import loupe.analysis.ghost.GhostPrompt;
import loupe.analysis.ghost.PromptPreset;
import loupe.base.Problem;
import loupe.base.Refusal;
import loupe.lm.tokenizer.Tokenizer;
import loupe.state.ghost.ChosenVerbaliser;
import loupe.state.ghost.GhostControlsModel;
import loupe.state.ghost.GhostKnobs;
import loupe.ui.control.IconButtons;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Reason;
import loupe.ui.control.Tooltips;
import org.controlsfx.control.textfield.CustomTextField;
import org.controlsfx.control.textfield.TextFields;
import org.kordamp.ikonli.feather.Feather;

/** The prompt of the trees: as a text, as token ids, or that of a verbaliser, whose norm then replaces the scale. */
final class PromptField extends VBox {
    private final GhostControlsModel model;
    private final CustomTextField field = (CustomTextField) TextFields.createClearableTextField();
    private final Reason reason = new Reason("ghost-prompt-reason");
    private final Label verbaliser = new Label();
    private final HBox verbaliserRow;

    PromptField(GhostControlsModel model) {
        this.model = model;
        field.setId("ghost-prompt");
        field.setAccessibleText("Prompt of the definition tree");
        HBox.setHgrow(field, Priority.ALWAYS);
        HBox row = new HBox(8, GhostControls.rowLabel("Prompt"), field, wordings());
        row.getStyleClass().add("ghost-row");
        Button leave = IconButtons.of(
                Feather.X,
                "Use the prompt and the scale again instead of the verbaliser's",
                () -> model.property(GhostKnobs.VERBALISER).set(Optional.empty()));
        leave.setId("ghost-verbaliser-leave");
        verbaliser.setId("ghost-verbaliser");
        verbaliser.setWrapText(true);
        verbaliser.setMinHeight(Region.USE_PREF_SIZE);
        verbaliser.getStyleClass().add("field-reason");
        HBox.setHgrow(verbaliser, Priority.ALWAYS);
        verbaliserRow = new HBox(4, verbaliser, leave);
        verbaliserRow.getStyleClass().add("below-row");
        reason.getStyleClass().add("below-row");
        getChildren().addAll(row, verbaliserRow, reason);
        bind();
    }

    private void bind() {
        field.setOnAction(event -> commit());
        field.focusedProperty().addListener((property, was, is) -> {
            if (!is) {
                commit();
            }
        });
        InvalidationListener again = changed -> show();
        model.prompt().addListener(again);
        model.property(GhostKnobs.PROMPT_IDS).addListener(again);
        model.property(GhostKnobs.VERBALISER).addListener(again);
        model.verbaliserProblem().addListener(changed -> judge());
        field.textProperty().addListener(changed -> judge());
        show();
    }

    private Optional<GhostPrompt> ids() {
        return model.property(GhostKnobs.PROMPT_IDS).get();
    }

    private Optional<ChosenVerbaliser> chosen() {
        return model.property(GhostKnobs.VERBALISER).get();
    }

    private void show() {
        Optional<ChosenVerbaliser> chosen = chosen();
        field.setEditable(chosen.isEmpty());
        field.setPromptText(ids().isPresent() ? "2 651 {ghost} 235" : GhostPrompt.DEFAULT_TEXT);
        field.setTooltip(Tooltips.of(
                chosen.isPresent()
                        ? "The prompt of the verbaliser " + chosen.get().name()
                        : ids().isPresent()
                                ? "The tokens before the definition by their ids, taken as they are; {ghost} is where "
                                        + "the ghost stands instead of a token. Enter to apply"
                                : "What stands before the definition; {ghost} is where the ghost stands instead of a "
                                        + "token. Enter to apply"));
        field.setText(chosen.map(one -> one.verbaliser().prompt())
                .or(() -> ids().map(GhostPrompt::idText))
                .orElseGet(model.prompt()::get));
        verbaliserRow.setVisible(chosen.isPresent());
        verbaliserRow.setManaged(chosen.isPresent());
        verbaliser.setText(chosen.map(one -> "Trees by the verbaliser " + one.name() + ": norm "
                        + NumberTexts.number(one.verbaliser().norm())
                        + " from the origin. Scale and centroid are the token list's alone")
                .orElse(""));
        judge();
    }

    private void commit() {
        if (chosen().isPresent()) {
            return;
        }
        if (ids().isPresent()) {
            try {
                model.property(GhostKnobs.PROMPT_IDS).set(Optional.of(GhostPrompt.ofIds(field.getText())));
            } catch (Refusal refused) {
                reason.refuse(field, refused.getMessage());
            }
            return;
        }
        if (field.getText().isBlank()) {
            field.setText(GhostPrompt.DEFAULT_TEXT);
        }
        model.prompt().set(field.getText());
    }

    /** Says while it is typed that a prompt cannot be used; the tree's pane does once it is applied. */
    private void judge() {
        Problem unread = model.verbaliserProblem().get();
        reason.refuse(field, chosen().isPresent() ? "" : unread != null ? unread.message() : fault());
    }

    private String fault() {
        if (ids().isEmpty()) {
            return field.getText().isBlank() || field.getText().contains(GhostPrompt.PLACEHOLDER)
                    ? ""
                    : "The prompt lacks {ghost}, the place where the ghost stands instead of a token";
        }
        try {
            GhostPrompt.ofIds(field.getText());
            return "";
        } catch (Refusal refused) {
            return refused.getMessage();
        }
    }

    /** The menu of built-in prompts, and of what the prompt is. */
    private MenuButton wordings() {
        MenuButton menu = new MenuButton("Wordings");
        menu.setId("ghost-prompt-presets");
        menu.setMinWidth(Region.USE_PREF_SIZE);
        menu.setTooltip(
                Tooltips.of("Use a built-in prompt, token ids or a verbaliser's, or choose how the prompt begins"));
        for (PromptPreset preset : PromptPreset.ALL) {
            MenuItem item = new MenuItem(preset.name() + ": " + preset.text());
            item.setMnemonicParsing(false);
            item.setOnAction(event -> model.useText(preset.text()));
            menu.getItems().add(item);
        }
        menu.getItems().add(new SeparatorMenuItem());
        ToggleGroup beginnings = new ToggleGroup();
        for (Tokenizer.Beginning beginning : Tokenizer.Beginning.values()) {
            RadioMenuItem item = new RadioMenuItem(words(beginning));
            item.setId("ghost-beginning-" + beginning.name().toLowerCase(Locale.ROOT));
            item.setToggleGroup(beginnings);
            item.setSelected(model.beginning().get() == beginning);
            item.setOnAction(event -> model.beginning().set(beginning));
            model.beginning().addListener((property, was, is) -> item.setSelected(is == beginning));
            menu.getItems().add(item);
        }
        CheckMenuItem asIds = new CheckMenuItem("The prompt as token ids");
        asIds.setId("ghost-prompt-ids");
        asIds.setOnAction(event -> model.useIds(ids().isEmpty()));
        model.property(GhostKnobs.PROMPT_IDS).addListener((property, was, is) -> asIds.setSelected(is.isPresent()));
        asIds.setSelected(ids().isPresent());
        MenuItem read = new MenuItem("Prompt and norm of a verbaliser...");
        read.setId("ghost-verbaliser-choose");
        read.setOnAction(event -> chooseFile().ifPresent(model::useVerbaliser));
        menu.getItems().addAll(List.of(new SeparatorMenuItem(), asIds, read));
        return menu;
    }

    private Optional<Path> chooseFile() {
        FileChooser chooser = new FileChooser();
        chooser.setTitle("Prompt and norm of a model trained to put vectors into words");
        chooser.getExtensionFilters().add(new FileChooser.ExtensionFilter("Verbalisers", "*.json"));
        return Optional.ofNullable(chooser.showOpenDialog(getScene().getWindow()))
                .map(File::toPath);
    }

    private static String words(Tokenizer.Beginning beginning) {
        return switch (beginning) {
            case AUTO -> "Begin as the model's texts do";
            case YES -> "Begin with the token for the beginning of text";
            case NO -> "Begin without it";
        };
    }
}
