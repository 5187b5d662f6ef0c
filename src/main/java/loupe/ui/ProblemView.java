package loupe.ui;

import java.util.Objects;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.input.Clipboard;
import javafx.scene.input.ClipboardContent;
import javafx.scene.control.ScrollPane;
import javafx.scene.layout.FlowPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.StackPane;
import javafx.scene.layout.VBox;
import loupe.base.Problem;
import org.kordamp.ikonli.feather.Feather;
import org.kordamp.ikonli.javafx.FontIcon;

/** A failure shown in the place of what failed: the sentence, what to do, retry, and details to copy when we did not foresee it. */
public final class ProblemView extends StackPane {
    private final Label message = new Label();
    private final Button retry = new Button("Try again");
    private final Button copy = new Button("Copy details");
    private final Button close = new Button("Close");
    private Problem problem = new Problem("", true, "");

    /** @param again what "Try again" does; the button is hidden when null */
    public ProblemView(Runnable again) {
        getStyleClass().add("problem-view");
        FontIcon icon = new FontIcon(Feather.ALERT_TRIANGLE);
        icon.getStyleClass().add("problem-icon");
        message.getStyleClass().add("problem-message");
        message.setMinHeight(USE_PREF_SIZE);
        HBox.setHgrow(message, Priority.ALWAYS);
        retry.getStyleClass().add("problem-retry");
        retry.setTooltip(Tips.of("Ask for the same thing once more"));
        copy.getStyleClass().add("problem-copy");
        copy.setTooltip(Tips.of("Copy the message and the technical details, for a report"));
        copy.setOnAction(event -> copyDetails());
        onRetry(again);

        HBox words = new HBox(8, icon, message);
        close.getStyleClass().add("problem-close");
        close.setTooltip(Tips.of("Back to what was here before"));
        onDismiss(null);
        FlowPane buttons = new FlowPane(8, 8, retry, close, copy);
        message.setMinHeight(USE_PREF_SIZE);
        VBox box = new VBox(words, buttons);
        box.getStyleClass().add("problem-box");
        ScrollPane scroll = new ScrollPane(box);
        scroll.setFitToWidth(true);
        scroll.getStyleClass().add("problem-scroll");
        scroll.setMaxHeight(USE_PREF_SIZE);
        getChildren().add(scroll);
        setMinSize(0, 0);
    }

    public void show(Problem shown) {
        problem = Objects.requireNonNull(shown, "shown");
        message.setText(shown.message());
        setAccessibleText("Problem: " + shown.message());
        visible(copy, !shown.details().isEmpty());
    }

    public void onRetry(Runnable again) {
        visible(retry, again != null);
        retry.setOnAction(event -> again.run());
    }

    /** @param dismiss what "Close" does; the button is hidden when null */
    public void onDismiss(Runnable dismiss) {
        visible(close, dismiss != null);
        close.setOnAction(event -> dismiss.run());
    }

    private void copyDetails() {
        ClipboardContent content = new ClipboardContent();
        content.putString(problem.message() + "\n\n" + problem.details());
        Clipboard.getSystemClipboard().setContent(content);
    }

    private static void visible(Button button, boolean shown) {
        button.setVisible(shown);
        button.setManaged(shown);
    }
}
