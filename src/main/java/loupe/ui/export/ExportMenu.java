package loupe.ui.export;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import javafx.embed.swing.SwingFXUtils;
import javafx.scene.Node;
import javafx.scene.control.CheckMenuItem;
import javafx.scene.control.ContextMenu;
import javafx.scene.control.MenuItem;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.input.Clipboard;
import javafx.scene.input.ClipboardContent;

/**
 * The menu that every chart and the tree have: copy the picture, save it, copy and save the numbers.
 *
 * @param source what is exported
 * @param caption provenance of its numbers (model, checkpoint, feature, settings), called when exporting
 * @param desk saves files for it
 */
public record ExportMenu(Exportable source, Supplier<String> caption, FileSaver desk) {
    private static final int CLIPBOARD_SCALE = 2;

    /** Fresh menu items; a menu item can be in one menu only. */
    public List<MenuItem> items() {
        List<MenuItem> items = new ArrayList<>();
        items.add(item("Copy picture", this::copyPicture));
        for (ExportFormat format : ExportFormat.values()) {
            items.add(item("Save picture as " + format.label() + "...", () -> savePicture(format)));
        }
        CheckMenuItem captioned = new CheckMenuItem("Caption of provenance under pictures");
        captioned.selectedProperty().bindBidirectional(desk.captionProperty());
        items.add(captioned);
        items.add(new SeparatorMenuItem());
        items.addAll(data().items("data"));
        return items;
    }

    /** Opens the menu on the node's right click. */
    public void attachTo(Node node) {
        attachTo(node, List::of);
    }

    /**
     * The same, with items of the node's own before the others.
     *
     * @param own called at each right click
     */
    public void attachTo(Node node, Supplier<List<MenuItem>> own) {
        ContextMenu menu = new ContextMenu();
        node.setOnContextMenuRequested(event -> {
            menu.getItems().setAll(own.get());
            menu.getItems().addAll(items());
            menu.show(node, event.getScreenX(), event.getScreenY());
            event.consume();
        });
        node.addEventHandler(javafx.scene.input.MouseEvent.MOUSE_PRESSED, event -> menu.hide());
    }

    /** Puts the picture on the clipboard, at twice its size. */
    public void copyPicture() {
        Picture picture = source.picture();
        String words = captionNow();
        desk.compute(() -> SwingFXUtils.toFXImage(ChartExport.image(picture, words, CLIPBOARD_SCALE), null), image -> {
            ClipboardContent content = new ClipboardContent();
            content.putImage(image);
            Clipboard.getSystemClipboard().setContent(content);
        });
    }

    /** Asks for a file and saves the picture in the background. */
    public void savePicture(ExportFormat format) {
        Optional<Path> file = desk.choose(source.exportName() + "." + format.suffix(), format.label());
        file.ifPresent(path -> {
            Picture picture = source.picture();
            String words = captionNow();
            ExportFormat chosen = format.named(path.getFileName().toString());
            desk.saveWithRemark(() -> new FileSaver.Saved(
                    ChartExport.write(picture, words, chosen, path), ChartExport.remark(picture, words, chosen)));
        });
    }

    /** The numbers behind the picture. */
    public CsvExport data() {
        return new CsvExport(source.exportName(), source::csv, desk);
    }

    private String captionNow() {
        return desk.captionProperty().get() ? caption.get() : "";
    }

    private static MenuItem item(String words, Runnable action) {
        MenuItem item = new MenuItem(words);
        item.setOnAction(event -> action.run());
        return item;
    }
}
