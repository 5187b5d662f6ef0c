package loupe.ui.corpus;

import java.nio.file.Path;
import java.util.List;
import javafx.beans.value.ChangeListener;
import javafx.beans.value.WeakChangeListener;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.RadioButton;
import javafx.scene.control.ToggleGroup;
import javafx.scene.layout.ColumnConstraints;
import javafx.scene.layout.GridPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.index.ActivationIndex;
import loupe.index.DocumentPacking;
import loupe.index.FeatureStatistics;
import loupe.index.IndexInfo;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.window.CheckpointSide;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Tooltips;

/** The form of the corpus: which text it is, how the model reads its documents, and how much of it has been counted. */
public final class CorpusPage {
    private final CorpusStatistics statistics;
    private final List<CheckpointSide> sides;
    private final VBox box = new VBox(14);
    private final GridPane rows = new GridPane();
    private final Label text = new Label();
    private final List<Label> counted;
    private final ToggleGroup choice = new ToggleGroup();
    private final ChangeListener<Object> follow = (property, was, is) -> show();

    /**
     * @param sides the checkpoints that are counted
     * @param choose asks for another text
     * @param leave closes the page
     */
    public CorpusPage(CorpusStatistics statistics, List<CheckpointSide> sides, Runnable choose, Runnable leave) {
        this.statistics = statistics;
        this.sides = sides;
        counted = sides.stream().map(side -> wrapped("corpus-counted-" + side)).toList();
        layOut(choose, leave);
        WeakChangeListener<Object> weak = new WeakChangeListener<>(follow);
        statistics.corpus().addListener(weak);
        statistics.documents().addListener(weak);
        for (CheckpointSide side : sides) {
            side.sae().addListener(weak);
            statistics.features(side).addListener(weak);
            statistics.index(side).addListener(weak);
            statistics.counting(side).addListener(weak);
            statistics.problem(side).addListener(weak);
        }
        show();
    }

    public Node node() {
        return box;
    }

    private void layOut(Runnable choose, Runnable leave) {
        box.getStyleClass().add("checkpoint-page");
        box.setId("corpus-page");
        box.setUserData(this);
        Label heading = new Label("Corpus");
        heading.getStyleClass().add("form-heading");
        ColumnConstraints topic = new ColumnConstraints();
        topic.setMinWidth(Region.USE_PREF_SIZE);
        ColumnConstraints value = new ColumnConstraints();
        value.setHgrow(Priority.ALWAYS);
        rows.getColumnConstraints().setAll(topic, value);
        rows.setHgap(16);
        rows.setVgap(12);
        text.setId("corpus-text");
        text.setWrapText(true);
        Button other = new Button("Choose a text...");
        other.setId("corpus-choose");
        other.setTooltip(Tooltips.of("Count over another text"));
        other.setOnAction(event -> choose.run());
        other.setMinWidth(Region.USE_PREF_SIZE);
        HBox file = new HBox(12, text, other);
        file.setAlignment(Pos.CENTER_LEFT);
        HBox.setHgrow(text, Priority.ALWAYS);
        text.setMaxWidth(Double.MAX_VALUE);
        rows.addRow(0, topic("Text"), file);
        VBox how = new VBox(8);
        for (DocumentPacking packing : DocumentPacking.values()) {
            RadioButton button = new RadioButton(label(packing));
            button.setId("documents-" + packing.word());
            button.setUserData(packing);
            button.setToggleGroup(choice);
            button.setOnAction(event -> statistics.documents().set(packing));
            Label meaning = wrapped("");
            meaning.setText(meaning(packing));
            meaning.getStyleClass().add("muted");
            how.getChildren().add(new VBox(2, button, meaning));
        }
        rows.addRow(1, topic("Documents"), how);
        for (int i = 0; i < sides.size(); i++) {
            rows.addRow(2 + i, topic("Counted for " + sides.get(i)), counted.get(i));
        }
        Button close = new Button("Close");
        close.setCancelButton(true);
        close.setOnAction(event -> leave.run());
        HBox buttons = new HBox(close);
        buttons.setAlignment(Pos.CENTER_RIGHT);
        box.getChildren().addAll(heading, rows, buttons);
    }

    private static Label topic(String words) {
        Label label = new Label(words);
        label.getStyleClass().add("muted");
        GridPane.setValignment(label, javafx.geometry.VPos.TOP);
        return label;
    }

    private static Label wrapped(String id) {
        Label label = new Label();
        label.setId(id);
        label.setWrapText(true);
        label.setMinHeight(Region.USE_PREF_SIZE);
        return label;
    }

    private static String label(DocumentPacking packing) {
        return switch (packing) {
            case APART -> "Apart";
            case SEPARATED -> "Packed, cut at borders";
            case PACKED -> "Packed, running on";
        };
    }

    private static String meaning(DocumentPacking packing) {
        return switch (packing) {
            case APART -> "Each document is read by itself, as if it were the only text";
            case SEPARATED ->
                "Several documents share a context, attention and positions begin anew with each: the same numbers as "
                        + "apart";
            case PACKED ->
                "Attention and positions run on from one document into the next, as in SAELens: for numbers to compare "
                        + "with its dashboards";
        };
    }

    private void show() {
        Path path = statistics.corpus().get();
        text.setText(path == null ? "No corpus is open" : path.toString());
        choice.getToggles().stream()
                .filter(button -> button.getUserData() == statistics.documents().get())
                .forEach(choice::selectToggle);
        for (int i = 0; i < sides.size(); i++) {
            counted.get(i).setText(counted(sides.get(i)));
        }
    }

    private String counted(CheckpointSide side) {
        FeatureStatistics features = statistics.features(side).get();
        ActivationIndex index = statistics.index(side).get();
        if (side.sae().get() == null) {
            return "No checkpoint is open";
        }
        if (index != null) {
            IndexInfo info = index.info();
            return NumberTexts.count(info.tokens()) + " tokens, "
                    + info.documents().shortWords();
        }
        String soFar = features == null
                ? ""
                : NumberTexts.count(features.corpusTokens()) + " tokens"
                        + statistics.counted(side).get().soFar();
        String state = statistics.counting(side).get()
                ? "Counting goes on"
                : statistics.problem(side).get() != null
                        ? statistics.problem(side).get().message()
                        : "Nothing yet";
        return soFar.isEmpty() ? state : soFar + ". " + state;
    }
}
