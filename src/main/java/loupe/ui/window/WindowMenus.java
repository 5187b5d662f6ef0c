package loupe.ui.window;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javafx.beans.property.ObjectProperty;
import javafx.scene.control.CheckMenuItem;
import javafx.scene.control.Menu;
import javafx.scene.control.MenuButton;
import javafx.scene.control.MenuItem;
import javafx.scene.control.RadioMenuItem;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.control.ToggleGroup;
import javafx.scene.input.KeyCombination;
import loupe.state.window.Look;
import loupe.state.window.ViewLayouts;
import loupe.ui.control.Tooltips;
import org.kordamp.ikonli.Ikon;
import org.kordamp.ikonli.feather.Feather;
import org.kordamp.ikonli.javafx.FontIcon;

/** The menu with every command in groups, and the menu of the panes and layouts of the view that is shown. */
final class WindowMenus {
    private final Commands commands;
    private final ViewLayouts layouts;

    WindowMenus(Commands commands, ViewLayouts layouts) {
        this.commands = commands;
        this.layouts = layouts;
    }

    /** The menu with every command of the palette, in groups. */
    MenuButton all() {
        MenuButton button = button("menu", Feather.MENU, "Every command, in groups (F10)");
        button.setOnShowing(event -> button.getItems().setAll(groups()));
        button.getItems().setAll(groups());
        return button;
    }

    /** Fresh menus with every command. */
    List<Menu> groups() {
        Map<String, List<MenuItem>> groups = new LinkedHashMap<>();
        for (Command command : commands.all()) {
            List<MenuItem> group = groups.computeIfAbsent(command.group(), name -> new ArrayList<>());
            if (commands.beginsPart(command) && !group.isEmpty()) {
                group.add(new SeparatorMenuItem());
            }
            group.add(item(command));
        }
        return groups.entrySet().stream()
                .map(group -> new Menu(group.getKey(), null, group.getValue().toArray(MenuItem[]::new)))
                .toList();
    }

    private static MenuItem item(Command command) {
        String title = command.now().get();
        MenuItem item = new MenuItem(title);
        item.setMnemonicParsing(false);
        item.setId("menu-" + command.name());
        item.setDisable(!command.enabled().getAsBoolean());
        item.setOnAction(event -> command.run());
        command.key()
                .filter(WindowMenus::leavesFieldsAlone)
                .ifPresentOrElse(
                        item::setAccelerator,
                        () -> item.setText(title + (command.keyText().isEmpty() ? "" : "   " + command.keyText())));
        return item;
    }

    /** Whether a key types nothing, so that the menu may have it while a field has the keyboard. */
    private static boolean leavesFieldsAlone(KeyCombination key) {
        return !key.getName().matches("\\S*_Bracket|.");
    }

    /** The menu of panes and layouts. */
    MenuButton panes() {
        MenuButton button = button("panes-menu", Feather.LAYOUT, "Panes of this view, and its layouts");
        button.setOnShowing(event -> button.getItems().setAll(ofView()));
        button.getItems().setAll(ofView());
        return button;
    }

    private List<MenuItem> ofView() {
        List<MenuItem> items = new ArrayList<>();
        for (PaneKind kind : PaneKind.ALL) {
            boolean here = layouts.layout().get().holds(kind.id());
            CheckMenuItem item = new CheckMenuItem(kind.title());
            item.setId("pane-" + kind.id());
            item.setSelected(here);
            item.setOnAction(event -> commands.run((here ? "hide-" : "show-") + kind.id()));
            items.add(item);
        }
        items.add(new SeparatorMenuItem());
        for (String name : layouts.names()) {
            MenuItem use = plain("Use this layout", () -> layouts.choose(name));
            MenuItem forget = plain("Forget it", () -> layouts.forget(name));
            Menu menu = new Menu("Layout " + name, null, use, forget);
            menu.setMnemonicParsing(false);
            items.add(menu);
        }
        Stream.of("keep-layout", "reset-layout").map(commands::of).forEach(command -> items.add(item(command)));
        return items;
    }

    /** The menu of looks. */
    MenuButton looks(ObjectProperty<Look> chosen) {
        MenuButton button = button("theme", Feather.SUN, "Light, dark or high contrast (Ctrl+Shift+L)");
        ToggleGroup one = new ToggleGroup();
        for (Look look : Look.values()) {
            RadioMenuItem item = new RadioMenuItem(look.title());
            item.setId("look-" + look.key());
            item.setToggleGroup(one);
            item.setSelected(chosen.get() == look);
            item.setOnAction(event -> chosen.set(look));
            chosen.addListener((property, was, is) -> item.setSelected(is == look));
            button.getItems().add(item);
        }
        return button;
    }

    private static MenuItem plain(String text, Runnable action) {
        MenuItem item = new MenuItem(text);
        item.setOnAction(event -> action.run());
        return item;
    }

    private static MenuButton button(String id, Ikon icon, String tip) {
        MenuButton button = new MenuButton(null, new FontIcon(icon));
        button.getStyleClass().add("icon-button");
        button.setId(id);
        button.setTooltip(Tooltips.of(tip));
        button.setAccessibleText(tip);
        return button;
    }
}
