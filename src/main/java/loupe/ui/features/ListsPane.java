package loupe.ui.features;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import javafx.geometry.Pos;
import javafx.scene.control.Button;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.input.DragEvent;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.TransferMode;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import loupe.labels.FeatureList;
import loupe.state.corpus.OwnText;
import loupe.state.features.FeatureListsModel;
import loupe.state.window.CheckpointSide;
import loupe.state.window.FeatureRef;
import loupe.state.window.VocabularyTexts;
import loupe.ui.control.IconButtons;
import loupe.ui.control.LabelConverter;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.References;
import loupe.ui.control.Tables;
import loupe.ui.control.Tooltips;
import loupe.ui.export.FileSaver;
import loupe.ui.export.TableExport;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.pane.RowActions;
import loupe.ui.pane.RowMenu;
import loupe.ui.token.TokenText;
import org.jspecify.annotations.Nullable;
import org.kordamp.ikonli.feather.Feather;

/** Named lists of checkpoint A's features, and how active each member is in a text that is kept with the list. */
public final class ListsPane implements Pane {
    private final FeatureListsModel model;
    private final CheckpointSide side;
    private final VocabularyTexts texts;
    private final IntConsumer onFeature;
    private final IntFunction<String> describe;
    private final FileSaver desk;
    private final PaneFrame frame = new PaneFrame("Lists");
    private final ComboBox<FeatureList> lists = new ComboBox<>();
    private final TextField name = new TextField();
    private final TextField text = new TextField();
    private final Button member = IconButtons.of(Feather.PLUS, "", this::addOrRemove);
    private final Button remove;
    private final TableView<Integer> table = Tables.make("list-members", "Features of the list");
    private final ObservableList<Integer> rows = FXCollections.observableArrayList();
    private final Label hint = new Label();
    private boolean following;

    /**
     * @param onFeature called when a member is chosen
     * @param describe a few words about a feature
     */
    public ListsPane(
            FeatureListsModel model,
            CheckpointSide side,
            VocabularyTexts texts,
            IntConsumer onFeature,
            IntFunction<String> describe,
            FileSaver desk) {
        this.model = model;
        this.side = side;
        this.texts = texts;
        this.onFeature = onFeature;
        this.describe = describe;
        this.desk = desk;
        remove = IconButtons.of(Feather.TRASH_2, "Delete this list; Ctrl+Z brings it back", model::remove);
        layOut();
        bind();
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    @Override
    public void focus() {
        table.requestFocus();
    }

    @Override
    public void describeAgain() {
        table.refresh();
    }

    private void layOut() {
        lists.setId("lists-choice");
        lists.setConverter(
                new LabelConverter<>(list -> list.name() + " (" + list.members().size() + ")"));
        lists.setMaxWidth(Double.MAX_VALUE);
        lists.setMinWidth(60);
        lists.setAccessibleText("List of features");
        HBox.setHgrow(lists, Priority.ALWAYS);
        name.setId("lists-name");
        name.setPromptText("New list");
        name.setPrefColumnCount(7);
        name.setMinWidth(60);
        name.setAccessibleText("Name of a new list");
        name.setTooltip(Tooltips.of("Name of a new list; Enter makes it"));
        member.setId("lists-member");
        remove.setId("lists-remove");
        text.setId("lists-text");
        text.setPromptText("Text to try the members on");
        text.setAccessibleText("Text to try the members on");
        text.setTooltip(
                Tooltips.of("Each member's largest activation in this text is shown while you type; Enter keeps "
                        + "the text with the list"));
        HBox first = new HBox(6, lists, member, remove, name);
        first.setAlignment(Pos.CENTER_LEFT);
        VBox tools = new VBox(6, first, text);
        tools.getStyleClass().addAll("pane-tools", "two-rows");
        table.getColumns()
                .setAll(List.of(
                        Tables.<Integer>counts("#", "Number of the feature", 46, feature -> feature),
                        Tables.texts(
                                "Feature", "Its label, or what it promotes", 60, describe::apply, TokenText::sentence),
                        Tables.numbers(
                                "In text",
                                "Its largest activation in the text",
                                54,
                                model::strongest,
                                value -> Double.isNaN(value) ? "" : value == 0 ? "\u2013" : NumberTexts.number(value)),
                        Tables.texts("At", "The token of that activation", 44, this::at, TokenText::visible)));
        table.setItems(rows);
        VBox.setVgrow(table, Priority.ALWAYS);
        hint.getStyleClass().addAll("muted", "pane-foot");
        hint.setMinWidth(0);
        frame.setRows();
        frame.setContent(new VBox(tools, table, hint));
        TableExport.attachTo(table, "list", desk);
        References.dragFrom(table, feature -> Optional.of(References.ofFeature(feature)));
        frame.getMenuItems().addAll(TableExport.items(table, "list", desk));
    }

    private String at(int feature) {
        OwnText.Read read = model.text().tokens().getValue();
        int place = model.strongestAt(feature);
        return read == null || place < 0 || place >= read.ids().size()
                ? ""
                : texts.of(read.ids().get(place));
    }

    private void bind() {
        frame.statusProperty().bind(model.status());
        lists.setOnAction(event -> {
            FeatureList chosen = lists.getValue();
            if (!following && chosen != null) {
                model.choose(chosen.name());
            }
        });
        name.setOnAction(event -> {
            if (!name.getText().isBlank()) {
                model.add(name.getText());
                name.clear();
            }
        });
        text.textProperty().bindBidirectional(model.text().text());
        text.setOnAction(event -> model.keepText());
        model.chosen().addListener(changed -> show());
        model.reading().valueProperty().addListener(changed -> table.refresh());
        side.feature().addListener(changed -> showMember());
        Tables.onChosen(table, onFeature::accept);
        table.addEventHandler(KeyEvent.KEY_PRESSED, this::key);
        frame.addEventHandler(DragEvent.DRAG_OVER, event -> {
            if (dropped(event) >= 0) {
                event.acceptTransferModes(TransferMode.COPY);
                event.consume();
            }
        });
        frame.addEventHandler(DragEvent.DRAG_DROPPED, event -> {
            int feature = dropped(event);
            if (feature >= 0) {
                model.addMember(feature);
                event.setDropCompleted(true);
                event.consume();
            }
        });
        show();
    }

    private int dropped(DragEvent event) {
        return model.chosen().get() == null ? -1 : References.featureIn(event).orElse(-1);
    }

    private void key(KeyEvent event) {
        Integer row = table.getSelectionModel().getSelectedItem();
        if (row == null) {
            return;
        }
        boolean moves = event.isAltDown() && event.isShiftDown();
        if (event.getCode() == KeyCode.DELETE) {
            List.copyOf(table.getSelectionModel().getSelectedItems()).forEach(model::takeOut);
        } else if (moves && event.getCode() == KeyCode.UP) {
            model.move(row, -1);
        } else if (moves && event.getCode() == KeyCode.DOWN) {
            model.move(row, 1);
        } else {
            return;
        }
        event.consume();
    }

    @Override
    public void setRowActions(RowActions actions) {
        RowMenu.attach(table, OptionalInt::of, row -> OptionalInt.empty(), actions);
    }

    private void addOrRemove() {
        model.addOrRemove();
    }

    private void show() {
        @Nullable FeatureList chosen = model.chosen().get();
        following = true;
        lists.getItems().setAll(model.all());
        lists.setValue(chosen);
        following = false;
        Integer row = table.getSelectionModel().getSelectedItem();
        rows.setAll(chosen == null ? List.of() : chosen.members());
        if (row != null && rows.contains(row)) {
            table.getSelectionModel().select(row);
        }
        boolean none = chosen == null;
        lists.setDisable(none);
        remove.setDisable(none);
        text.setDisable(none);
        hint.setText(
                none
                        ? "Type a name and Enter to make a list"
                        : rows.isEmpty()
                                ? "Add the chosen feature with + or drop features here"
                                : "Delete takes one out, Alt+Shift+Up and Down move it");
        showMember();
    }

    private void showMember() {
        FeatureRef feature = side.feature().get();
        FeatureList chosen = model.chosen().get();
        member.setDisable(feature == null || chosen == null);
        boolean in = feature != null && chosen != null && chosen.members().contains(feature.feature());
        IconButtons.rename(
                member, (in ? "Take the feature out of the list" : "Add the feature to the list") + " (Ctrl+Shift+J)");
        member.setGraphic(new org.kordamp.ikonli.javafx.FontIcon(in ? Feather.MINUS : Feather.PLUS));
    }
}
