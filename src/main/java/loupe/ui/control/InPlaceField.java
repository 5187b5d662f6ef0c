package loupe.ui.control;

import java.util.function.Consumer;
import javafx.css.PseudoClass;
import javafx.scene.control.TextField;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;

/**
 * A text that is edited where it stands: Enter keeps what was typed and Escape drops it. Leaving the field keeps it
 * too. While it has focus, another text that is shown waits.
 */
public final class InPlaceField extends TextField {
    private static final PseudoClass DANGER = PseudoClass.getPseudoClass("danger");

    private String shown = "";
    private Consumer<String> keep = text -> {};

    /**
     * @param prompt where there is no text
     * @param leave takes the focus when editing ends
     */
    public InPlaceField(String id, String prompt, Runnable leave) {
        setId(id);
        setPromptText(prompt);
        setAccessibleText(prompt);
        getStyleClass().add("in-place");
        addEventFilter(KeyEvent.KEY_PRESSED, event -> {
            if (event.getCode() == KeyCode.ENTER) {
                if (commit()) {
                    leave.run();
                }
                event.consume();
            } else if (event.getCode() == KeyCode.ESCAPE) {
                setText(shown);
                pseudoClassStateChanged(DANGER, false);
                leave.run();
                event.consume();
            }
        });
        focusedProperty().addListener((property, was, is) -> {
            if (!is && !commit()) {
                setText(shown);
            }
        });
    }

    /**
     * Shows the text of a subject. What was being typed about another one is kept first.
     *
     * @param onKeep receives a text that was typed about this subject; refuses one by IllegalArgumentException
     */
    public void show(String text, boolean another, Consumer<String> onKeep) {
        if (another) {
            commit();
        }
        boolean typing = isFocused() && !another && !getText().equals(shown);
        shown = text;
        keep = onKeep;
        if (!typing && !getText().equals(text)) {
            setText(text);
        }
    }

    /** @return false if the text was refused */
    private boolean commit() {
        String typed = getText();
        if (typed.equals(shown)) {
            return true;
        }
        String before = shown;
        shown = typed; // so that what keeping it shows is no news
        try {
            keep.accept(typed);
            pseudoClassStateChanged(DANGER, false);
            return true;
        } catch (IllegalArgumentException tooLong) {
            shown = before;
            pseudoClassStateChanged(DANGER, true);
            return false;
        }
    }
}
