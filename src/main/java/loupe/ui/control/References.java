package loupe.ui.control;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.input.ClipboardContent;
import javafx.scene.input.DragEvent;
import javafx.scene.input.TransferMode;

/**
 * Features and tokens dragged from tables onto fields, written as the fields read them: {@code #17}, {@code token 42}.
 */
public final class References {
    private References() {}

    public static String ofFeature(int feature) {
        return "#" + feature;
    }

    public static String ofToken(int id) {
        return "token " + id;
    }

    /**
     * Lets the chosen row be dragged away.
     *
     * @param reference empty for a row that names nothing
     */
    public static <S> void dragFrom(TableView<S> table, Function<S, Optional<String>> reference) {
        table.setOnDragDetected(event -> {
            S row = table.getSelectionModel().getSelectedItem();
            Optional<String> named = row == null ? Optional.empty() : reference.apply(row);
            named.ifPresent(text -> {
                ClipboardContent content = new ClipboardContent();
                content.putString(text);
                table.startDragAndDrop(TransferMode.COPY).setContent(content);
                event.consume();
            });
        });
    }

    /** Lets a field take what is dropped on it. */
    public static void dropOn(TextField field, Consumer<String> taken) {
        field.addEventHandler(DragEvent.DRAG_OVER, event -> {
            if (event.getDragboard().hasString() && !event.getDragboard().hasFiles()) {
                event.acceptTransferModes(TransferMode.COPY);
                event.consume();
            }
        });
        field.addEventHandler(DragEvent.DRAG_DROPPED, event -> {
            if (event.getDragboard().hasString() && !event.getDragboard().hasFiles()) {
                field.setText(event.getDragboard().getString());
                taken.accept(field.getText());
                event.setDropCompleted(true);
                event.consume();
            }
        });
    }
}
