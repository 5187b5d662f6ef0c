package loupe.ui.checkpoint;

import java.util.List;
import java.util.Locale;
import javafx.beans.value.ChangeListener;
import javafx.beans.value.ObservableValue;
import javafx.beans.value.WeakChangeListener;
import javafx.geometry.HPos;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.ProgressBar;
import javafx.scene.control.ScrollPane;
import javafx.scene.layout.ColumnConstraints;
import javafx.scene.layout.GridPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Pane;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.analysis.compare.ReadingFit;
import loupe.inference.OpenSae;
import loupe.sae.checkpoint.SaeAudit;
import loupe.state.checkpoint.CheckpointAudit;
import loupe.ui.control.PageScroll;
import loupe.ui.control.Tooltips;

/**
 * The page about how a checkpoint is read: findings from its files, how well other readings fit, and a button for each
 * remedy.
 */
public final class CheckpointPage {
    private final CheckpointAudit audit;
    private final Runnable leave;
    private final VBox box = new VBox(14);
    private final GridPane findings = new GridPane();
    private final GridPane readings = new GridPane();
    private final Label conclusion = new Label();
    private final HBox remedy = new HBox(8);
    private final Button measure = new Button("Measure the fit on 2,000 tokens");
    private final ProgressBar progress = new ProgressBar();
    private final Label problem = new Label();
    /** Follows the audit; a field, so that it lives as long as the page. */
    private final ChangeListener<Object> follow = (property, was, is) -> show();

    /** @param leave closes the page */
    public CheckpointPage(CheckpointAudit audit, Runnable leave) {
        this.audit = audit;
        this.leave = leave;
        layOut();
        WeakChangeListener<Object> weak = new WeakChangeListener<>(follow);
        for (ObservableValue<?> source : List.of(
                audit.findings(),
                audit.fit().valueProperty(),
                audit.fit().completeProperty(),
                audit.fit().pendingProperty(),
                audit.problem(),
                audit.side().sae())) {
            source.addListener(weak);
        }
        show();
    }

    public Node node() {
        ScrollPane scroll = new PageScroll(box);
        scroll.setUserData(this);
        return scroll;
    }

    private void layOut() {
        box.getStyleClass().add("checkpoint-page");
        box.setId("checkpoint-page");
        for (GridPane grid : new GridPane[] {findings, readings}) {
            grid.setHgap(16);
            grid.setVgap(8);
        }
        ColumnConstraints topic = new ColumnConstraints();
        topic.setMinWidth(Region.USE_PREF_SIZE);
        ColumnConstraints sentence = new ColumnConstraints();
        sentence.setHgrow(Priority.ALWAYS);
        ColumnConstraints action = new ColumnConstraints();
        action.setMinWidth(Region.USE_PREF_SIZE);
        findings.getColumnConstraints().setAll(topic, sentence, action);
        measure.setId("measure-fit");
        measure.setTooltip(Tooltips.of(
                "Explained variance and active features per token on the corpus, with and without centring, "
                        + "with and without subtracting b_dec"));
        measure.setOnAction(event -> audit.fitNow());
        progress.progressProperty().bind(audit.fit().fractionProperty());
        conclusion.setWrapText(true);
        conclusion.setId("fit-conclusion");
        problem.setWrapText(true);
        problem.getStyleClass().add("problem-message");
        remedy.setAlignment(Pos.CENTER_LEFT);
        Label documents = muted("");
        documents.setId("fit-documents");
        documents.textProperty().bind(audit.documents().map(how -> "Documents of the corpus: " + how.words()));
        HBox measuring = new HBox(12, measure, documents, progress);
        measuring.setAlignment(Pos.CENTER_LEFT);
        Label heading = new Label("Checkpoint " + audit.side() + " details");
        heading.getStyleClass().add("form-heading");
        box.getChildren().addAll(heading, findings, measuring, readings, conclusion, remedy, problem);
    }

    private void show() {
        OpenSae open = audit.side().sae().get();
        findings.getChildren().clear();
        int row = 0;
        if (open != null) {
            Label file = new Label(
                    open.path() + " (" + open.config().format() + ", " + CheckpointWords.describe(open.config()) + ")");
            file.setWrapText(true);
            findings.addRow(row, muted("File"), file);
            GridPane.setColumnSpan(file, 2);
            row++;
        }
        for (SaeAudit.Finding finding : audit.findings().get()) {
            Label sentence = new Label(finding.sentence());
            sentence.setWrapText(true);
            findings.addRow(row, muted(finding.topic()), sentence);
            if (finding.remedy().isPresent()) {
                findings.add(button(finding.remedy().get()), 2, row);
            }
            row++;
        }
        progress.setVisible(audit.fit().isPending());
        measure.setDisable(audit.fit().isPending() || open == null);
        conclusion.setText(audit.conclusion());
        remedy.getChildren().clear();
        audit.remedy().ifPresent(better -> remedy.getChildren().add(button(better)));
        problem.setText(
                audit.problem().get() == null ? "" : audit.problem().get().message());
        showReadings();
        for (Node part : new Node[] {readings, conclusion, remedy, problem}) {
            boolean empty = part instanceof Label label
                    ? label.getText().isEmpty()
                    : ((Pane) part).getChildren().isEmpty();
            part.setManaged(!empty);
            part.setVisible(!empty);
        }
    }

    private void showReadings() {
        readings.getChildren().clear();
        ReadingFit.Answer answer = audit.fit().getValue();
        if (answer == null || answer.readings().isEmpty()) {
            return;
        }
        readings.addRow(0, muted("Reading"), muted("Explained variance (%)"), muted("L0 (features per token)"));
        int row = 1;
        for (ReadingFit.Reading reading : answer.readings()) {
            readings.addRow(
                    row,
                    new Label(reading.words() + (row == 1 ? " (as it is open)" : "")),
                    number("%.2f", 100 * reading.explainedVariance()),
                    number("%.1f", reading.l0()));
            row++;
        }
    }

    private Button button(SaeAudit.Remedy better) {
        Button button = new Button(better.label());
        button.setMnemonicParsing(false);
        button.getStyleClass().add("remedy");
        button.setTooltip(Tooltips.of("Open the checkpoint again, read this way"));
        button.setOnAction(event -> {
            leave.run();
            audit.apply(better);
        });
        return button;
    }

    private static Label number(String form, double value) {
        Label label = new Label(String.format(Locale.ROOT, form, value).replace('-', '\u2212'));
        GridPane.setHalignment(label, HPos.RIGHT);
        return label;
    }

    private static Label muted(String words) {
        Label label = new Label(words);
        label.getStyleClass().add("muted");
        return label;
    }
}
