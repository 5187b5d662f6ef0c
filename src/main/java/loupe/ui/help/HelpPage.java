package loupe.ui.help;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javafx.application.Platform;
import javafx.beans.InvalidationListener;
import javafx.beans.Observable;
import javafx.css.PseudoClass;
import javafx.scene.Node;
import javafx.scene.control.Hyperlink;
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

/**
 * What the window's words and figures mean and which keys do what, to be searched while typing; opened as a whole, at
 * one entry, or with what a pane shows.
 */
public final class HelpPage {
    private static final double SCROLL_PIXELS = 60;
    private static final PseudoClass OPENED = PseudoClass.getPseudoClass("opened");

    private final HelpTexts texts;
    private final CustomTextField search = (CustomTextField) TextFields.createClearableTextField();
    private final Hyperlink all = new Hyperlink("All of the help");
    private final VBox found = new VBox(10);
    private final ScrollPane scroll = new ScrollPane(found);
    private final VBox page = new VBox(12, search, scroll);
    private final Map<HelpEntry, Node> shown = new HashMap<>();

    public HelpPage(HelpTexts texts) {
        this.texts = texts;
        search.setId("help-search");
        search.setLeft(new FontIcon(Feather.SEARCH));
        search.setPromptText("Search the help: ghost, density, a key...");
        search.setAccessibleText("Search the help");
        all.setId("help-all");
        all.setOnAction(event -> {
            search.clear();
            show(texts.entries(), "");
            search.requestFocus();
        });
        scroll.setFitToWidth(true);
        scroll.setHbarPolicy(ScrollPane.ScrollBarPolicy.NEVER);
        found.setId("help-found");
        found.getStyleClass().add("help-entries");
        VBox.setVgrow(scroll, Priority.ALWAYS);
        page.getStyleClass().add("help-page");
        search.textProperty().addListener((property, was, is) -> show(texts.find(is), ""));
        search.addEventFilter(KeyEvent.KEY_PRESSED, this::scrolls);
        show(texts.entries(), "");
    }

    public Node node() {
        return page;
    }

    public void focus() {
        search.requestFocus();
    }

    /** Shows all entries, scrolled to this one, which is marked. */
    public void openAt(HelpEntry entry) {
        Node node = shown.get(entry);
        if (node == null) {
            return;
        }
        node.pseudoClassStateChanged(OPENED, true);
        // before it is laid out there is nothing to scroll
        scroll.viewportBoundsProperty().addListener(new InvalidationListener() {
            @Override
            public void invalidated(Observable changed) {
                if (scroll.getViewportBounds().getHeight() > 0) {
                    scroll.viewportBoundsProperty().removeListener(this);
                    Platform.runLater(() -> scrollTo(node));
                }
            }
        });
    }

    private void scrollTo(Node node) {
        double height = found.getHeight() - scroll.getViewportBounds().getHeight();
        double top = node.getBoundsInParent().getMinY();
        scroll.setVvalue(height <= 0 ? 0 : Math.max(0, Math.min(1, top / height)));
    }

    /** Shows what stands in a pane or on a page, by its title, with a way to everything else. */
    public void openWith(String place) {
        show(texts.in(place), "Shown in " + place);
    }

    /** @param heading above all entries, instead of those of their groups; empty for these */
    private void show(List<HelpEntry> entries, String heading) {
        found.getChildren().clear();
        shown.clear();
        String group = "";
        if (!heading.isEmpty()) {
            found.getChildren().addAll(all, label(heading, "help-group"));
        }
        for (HelpEntry entry : entries) {
            if (heading.isEmpty() && !entry.group().equals(group)) {
                group = entry.group();
                found.getChildren().add(label(group, "help-group"));
            }
            VBox parts = new VBox(2, label(entry.title(), "help-title"));
            parts.getStyleClass().add("help-entry");
            if (!entry.formula().isEmpty()) {
                parts.getChildren().add(label(entry.formula(), "help-formula"));
            }
            if (!entry.text().isEmpty()) {
                parts.getChildren().add(label(entry.text(), "help-text"));
            }
            found.getChildren().add(parts);
            shown.put(entry, parts);
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
