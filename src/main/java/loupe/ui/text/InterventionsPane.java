package loupe.ui.text;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import javafx.geometry.Pos;
import javafx.scene.control.Button;
import javafx.scene.control.CheckBox;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.MenuItem;
import javafx.scene.control.ScrollPane;
import javafx.scene.control.TextField;
import javafx.scene.input.Clipboard;
import javafx.scene.input.ClipboardContent;
import javafx.scene.input.DragEvent;
import javafx.scene.input.TransferMode;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import loupe.analysis.effects.InterventionLine;
import loupe.analysis.effects.InterventionLine.Kind;
import loupe.analysis.effects.InterventionList;
import loupe.base.Refusal;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.text.InterventionsModel;
import loupe.state.window.FeatureRef;
import loupe.ui.control.IconButtons;
import loupe.ui.control.Reason;
import loupe.ui.control.References;
import loupe.ui.control.Tooltips;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import org.kordamp.ikonli.feather.Feather;
import org.kordamp.ikonli.javafx.FontIcon;

/** What is done to the model while it reads: a list of interventions that is edited, named and switched on and off. */
public final class InterventionsPane implements Pane {
    private final InterventionsModel model;
    private final IntFunction<String> describe;
    private final PaneFrame frame = new PaneFrame("Interventions");
    private final Button add = new Button("Ablate", new FontIcon(Feather.PLUS));
    private final CheckBox error = new CheckBox("Keep the error");
    private final ComboBox<String> names = new ComboBox<>();
    private final TextField name = new TextField();
    private final Button forget;
    private final TextField line = new TextField();
    private final Reason reason = new Reason("interventions-reason");
    private final VBox rows = new VBox();
    private final Label hint = new Label();
    private final List<InterventionRow> shown = new ArrayList<>();
    private boolean following;

    /** @param describe a few words about a feature of A */
    public InterventionsPane(InterventionsModel model, IntFunction<String> describe) {
        this.model = model;
        this.describe = describe;
        forget = IconButtons.of(Feather.TRASH_2, "Delete this name; Ctrl+Z brings it back", this::forget);
        layOut();
        bind();
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    @Override
    public void focus() {
        line.requestFocus();
    }

    @Override
    public void describeAgain() {
        showFeature();
    }

    private void layOut() {
        add.setId("interventions-add");
        add.setMinWidth(Button.USE_PREF_SIZE);
        error.setId("interventions-error");
        error.setTooltip(Tooltips.of("Whether what the checkpoint does not reconstruct stays in the value. Without it "
                + "the reconstruction stands in its place, at every token"));
        error.setMinWidth(CheckBox.USE_PREF_SIZE);
        names.setId("interventions-names");
        names.setPromptText("Named lists");
        names.setAccessibleText("Named lists of interventions");
        names.setTooltip(Tooltips.of("Lists that were given a name; choosing one lists it again"));
        names.setMinWidth(60);
        names.setMaxWidth(Double.MAX_VALUE);
        HBox.setHgrow(names, Priority.ALWAYS);
        name.setId("interventions-name");
        name.setPromptText("Name this list");
        name.setAccessibleText("Name of this list");
        name.setTooltip(Tooltips.of("Keeps this list under a name; Enter keeps it"));
        name.setPrefColumnCount(8);
        name.setMinWidth(60);
        forget.setId("interventions-forget");
        line.setId("interventions-line");
        line.setPromptText("add 866 4");
        line.setAccessibleText("Another intervention, as a line");
        line.setTooltip(Tooltips.of("Adds a line, as the command effect takes it, such as clamp-max 866 2 from 3: "
                + InterventionRow.hint() + "; then features or a file, how much, and at which tokens. Enter adds it"));
        HBox.setHgrow(line, Priority.ALWAYS);
        HBox first = new HBox(6, add, line, error);
        first.setAlignment(Pos.CENTER_LEFT);
        HBox second = new HBox(6, names, forget, name);
        second.setAlignment(Pos.CENTER_LEFT);
        VBox tools = new VBox(6, first, second);
        tools.getStyleClass().addAll("pane-tools", "two-rows");
        rows.getStyleClass().add("intervention-rows");
        hint.getStyleClass().addAll("muted", "pane-foot");
        hint.setWrapText(true);
        hint.setMinHeight(Label.USE_PREF_SIZE);
        ScrollPane scroll = new ScrollPane(rows);
        scroll.setId("interventions-list");
        scroll.setFitToWidth(true);
        scroll.setHbarPolicy(ScrollPane.ScrollBarPolicy.NEVER);
        scroll.setAccessibleText("List of interventions");
        VBox.setVgrow(scroll, Priority.ALWAYS);
        frame.setContent(new VBox(tools, reason, scroll, hint));
        MenuItem copy = new MenuItem("Copy the list as lines");
        copy.setOnAction(event -> copy());
        MenuItem clear = new MenuItem("Clear the list");
        clear.setOnAction(event -> model.set(InterventionList.NONE));
        frame.getMenuItems().addAll(copy, clear);
    }

    private void bind() {
        frame.statusProperty()
                .bind(new PaneStatusBinding()
                        .isEmpty(
                                () -> model.side().sae().get() == null
                                                && model.list().get().lines().isEmpty()
                                        ? model.side().whyEmpty("to change what its features do")
                                        : "",
                                model.side().sae(),
                                model.side().model(),
                                model.list())
                        .offers(
                                model.side()::need,
                                model.side().sae(),
                                model.side().model()));
        add.setOnAction(event -> {
            FeatureRef feature = model.side().feature().get();
            if (feature != null) {
                model.add(Kind.ABLATE, List.of(feature.feature()));
            }
        });
        error.setOnAction(event -> model.change(list -> new InterventionList(list.lines(), error.isSelected())));
        names.setOnAction(event -> {
            if (!following && names.getValue() != null) {
                model.show(names.getValue());
            }
        });
        name.setOnAction(event -> {
            model.save(name.getText());
            name.clear();
        });
        line.setOnAction(event -> take(line.getText()));
        line.textProperty().addListener(changed -> reason.refuse(line, ""));
        model.list().addListener(changed -> show());
        model.problems().addListener(changed -> show());
        model.named().addListener(changed -> showNames());
        model.side().feature().addListener(changed -> showFeature());
        model.side(1).sae().addListener(changed -> show()); // its features can be meant
        frame.addEventHandler(DragEvent.DRAG_OVER, event -> {
            if (References.featureIn(event).isPresent()) {
                event.acceptTransferModes(TransferMode.COPY);
                event.consume();
            }
        });
        frame.addEventHandler(DragEvent.DRAG_DROPPED, event -> {
            References.featureIn(event).ifPresent(feature -> {
                model.add(Kind.ABLATE, List.of(feature));
                event.setDropCompleted(true);
                event.consume();
            });
        });
        show();
        showNames();
        showFeature();
    }

    private void take(String typed) {
        try {
            InterventionLine read = InterventionLine.parse(typed);
            model.change(list -> list.with(read));
            line.clear();
        } catch (Refusal refused) {
            reason.refuse(line, refused.getMessage());
        }
    }

    private void forget() {
        if (names.getValue() != null) {
            model.forget(names.getValue());
        }
    }

    private void copy() {
        ClipboardContent content = new ClipboardContent();
        content.putString(model.list().get().toString());
        Clipboard.getSystemClipboard().setContent(content);
    }

    /** Rows stay as long as they can, so that a slider that is dragged is not replaced. */
    private void show() {
        List<InterventionLine> lines = model.list().get().lines();
        boolean same = shown.size() == lines.size();
        for (int i = 0; same && i < lines.size(); i++) {
            same = shown.get(i).shows(lines.get(i));
        }
        if (!same) {
            shown.forEach(InterventionRow::retire);
            shown.clear();
            for (int i = 0; i < lines.size(); i++) {
                shown.add(new InterventionRow(model, i, lines.get(i).kind()));
            }
            rows.getChildren().setAll(shown);
        }
        List<String> why = model.problems().get();
        for (int i = 0; i < lines.size(); i++) {
            shown.get(i).show(lines.get(i), i < why.size() ? why.get(i) : "");
        }
        error.setSelected(model.list().get().keepsError());
        hint.setText(
                lines.isEmpty()
                        ? "Add the chosen feature, drop one here, or type a line. What is listed acts in the panes "
                                + "Predictions, Effects and Generation, and in trees with \u201cInterventions\u201d on"
                        : "In order, each on what the one before left");
        showNames();
    }

    private void showNames() {
        following = true;
        names.getItems().setAll(model.named().get().keySet());
        names.setValue(model.named().get().entrySet().stream()
                .filter(entry -> entry.getValue().equals(model.list().get()))
                .map(java.util.Map.Entry::getKey)
                .findFirst()
                .orElse(null));
        following = false;
        names.setDisable(names.getItems().isEmpty());
        forget.setDisable(names.getValue() == null);
        name.setDisable(model.list().get().equals(InterventionList.NONE));
    }

    private void showFeature() {
        FeatureRef feature = model.side().feature().get();
        add.setDisable(feature == null);
        add.setText(feature == null ? "Ablate" : "Ablate #" + feature.feature());
        add.setTooltip(Tooltips.of(
                feature == null
                        ? "Choose a feature of A to ablate it"
                        : "Adds the chosen feature, " + describe.apply(feature.feature())
                                + "; its kind can be changed afterwards"));
    }
}
