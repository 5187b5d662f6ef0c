package loupe.ui.pane;

import java.util.List;
import java.util.stream.Stream;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.control.ButtonBase;
import javafx.scene.control.CheckMenuItem;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.Labeled;
import javafx.scene.control.Menu;
import javafx.scene.control.MenuItem;
import javafx.scene.control.RadioMenuItem;
import javafx.scene.control.ToggleButton;

/** Controls as items of a menu, for where there is no room for the controls themselves. JavaFX thread only. */
final class FoldedControls {
    private FoldedControls() {}

    /**
     * What stands for a control in a menu: buttons are items that press them, toggles have a mark, a choice is a menu
     * of its own, a text is an item that does nothing. A control that hides itself has none.
     */
    static List<MenuItem> items(Node control) {
        return control.isManaged() ? of(control).toList() : List.of();
    }

    private static Stream<MenuItem> of(Node control) {
        if (control instanceof ToggleButton toggle) {
            MenuItem item;
            if (toggle.getToggleGroup() == null) {
                CheckMenuItem check = new CheckMenuItem(words(toggle));
                check.setSelected(toggle.isSelected());
                item = check;
            } else {
                RadioMenuItem radio = new RadioMenuItem(words(toggle));
                radio.setSelected(toggle.isSelected());
                item = radio;
            }
            return Stream.of(pressing(toggle, item));
        }
        if (control instanceof ButtonBase button) {
            return Stream.of(pressing(button, new MenuItem(words(button))));
        }
        if (control instanceof ComboBox<?> choice) {
            return Stream.of(choices(choice));
        }
        if (control instanceof Label label) {
            MenuItem item = new MenuItem(label.getText());
            item.setMnemonicParsing(false);
            item.setDisable(true);
            return label.getText().isBlank() || label.getLabelFor() != null ? Stream.of() : Stream.of(item);
        }
        return control instanceof Parent parent
                ? parent.getChildrenUnmodifiable().stream()
                        .filter(Node::isManaged)
                        .flatMap(FoldedControls::of)
                : Stream.of();
    }

    private static MenuItem pressing(ButtonBase button, MenuItem item) {
        item.setMnemonicParsing(false);
        item.setDisable(button.isDisabled());
        item.setOnAction(event -> button.fire());
        return item;
    }

    private static <T> Menu choices(ComboBox<T> choice) {
        Menu menu = new Menu(choice.getAccessibleText());
        for (T value : choice.getItems()) {
            RadioMenuItem item = new RadioMenuItem(
                    choice.getConverter() == null
                            ? String.valueOf(value)
                            : choice.getConverter().toString(value));
            item.setMnemonicParsing(false);
            item.setSelected(value.equals(choice.getValue()));
            item.setOnAction(event -> choice.setValue(value));
            menu.getItems().add(item);
        }
        return menu;
    }

    /** What a button says: its words, else what is read out for its icon. */
    private static String words(Labeled button) {
        String text = button.getText();
        return text == null || text.isBlank() ? button.getAccessibleText() : text;
    }
}
