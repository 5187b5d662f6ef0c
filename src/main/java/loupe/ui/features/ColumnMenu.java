package loupe.ui.features;

import java.util.ArrayList;
import java.util.List;
import javafx.scene.control.CheckMenuItem;
import javafx.scene.control.ContextMenu;
import javafx.scene.control.MenuItem;
import javafx.scene.control.SeparatorMenuItem;
import loupe.search.FeatureColumn;
import loupe.state.features.TableArrangement;

/** The menu of a heading of the feature table: sorting by its column, and which columns are shown. */
final class ColumnMenu extends ContextMenu {
    private final TableArrangement arrangement;
    private final FeatureColumn column;
    private final MenuItem help;

    /** @param help explains the column */
    ColumnMenu(TableArrangement arrangement, FeatureColumn column, MenuItem help) {
        this.arrangement = arrangement;
        this.column = column;
        this.help = help;
        getItems().setAll(items());
        setOnShowing(event -> getItems().setAll(items()));
    }

    private List<MenuItem> items() {
        List<MenuItem> items = new ArrayList<>();
        items.add(sort("Sort: smallest first", new TableArrangement.Sorting(column, false)));
        items.add(sort("Sort: largest first", new TableArrangement.Sorting(column, true)));
        CheckMenuItem keeps = new CheckMenuItem("Sorting keeps the chosen feature in view");
        keeps.setSelected(arrangement.keepsInView().get());
        keeps.setOnAction(event -> arrangement.keepsInView().set(keeps.isSelected()));
        items.add(keeps);
        items.add(new SeparatorMenuItem());
        for (FeatureColumn one : FeatureColumn.values()) {
            if (one != FeatureColumn.FOUND) {
                CheckMenuItem item = new CheckMenuItem(one.title());
                item.setMnemonicParsing(false);
                item.setSelected(arrangement.shows(one));
                item.setOnAction(event -> arrangement.show(one, item.isSelected()));
                items.add(item);
            }
        }
        items.add(new SeparatorMenuItem());
        MenuItem reset = new MenuItem("Usual columns, order and widths");
        reset.setDisable(arrangement.isInitial());
        reset.setOnAction(event -> arrangement.reset());
        items.add(reset);
        items.add(new SeparatorMenuItem());
        items.add(help);
        return items;
    }

    private MenuItem sort(String words, TableArrangement.Sorting sorting) {
        CheckMenuItem item = new CheckMenuItem(words);
        item.setSelected(arrangement.sorting().get().equals(sorting));
        item.setOnAction(event -> arrangement.sort(sorting));
        return item;
    }
}
