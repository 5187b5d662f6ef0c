package loupe.ui.export;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;
import javafx.beans.property.ReadOnlyStringWrapper;
import javafx.beans.value.ObservableValue;
import javafx.scene.control.CheckMenuItem;
import javafx.scene.control.MenuItem;
import javafx.scene.input.Clipboard;
import javafx.scene.input.ClipboardContent;

/**
 * Copying and saving numbers and texts as CSV.
 *
 * @param name of the data in a suggested file name, such as {@code activations}
 * @param data called when exporting
 * @param desk saves files for it
 */
public record CsvExport(String name, Supplier<Csv> data, FileSaver desk) {
    /**
     * Fresh menu items: copy, save, and how texts are written that a spreadsheet would run.
     *
     * @param what is exported, as the menu has it: {@code "examples"}
     */
    public List<MenuItem> items(String what) {
        return items(new ReadOnlyStringWrapper(what));
    }

    /** Fresh menu items as {@link #items(String)}, which say what is exported as that changes. */
    List<MenuItem> items(ObservableValue<String> what) {
        MenuItem copy = new MenuItem();
        copy.textProperty().bind(what.map(words -> "Copy " + words + " as CSV"));
        copy.setOnAction(event -> copy(data.get()));
        MenuItem save = new MenuItem();
        save.textProperty().bind(what.map(words -> "Save " + words + " as CSV..."));
        save.setOnAction(event -> save());
        return List.of(copy, save, asTheyAre());
    }

    /** Asks for a file and saves the data in the background. */
    public void save() {
        desk.choose(name + ".csv", "CSV").ifPresent(path -> {
            Csv table = data.get();
            boolean asTheyAre = desk.formulasProperty().get();
            desk.save(() -> ChartExport.replace(path, table.text(asTheyAre).getBytes(StandardCharsets.UTF_8)));
        });
    }

    /** Puts a table on the clipboard. */
    public void copy(Csv table) {
        ClipboardContent content = new ClipboardContent();
        content.putString(table.text(desk.formulasProperty().get()));
        Clipboard.getSystemClipboard().setContent(content);
    }

    /** Puts rows on the clipboard as spreadsheets take them, with tabs between the cells. */
    public void copyRows(Csv rows) {
        ClipboardContent content = new ClipboardContent();
        content.putString(rows.tabbed(desk.formulasProperty().get()));
        Clipboard.getSystemClipboard().setContent(content);
    }

    private CheckMenuItem asTheyAre() {
        CheckMenuItem item = new CheckMenuItem("Leave formulas in the texts of CSV");
        item.selectedProperty().bindBidirectional(desk.formulasProperty());
        return item;
    }
}
