package loupe.ui.control;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javafx.event.EventTarget;
import javafx.scene.Node;
import javafx.scene.control.TableRow;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.input.ClipboardContent;
import javafx.scene.input.DragEvent;
import javafx.scene.input.TransferMode;

/**
 * Features and tokens dragged from tables onto fields, written as the fields read them: {@code #17}, {@code token 42}.
 */
public final class References {
    private static final Pattern FEATURE = Pattern.compile("#(\\d{1,9})");

    private References() {}

    public static String ofFeature(int feature) {
        return "#" + feature;
    }

    public static String ofToken(int id) {
        return "token " + id;
    }

    /**
     * Lets rows be dragged away, chosen or not; headings and scroll bars keep their own drags.
     *
     * @param reference empty for a row that names nothing
     */
    public static <S> void dragFrom(TableView<S> table, Function<S, Optional<String>> reference) {
        table.setOnDragDetected(event -> {
            Optional<String> named = itemAt(table, event.getTarget()).flatMap(reference);
            named.ifPresent(text -> {
                ClipboardContent content = new ClipboardContent();
                content.putString(text);
                table.startDragAndDrop(TransferMode.COPY).setContent(content);
                event.consume();
            });
        });
    }

    private static <S> Optional<S> itemAt(TableView<S> table, EventTarget target) {
        Node node = target instanceof Node at ? at : null;
        while (node != null && !(node instanceof TableRow<?>)) {
            node = node.getParent();
        }
        return node instanceof TableRow<?> row
                        && row.getIndex() < table.getItems().size()
                ? Optional.ofNullable(table.getItems().get(row.getIndex()))
                : Optional.empty();
    }

    /** The feature that is being dragged; empty if it is something else. */
    public static OptionalInt featureIn(DragEvent event) {
        Matcher named = FEATURE.matcher(
                event.getDragboard().hasString() ? event.getDragboard().getString() : "");
        return named.matches() ? OptionalInt.of(Integer.parseInt(named.group(1))) : OptionalInt.empty();
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
