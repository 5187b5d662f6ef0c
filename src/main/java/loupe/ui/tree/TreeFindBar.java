package loupe.ui.tree;

import java.util.function.Consumer;
import java.util.function.IntConsumer;
import javafx.scene.control.Label;
import javafx.scene.control.TextField;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.layout.HBox;
import loupe.ui.control.IconButtons;
import org.kordamp.ikonli.feather.Feather;

/** The search field over a tree: Enter and Shift+Enter step through the matches, Esc closes it. */
final class TreeFindBar extends HBox {
    private final TextField field = new TextField();
    private final Label count = new Label();

    /**
     * @param search called with the text at each change
     * @param step called with +1 or -1
     * @param close called when the bar is closed
     */
    TreeFindBar(Consumer<String> search, IntConsumer step, Runnable close) {
        getStyleClass().add("tree-find");
        field.setPromptText("Find in the tree");
        field.setAccessibleText("Find in the tree");
        field.textProperty().addListener((source, was, is) -> search.accept(is));
        getChildren()
                .addAll(
                        field,
                        count,
                        IconButtons.of(Feather.CHEVRON_UP, "Previous match (Shift+Enter)", () -> step.accept(-1)),
                        IconButtons.of(Feather.CHEVRON_DOWN, "Next match (Enter)", () -> step.accept(1)),
                        IconButtons.of(Feather.X, "Close the search (Esc)", close));
        addEventFilter(KeyEvent.KEY_PRESSED, event -> {
            if (event.getCode() == KeyCode.ENTER && event.getTarget() == field) {
                step.accept(event.isShiftDown() ? -1 : 1);
                event.consume();
            } else if (event.getCode() == KeyCode.ESCAPE) {
                close.run();
                event.consume();
            }
        });
        setMaxSize(USE_PREF_SIZE, USE_PREF_SIZE);
        setVisible(false);
    }

    void open() {
        setVisible(true);
        field.requestFocus();
        field.selectAll();
    }

    String text() {
        return field.getText();
    }

    void type(String text) {
        field.setText(text);
    }

    /** Shows the current match, {@code 3 of 12}, or that there is none. */
    void showMatch(int at, int of) {
        if (field.getText().isBlank()) {
            count.setText("");
        } else {
            count.setText(of == 0 ? "no match" : (at + 1) + " of " + of);
        }
    }
}
