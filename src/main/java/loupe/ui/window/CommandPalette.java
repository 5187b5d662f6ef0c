package loupe.ui.window;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import javafx.scene.control.Label;
import javafx.scene.control.ListCell;
import javafx.scene.control.ListView;
import javafx.scene.control.TextField;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.search.FeatureSearch;
import loupe.state.window.Session;
import loupe.ui.token.FoundExcerpt;
import org.controlsfx.control.textfield.CustomTextField;
import org.controlsfx.control.textfield.TextFields;
import org.kordamp.ikonli.feather.Feather;
import org.kordamp.ikonli.javafx.FontIcon;

/** Finds every command, feature and recent file by typing a few letters of it. */
final class CommandPalette {
    private static final double WIDTH_PIXELS = 560;
    private static final int ROWS = 11;

    private final VBox box = new VBox();
    private final TextField query = TextFields.createClearableTextField();
    private final ListView<Entry> list = new ListView<>();
    private final Function<String, List<Entry>> source;
    private final Runnable hide;
    private final BooleanSupplier searching;
    /** Whether another entry than the first was chosen by hand. */
    private boolean moved;
    /** Whether Enter was pressed before the search had ended. */
    private boolean entered;

    /**
     * @param detail shown at the right: a key, a folder
     * @param reasons shown there instead, the words marked: where a feature was found
     * @param also other words by which it is found
     */
    record Entry(String title, String detail, List<FeatureSearch.Reason> reasons, String also, Runnable action) {
        Entry(String title, String detail, Runnable action) {
            this(title, detail, List.of(), "", action);
        }

        /** Whether it is called what was typed, or is known by it. */
        boolean says(String typed) {
            String letters = typed.strip().toLowerCase(Locale.ROOT);
            return title.toLowerCase(Locale.ROOT).contains(letters) || also.contains(letters);
        }
    }

    /**
     * @param source the entries for what has been typed, best first, as far as they are known; called on every change
     * @param hide closes the palette
     * @param searching whether more entries are still being searched for, which {@link #refill} shows
     */
    CommandPalette(Function<String, List<Entry>> source, Runnable hide, BooleanSupplier searching) {
        this.source = source;
        this.hide = hide;
        this.searching = searching;
        box.getStyleClass().add("command-palette");
        box.setPrefWidth(WIDTH_PIXELS);
        query.setPromptText("Command, feature number, words of a feature or recent file");
        query.setAccessibleText("Command, feature number, words of a feature or recent file");
        query.getStyleClass().add("palette-query");
        if (query instanceof CustomTextField custom) {
            custom.setLeft(new FontIcon(Feather.SEARCH));
        }
        list.getStyleClass().add("palette-list");
        list.setCellFactory(view -> new EntryCell());
        list.setFixedCellSize(30);
        list.setFocusTraversable(false);
        list.setPlaceholder(new Label("Nothing matches"));
        box.getChildren().addAll(query, list);
        box.setMaxSize(WIDTH_PIXELS, Region.USE_PREF_SIZE);
        query.textProperty().addListener((property, was, is) -> fill(is));
        box.addEventFilter(KeyEvent.KEY_PRESSED, this::key);
        list.setOnMouseClicked(event -> runSelected());
    }

    /** The node of the palette. */
    Region node() {
        return box;
    }

    /** Starts with a focused field that holds some letters. */
    void begin(String typed) {
        query.setText(typed);
        fill(typed);
        query.requestFocus();
        query.end();
    }

    private void fill(String typed) {
        moved = false;
        entered = false;
        show(source.apply(typed));
        list.getSelectionModel().selectFirst();
        list.scrollTo(0);
    }

    /** Shows what has been found since; an entry that was chosen by hand stays chosen. */
    void refill() {
        Entry chosen = list.getSelectionModel().getSelectedItem();
        show(source.apply(query.getText()));
        int place = moved && chosen != null ? placeOf(chosen) : 0;
        list.getSelectionModel().select(place);
        if (!moved) {
            list.scrollTo(0);
        }
        if (entered && !searching.getAsBoolean()) {
            runSelected();
        }
    }

    private int placeOf(Entry chosen) {
        for (int i = 0; i < list.getItems().size(); i++) {
            Entry entry = list.getItems().get(i);
            if (entry.title().equals(chosen.title()) && entry.detail().equals(chosen.detail())) {
                return i;
            }
        }
        return 0;
    }

    private void show(List<Entry> entries) {
        list.getItems().setAll(entries);
        list.setPrefHeight(2 + 30.0 * Math.max(2, Math.min(ROWS, list.getItems().size())));
    }

    /** Whether the chosen entry is the best whatever is still found: it has what was typed as it is. */
    private boolean isSettled() {
        Entry chosen = list.getSelectionModel().getSelectedItem();
        return moved || (chosen != null && chosen.says(query.getText()));
    }

    private void key(KeyEvent event) {
        int selected = list.getSelectionModel().getSelectedIndex();
        int last = list.getItems().size() - 1;
        if (event.getCode() == KeyCode.DOWN || event.getCode() == KeyCode.UP) {
            int next = Math.max(0, Math.min(last, selected + (event.getCode() == KeyCode.DOWN ? 1 : -1)));
            moved = true;
            entered = false;
            list.getSelectionModel().select(next);
            list.scrollTo(Math.max(0, next - ROWS / 2));
            event.consume();
        } else if (event.getCode() == KeyCode.ENTER) {
            if (searching.getAsBoolean() && !isSettled()) {
                entered = true;
            } else {
                runSelected();
            }
            event.consume();
        } else if (event.getCode() == KeyCode.ESCAPE) {
            hide.run();
            event.consume();
        }
    }

    private void runSelected() {
        entered = false;
        Entry chosen = list.getSelectionModel().getSelectedItem();
        if (chosen != null) {
            hide.run();
            chosen.action().run();
        }
    }

    /**
     * The entries whose title contains the letters typed in order, those that {@linkplain Entry#says say} them first.
     */
    static List<Entry> matching(List<Entry> entries, String typed) {
        String letters = typed.strip().toLowerCase(Locale.ROOT);
        List<Entry> whole = new ArrayList<>();
        List<Entry> scattered = new ArrayList<>();
        for (Entry entry : entries) {
            String title = entry.title().toLowerCase(Locale.ROOT);
            if (entry.says(letters)) {
                whole.add(entry);
            } else if (containsInOrder(title, letters)) {
                scattered.add(entry);
            }
        }
        whole.addAll(scattered);
        return whole;
    }

    static Entry ofRecent(Session.Recent recent, Runnable open) {
        String path = recent.path();
        String kind = recent.isCorpus() ? "corpus " : recent.model() ? "model " : "checkpoint ";
        Path file = Path.of(path);
        String name = recent.paths().size() > 1
                ? "of " + recent.paths().size() + " files"
                : file.getFileName() == null ? path : file.getFileName().toString();
        String folder = file.getParent() == null ? "" : file.getParent().toString();
        return new Entry("Open " + kind + name, folder, open);
    }

    private static boolean containsInOrder(String text, String letters) {
        int at = 0;
        for (int i = 0; i < text.length() && at < letters.length(); i++) {
            if (text.charAt(i) == letters.charAt(at)) {
                at++;
            }
        }
        return at == letters.length();
    }

    private static final class EntryCell extends ListCell<Entry> {
        private final Label title = new Label();
        private final Label detail = new Label();
        private final FoundExcerpt found = new FoundExcerpt();
        private final HBox row = new HBox(title, detail);

        EntryCell() {
            HBox.setHgrow(title, Priority.ALWAYS);
            title.setMaxWidth(Double.MAX_VALUE);
            title.setMinWidth(Region.USE_PREF_SIZE);
            detail.getStyleClass().add("muted");
            detail.setTextOverrun(javafx.scene.control.OverrunStyle.LEADING_ELLIPSIS);
            setPrefWidth(0); // as wide as the list, whatever was found
            HBox.setHgrow(found, Priority.ALWAYS);
            row.getStyleClass().add("palette-row");
        }

        @Override
        protected void updateItem(Entry entry, boolean empty) {
            super.updateItem(entry, empty);
            setText(null);
            if (empty || entry == null) {
                setGraphic(null);
            } else {
                title.setText(entry.title());
                detail.setText(entry.detail());
                found.show(entry.reasons());
                HBox.setHgrow(title, entry.reasons().isEmpty() ? Priority.ALWAYS : Priority.NEVER);
                row.getChildren().setAll(title, entry.reasons().isEmpty() ? detail : found);
                setAccessibleText((entry.title() + " " + entry.detail()).strip());
                setGraphic(row);
            }
        }
    }
}
