package loupe.ui.tree;

import java.util.Optional;
import javafx.scene.Node;
import javafx.scene.control.Menu;
import javafx.scene.control.MenuItem;
import javafx.stage.FileChooser;
import loupe.state.tree.TreeComparison;
import loupe.state.tree.TreeModel;

/** The menu items for comparing the tree with another one. */
final class TreeCompareMenu {
    private final TreeComparison comparison;
    private final TreeModel other;
    private final Node owner;

    /** @param other the other side's tree */
    TreeCompareMenu(TreeComparison comparison, TreeModel other, Node owner) {
        this.comparison = comparison;
        this.other = other;
        this.owner = owner;
    }

    Menu menu() {
        MenuItem keep = item("Keep this tree and compare with it", () -> comparison.keep("the kept tree"));
        MenuItem follow = item("Compare with checkpoint " + other.side() + "'s tree", () -> comparison.follow(other));
        follow.disableProperty().bind(other.side().feature().isNull());
        MenuItem file = item("Compare with a tree in a file...", this::read);
        MenuItem stop = item("Stop comparing", comparison::stop);
        stop.disableProperty().bind(comparison.other().isEmpty());
        Menu menu = new Menu("Compare");
        menu.getItems().addAll(keep, follow, file, stop);
        return menu;
    }

    private void read() {
        FileChooser chooser = new FileChooser();
        chooser.setTitle("Compare with a tree saved as JSON");
        chooser.getExtensionFilters()
                .addAll(
                        new FileChooser.ExtensionFilter("Trees", "*.json"),
                        new FileChooser.ExtensionFilter("All files", "*"));
        Optional.ofNullable(chooser.showOpenDialog(owner.getScene().getWindow()))
                .ifPresent(chosen -> comparison.read(chosen.toPath()));
    }

    private static MenuItem item(String words, Runnable action) {
        MenuItem item = new MenuItem(words);
        item.setOnAction(event -> action.run());
        return item;
    }
}
