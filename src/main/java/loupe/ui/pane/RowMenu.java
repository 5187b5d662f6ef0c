package loupe.ui.pane;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Function;
import javafx.scene.control.CheckMenuItem;
import javafx.scene.control.ContextMenu;
import javafx.scene.control.Menu;
import javafx.scene.control.MenuItem;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.control.TableView;
import javafx.scene.input.Clipboard;
import javafx.scene.input.ClipboardContent;
import loupe.ui.control.References;

/**
 * What a right click on a row of a table offers, before what the table's own menu has: for a feature going to it,
 * comparing, copying its number, its star, its ablation and lists; for a token its neighbours. With several rows
 * marked, what is done to a feature is done to each.
 */
public final class RowMenu {
    private RowMenu() {}

    /**
     * Adds the entries to a table's menu.
     *
     * @param feature of a row; empty if it has none
     * @param token of a row; empty if it has none
     */
    public static <S> void attach(
            TableView<S> table, Function<S, OptionalInt> feature, Function<S, OptionalInt> token, RowActions actions) {
        ContextMenu menu = table.getContextMenu();
        List<MenuItem> own = List.copyOf(menu.getItems());
        menu.setOnShowing(event -> {
            List<MenuItem> items = new ArrayList<>();
            List<S> rows = List.copyOf(table.getSelectionModel().getSelectedItems());
            List<Integer> features = rows.stream()
                    .flatMap(row -> feature.apply(row).stream().boxed())
                    .toList();
            if (!features.isEmpty()) {
                items.addAll(ofFeatures(features, actions));
            } else if (rows.size() == 1) {
                token.apply(rows.get(0)).ifPresent(id -> {
                    items.add(item("row-neighbours", "Neighbours of this token", () -> actions.goToToken(id)));
                    items.add(item(
                            "row-copy",
                            "Copy \u201c" + References.ofToken(id) + "\u201d",
                            () -> copy(References.ofToken(id))));
                });
            }
            if (!items.isEmpty()) {
                items.add(new SeparatorMenuItem());
            }
            items.addAll(own);
            menu.getItems().setAll(items);
        });
    }

    private static List<MenuItem> ofFeatures(List<Integer> features, RowActions actions) {
        List<MenuItem> items = new ArrayList<>();
        int first = features.get(0);
        boolean one = features.size() == 1;
        String what = one ? References.ofFeature(first) : features.size() + " features";
        if (one) {
            items.add(item("row-go", "Go to " + what, () -> actions.goTo(first)));
            String comparing = actions.comparing(first);
            if (!comparing.isEmpty()) {
                items.add(item("row-compare", comparing, () -> actions.compareWith(first)));
            }
        }
        items.add(item(
                "row-copy",
                one ? "Copy " + what : "Copy the numbers",
                () -> copy(String.join(
                        " ", features.stream().map(References::ofFeature).toList()))));
        boolean starred = features.stream().allMatch(actions::isStarred);
        items.add(item(
                "row-star",
                (starred ? "Take the star of " : "Star ") + what + (starred ? " away" : ""),
                () -> features.forEach(feature -> actions.star(feature, !starred))));
        if (actions.canAblate()) {
            items.add(item("row-ablate", "Ablate " + what, () -> actions.ablate(features)));
        }
        Menu lists = new Menu("Lists");
        lists.setId("row-lists");
        for (String list : actions.lists()) {
            boolean in = features.stream().allMatch(feature -> actions.isIn(list, feature));
            CheckMenuItem item = new CheckMenuItem(list);
            item.setMnemonicParsing(false);
            item.setSelected(in);
            item.setOnAction(event -> features.forEach(feature -> actions.put(list, feature, !in)));
            lists.getItems().add(item);
        }
        if (!lists.getItems().isEmpty()) {
            items.add(lists);
        }
        return items;
    }

    private static MenuItem item(String id, String text, Runnable action) {
        MenuItem item = new MenuItem(text);
        item.setId(id);
        item.setMnemonicParsing(false);
        item.setOnAction(event -> action.run());
        return item;
    }

    private static void copy(String text) {
        ClipboardContent content = new ClipboardContent();
        content.putString(text);
        Clipboard.getSystemClipboard().setContent(content);
    }
}
