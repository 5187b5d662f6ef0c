package loupe.ui.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import javafx.beans.value.ChangeListener;
import javafx.beans.value.WeakChangeListener;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.TableView;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.analysis.FileContents;
import loupe.state.checkpoint.FileInspection;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Tables;

/** Every tensor of a file or folder, and what opening it would cost, before anything is opened. */
public final class InspectPage {
    private final FileInspection inspection;
    private final VBox box = new VBox(12);
    private final Label heading = new Label();
    private final Label summary = new Label();
    private final Label notes = new Label();
    private final TableView<FileContents.Tensor> table = Tables.make("inspect-table", "Tensors");
    private final Button open = new Button("Open it");
    private final ChangeListener<Object> follow = (property, was, is) -> show();

    /**
     * @param opening called with the path when the user opens it
     * @param leave closes the page
     */
    public InspectPage(FileInspection inspection, Consumer<Path> opening, Runnable leave) {
        this.inspection = inspection;
        box.getStyleClass().add("inspect-page");
        box.setId("inspect-page");
        box.setUserData(this);
        heading.getStyleClass().add("form-heading");
        for (Label label : List.of(heading, summary, notes)) {
            label.setWrapText(true);
            label.setMinHeight(Region.USE_PREF_SIZE);
        }
        notes.getStyleClass().add("muted");
        UnaryOperator<String> same = text -> text;
        table.getColumns()
                .addAll(List.of(
                        Tables.texts("Tensor", "Its name in the file", 300, FileContents.Tensor::name, same),
                        Tables.texts("Type", "How its numbers are stored", 60, FileContents.Tensor::dtype, same),
                        Tables.texts(
                                "Shape",
                                "Its axes",
                                140,
                                tensor -> tensor.shape().toString(),
                                same),
                        Tables.numbers(
                                "Size",
                                "Bytes in the file",
                                80,
                                FileContents.Tensor::bytes,
                                bytes -> NumberTexts.bytes((long) bytes)),
                        Tables.numbers(
                                "Norm",
                                "Root of the sum of squares of its finite values",
                                80,
                                FileContents.Tensor::norm,
                                norm -> Double.isNaN(norm) ? "" : NumberTexts.number(norm)),
                        Tables.numbers(
                                "Not finite",
                                "Values that are NaN or infinite",
                                80,
                                FileContents.Tensor::nonFinite,
                                count -> count < 0 ? "" : NumberTexts.count((long) count))));
        open.setId("inspect-open");
        open.setDefaultButton(true);
        open.getStyleClass().add("accent");
        open.setOnAction(event -> {
            FileContents contents = inspection.contents().get();
            leave.run();
            opening.accept(contents.path());
        });
        Button close = new Button("Close");
        close.setCancelButton(true);
        close.setOnAction(event -> leave.run());
        HBox buttons = new HBox(8, close, open);
        buttons.setAlignment(Pos.CENTER_RIGHT);
        box.getChildren().addAll(heading, summary, table, notes, buttons);
        WeakChangeListener<Object> weak = new WeakChangeListener<>(follow);
        inspection.contents().addListener(weak);
        inspection.problem().addListener(weak);
        inspection.measuring().addListener(weak);
        show();
    }

    public Node node() {
        return box;
    }

    private void show() {
        FileContents contents = inspection.contents().get();
        open.setDisable(contents == null || contents.format().isEmpty());
        List<String> words = new ArrayList<>();
        if (contents == null) {
            heading.setText(inspection.problem().get() == null ? "Looking..." : "It cannot be read");
            summary.setText("");
        } else {
            heading.setText(contents.path().toString());
            summary.setText(contents.format().orElse("of no known kind") + " \u00b7 " + contents.container()
                    + " \u00b7 " + NumberTexts.count(contents.tensors().size()) + " tensors \u00b7 "
                    + NumberTexts.bytes(contents.bytes()) + " in the file \u00b7 opening it takes "
                    + NumberTexts.bytes(contents.memoryBytes()) + " of memory"
                    + (inspection.measuring().get() ? " \u00b7 measuring norms" : ""));
            table.getItems().setAll(contents.tensors());
            words.addAll(contents.warnings());
        }
        if (inspection.problem().get() != null) {
            words.add(0, inspection.problem().get().message());
        }
        notes.setText(String.join("\n", words));
        notes.setManaged(!words.isEmpty());
    }
}
