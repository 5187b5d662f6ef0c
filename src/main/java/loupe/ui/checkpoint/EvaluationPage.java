package loupe.ui.checkpoint;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import javafx.beans.binding.Bindings;
import javafx.beans.value.ChangeListener;
import javafx.beans.value.ObservableValue;
import javafx.beans.value.WeakChangeListener;
import javafx.collections.FXCollections;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.ProgressBar;
import javafx.scene.control.TableRow;
import javafx.scene.control.TableView;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.analysis.compare.EvaluationFigure;
import loupe.analysis.compare.SaeEvaluation;
import loupe.base.Problem;
import loupe.state.checkpoint.EvaluationModel;
import loupe.state.window.Activity;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.SliderField;
import loupe.ui.control.SliderScale;
import loupe.ui.control.Tables;
import loupe.ui.control.Tooltips;
import loupe.ui.export.FileSaver;
import loupe.ui.export.TableExport;
import org.jspecify.annotations.Nullable;

/**
 * How faithful the open checkpoints are to the model: every figure of {@code evaluate}, A beside B, with unit and
 * formula. A measurement goes on while the page is closed.
 */
public final class EvaluationPage {
    private static final double MOST_TOKENS = 10_000_000;
    private static final double FIRST_TOKENS = 20_000;
    private static final double LEAST_TOKENS = 100;
    private static final double TABLE_HEIGHT = 480;

    private final List<EvaluationModel> models;
    private final VBox box = new VBox(12);
    private final SliderField tokens = new SliderField(
            "Tokens",
            "",
            "How many tokens of the corpus are read at most",
            SliderScale.logarithmic(LEAST_TOKENS, MOST_TOKENS, 0.1, 0.5),
            FIRST_TOKENS);
    private final Button measure = new Button("Measure");
    private final Button stop = new Button("Stop");
    private final ProgressBar bar = new ProgressBar();
    private final Label summary = new Label();
    private final TableView<EvaluationFigure> table = Tables.make("evaluation-table", "Figures of the evaluation");
    /** Follows the models; a field, so that it lives as long as the page. */
    private final ChangeListener<Object> follow = (property, was, is) -> show();

    /**
     * @param models of the sides; those without a checkpoint have no column
     * @param leave closes the page
     */
    public EvaluationPage(List<EvaluationModel> models, FileSaver desk, Runnable leave) {
        this.models = models.stream()
                .filter(model -> model.side().sae().get() != null)
                .toList();
        box.getStyleClass().add("batch-page");
        box.setId("evaluation-page");
        box.setUserData(this);
        Label heading = new Label("Evaluation on the corpus");
        heading.getStyleClass().add("form-heading");
        Label introduction = new Label("How much of the activations the reconstruction keeps, and what the model loses "
                + "when the reconstruction stands in their place. The command evaluate measures the same.");
        introduction.setWrapText(true);
        introduction.setMinHeight(Region.USE_PREF_SIZE);
        introduction.getStyleClass().add("muted");
        tokens.setId("evaluation-tokens");
        HBox.setHgrow(tokens, Priority.ALWAYS);
        measure.setId("evaluation-measure");
        measure.getStyleClass().add("accent");
        measure.setDefaultButton(true);
        measure.setTooltip(Tooltips.of("Measure every open checkpoint on the beginning of the corpus"));
        measure.setOnAction(event -> measure(0));
        stop.setId("evaluation-stop");
        stop.setTooltip(Tooltips.of("Stop; a part of a measurement is not shown"));
        stop.setOnAction(event -> this.models.forEach(EvaluationModel::stop));
        Button close = new Button("Close");
        close.setCancelButton(true);
        close.setOnAction(event -> leave.run());
        bar.setPrefWidth(180);
        summary.setId("evaluation-summary");
        summary.setWrapText(true);
        summary.setMinWidth(0);
        HBox state = new HBox(8, bar, summary);
        state.setAlignment(Pos.CENTER_LEFT);
        HBox settings = new HBox(16, tokens, measure, stop);
        settings.setAlignment(Pos.CENTER_LEFT);
        HBox buttons = new HBox(8, close);
        buttons.setAlignment(Pos.CENTER_RIGHT);
        columns();
        table.setItems(FXCollections.observableArrayList(EvaluationFigure.values()));
        table.setPrefHeight(TABLE_HEIGHT);
        TableExport.attachTo(table, "evaluation", desk);
        VBox.setVgrow(table, Priority.ALWAYS);
        box.getChildren().addAll(heading, introduction, settings, state, table, buttons);
        WeakChangeListener<Object> weak = new WeakChangeListener<>(follow);
        for (EvaluationModel model : this.models) {
            for (ObservableValue<?> source : List.of(model.answer(), model.problem(), model.running(), model.job())) {
                source.addListener(weak);
            }
        }
        show();
    }

    public Node node() {
        return box;
    }

    /** Measures one checkpoint after the other. */
    private void measure(int from) {
        if (from >= models.size()) {
            return;
        }
        EvaluationModel model = models.get(from);
        model.measure(Math.round(tokens.getValue()));
        if (!model.running().get()) {
            measure(from + 1);
            return;
        }
        model.running().addListener(new ChangeListener<>() {
            @Override
            public void changed(ObservableValue<? extends Boolean> property, Boolean was, Boolean is) {
                model.running().removeListener(this);
                if (model.answer().get() != null || model.problem().get() != null) {
                    measure(from + 1);
                }
            }
        });
    }

    private void columns() {
        table.setRowFactory(of -> new FormulaRow());
        table.getColumns().add(Tables.texts("Figure", "What is measured", 220, EvaluationFigure::title, text -> text));
        for (EvaluationModel model : models) {
            table.getColumns()
                    .add(Tables.numbers(
                            model.side().toString(),
                            "Of checkpoint " + model.side() + ": "
                                    + model.side().sae().get().id(),
                            100,
                            figure -> value(model.answer().get(), figure),
                            value -> Double.isNaN(value) ? "" : NumberTexts.number(value)));
        }
        table.getColumns()
                .add(Tables.texts("Unit", "The unit of the figure", 190, EvaluationFigure::unit, text -> text));
    }

    private static double value(SaeEvaluation.@Nullable Answer answer, EvaluationFigure figure) {
        return answer == null ? Double.NaN : figure.of(answer);
    }

    private void show() {
        Optional<Activity.Job> job = models.stream()
                .map(model -> model.job().get())
                .filter(Objects::nonNull)
                .findFirst();
        Optional<Problem> problem = models.stream()
                .map(model -> model.problem().get())
                .filter(Objects::nonNull)
                .findFirst();
        String obstacle =
                models.isEmpty() ? "Open a checkpoint first" : models.get(0).obstacle();
        measure.setDisable(job.isPresent() || !obstacle.isEmpty());
        stop.setDisable(job.isEmpty());
        bar.setVisible(job.isPresent());
        bar.setManaged(job.isPresent());
        bar.progressProperty().unbind();
        summary.textProperty().unbind();
        if (job.isPresent()) {
            Activity.Job shown = job.get();
            bar.progressProperty().bind(shown.fraction());
            summary.textProperty()
                    .bind(Bindings.createStringBinding(
                            () -> shown.title() + " " + shown.detail().get()
                                    + (shown.timeLeft().get().isEmpty()
                                            ? ""
                                            : ", " + shown.timeLeft().get()),
                            shown.detail(),
                            shown.timeLeft()));
        } else {
            summary.setText(problem.map(Problem::message)
                    .orElse(
                            !obstacle.isEmpty()
                                    ? obstacle
                                    : models.stream()
                                            .filter(model -> model.answer().get() != null)
                                            .map(model -> model.side() + ": "
                                                    + model.measuredOn().get())
                                            .collect(Collectors.joining("; "))));
        }
        table.refresh();
    }

    /** A row whose tooltip is the formula of its figure. */
    private static final class FormulaRow extends TableRow<EvaluationFigure> {
        @Override
        protected void updateItem(EvaluationFigure figure, boolean empty) {
            super.updateItem(figure, empty);
            setTooltip(empty || figure == null ? null : Tooltips.of(figure.title() + ": " + figure.formula()));
        }
    }
}
