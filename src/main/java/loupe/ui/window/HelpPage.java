package loupe.ui.window;

import java.util.List;
import javafx.scene.Node;
import javafx.scene.control.Label;
import javafx.scene.control.ScrollPane;
import javafx.scene.control.TextField;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import org.controlsfx.control.textfield.CustomTextField;
import org.controlsfx.control.textfield.TextFields;
import org.kordamp.ikonli.feather.Feather;
import org.kordamp.ikonli.javafx.FontIcon;

/** What the window's words mean and which keys do what, to be searched while typing. */
final class HelpPage {
    private static final double SCROLL_PIXELS = 60;

    private final HelpTexts texts;
    private final CustomTextField search = (CustomTextField) TextFields.createClearableTextField();
    private final VBox found = new VBox(10);
    private final ScrollPane scroll = new ScrollPane(found);
    private final VBox page = new VBox(12, search, scroll);

    HelpPage(HelpTexts texts) {
        this.texts = texts;
        search.setId("help-search");
        search.setLeft(new FontIcon(Feather.SEARCH));
        search.setPromptText("Search the help: ghost, density, a key...");
        search.setAccessibleText("Search the help");
        scroll.setFitToWidth(true);
        scroll.setHbarPolicy(ScrollPane.ScrollBarPolicy.NEVER);
        found.setId("help-found");
        found.getStyleClass().add("help-entries");
        VBox.setVgrow(scroll, Priority.ALWAYS);
        page.getStyleClass().add("help-page");
        search.textProperty().addListener((property, was, is) -> show(is));
        search.addEventFilter(KeyEvent.KEY_PRESSED, this::scrolls);
        show("");
    }

    Node node() {
        return page;
    }

    void focus() {
        search.requestFocus();
    }

    private void show(String words) {
        List<HelpTexts.Entry> entries = texts.find(words);
        found.getChildren().clear();
        String group = "";
        for (HelpTexts.Entry entry : entries) {
            if (!entry.group().equals(group)) {
                group = entry.group();
                found.getChildren().add(label(group, "help-group"));
            }
            Label title = label(entry.title(), "help-title");
            VBox both = new VBox(2, title);
            if (!entry.text().isEmpty()) {
                both.getChildren().add(label(entry.text(), "help-text"));
            }
            found.getChildren().add(both);
        }
        if (entries.isEmpty()) {
            found.getChildren().add(label("Nothing in the help has all of these words", "muted"));
        }
        scroll.setVvalue(0);
    }

    private static Label label(String words, String style) {
        Label label = new Label(words);
        label.setWrapText(true);
        label.setMinHeight(TextField.USE_PREF_SIZE);
        label.getStyleClass().add(style);
        return label;
    }

    /** Arrows and page keys move what was found while the words are still being typed. */
    private void scrolls(KeyEvent event) {
        double height = Math.max(1, found.getHeight() - scroll.getHeight());
        double by = event.getCode() == KeyCode.DOWN
                ? SCROLL_PIXELS
                : event.getCode() == KeyCode.UP
                        ? -SCROLL_PIXELS
                        : event.getCode() == KeyCode.PAGE_DOWN
                                ? scroll.getHeight()
                                : event.getCode() == KeyCode.PAGE_UP ? -scroll.getHeight() : 0;
        if (by != 0) {
            scroll.setVvalue(Math.max(0, Math.min(1, scroll.getVvalue() + by / height)));
            event.consume();
        }
    }
}
