package loupe.ui.tree;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import javafx.scene.control.Menu;
import javafx.scene.control.MenuItem;
import javafx.scene.input.Clipboard;
import javafx.scene.input.ClipboardContent;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.TreeOutline;
import loupe.state.tree.TreeModel;
import loupe.state.window.VocabularyTexts;
import loupe.ui.export.ChartExport;
import loupe.ui.export.FileSaver;

/**
 * Saves the tree as a text: JSON in the notebook's shape, indented, or Markdown. Down to the cutoff of the controls,
 * whatever is folded.
 */
final class TreeFiles {
    private final TreeModel model;
    private final VocabularyTexts texts;
    private final Supplier<String> provenance;
    private final FileSaver desk;

    TreeFiles(TreeModel model, VocabularyTexts texts, Supplier<String> provenance, FileSaver desk) {
        this.model = model;
        this.texts = texts;
        this.provenance = provenance;
        this.desk = desk;
    }

    Menu menu() {
        MenuItem copy = new MenuItem("Copy as Markdown");
        copy.setOnAction(event -> outline().ifPresent(tree -> {
            String caption = provenance.get();
            desk.compute(() -> tree.get().markdown(caption), text -> {
                ClipboardContent content = new ClipboardContent();
                content.putString(text);
                Clipboard.getSystemClipboard().setContent(content);
            });
        }));
        Menu menu = new Menu("Save the tree as text");
        menu.getItems()
                .addAll(
                        item("JSON", "json", (tree, caption) -> tree.jsonText()),
                        item("Indented text", "txt", (tree, caption) -> tree.indented()),
                        item("Markdown", "md", TreeOutline::markdown),
                        copy);
        return menu;
    }

    private MenuItem item(String kind, String suffix, BiFunction<TreeOutline, String, String> text) {
        MenuItem item = new MenuItem(kind + "...");
        item.setOnAction(event -> save(kind, suffix, text));
        return item;
    }

    private void save(String kind, String suffix, BiFunction<TreeOutline, String, String> text) {
        Optional<Supplier<TreeOutline>> tree = outline();
        if (tree.isPresent()) {
            Optional<Path> file = desk.choose("definition-tree." + suffix, kind);
            String caption = provenance.get();
            file.ifPresent(path -> desk.save(() -> ChartExport.replace(
                    path, text.apply(tree.get().get(), caption).getBytes(StandardCharsets.UTF_8))));
        }
    }

    /** The current tree, whose outline is built lazily, on any thread. */
    private Optional<Supplier<TreeOutline>> outline() {
        DefinitionTree.Answer now = model.tree().getValue();
        double cutoff = model.controls().cutoff().get();
        return now == null
                ? Optional.empty()
                : Optional.of(() -> TreeOutline.of(now, texts::of).trimmed(cutoff));
    }
}
