package loupe.ui.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.DoubleFunction;
import java.util.function.IntToDoubleFunction;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import loupe.analysis.effects.TextPredictions;
import loupe.state.text.PredictionsModel;
import loupe.state.text.PromptModel;
import loupe.state.text.PromptTokens;
import loupe.state.window.VocabularyTexts;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.References;
import loupe.ui.control.Tables;
import loupe.ui.export.FileSaver;
import loupe.ui.export.TableExport;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.pane.RowActions;
import loupe.ui.pane.RowMenu;
import loupe.ui.token.TokenText;

/**
 * What the model predicts after the chosen token, for the clean and the corrupt prompt, as it is and under the
 * interventions in force; and what that costs.
 */
public final class PredictionsPane implements Pane {
    private static final double MEASURES_SHARE = 0.48;
    private static final double CHANGE_WIDTH = 60;

    private final PredictionsModel model;
    private final VocabularyTexts texts;
    private final FileSaver desk;
    private final PaneFrame frame = new PaneFrame("Predictions");
    private final TableView<Measure> measures = Tables.make("prediction-measures", "Figures of the prediction");
    private final TableView<Predicted> table = Tables.make("predictions", "Likeliest next tokens");
    private final ObservableList<Measure> measured = FXCollections.observableArrayList();
    private final ObservableList<Predicted> rows = FXCollections.observableArrayList();
    private final BooleanProperty two = new SimpleBooleanProperty();
    private final BooleanProperty changed = new SimpleBooleanProperty();

    /**
     * A figure of the predictions at the chosen token.
     *
     * @param values of the runs in the order of the columns; NaN where there is none
     * @param format of each
     */
    private record Measure(String name, double[] values, DoubleFunction<String> format) {
        String text(double value) {
            return Double.isNaN(value) ? "" : format.apply(value);
        }
    }

    /**
     * A token that may follow.
     *
     * @param probabilities in the order of the columns; NaN where there is none
     */
    private record Predicted(int id, String text, double[] probabilities) {
        /** What the interventions add to the logarithm of its probability after the clean prompt. */
        double change() {
            return Math.log(probabilities[1]) - Math.log(probabilities[0]);
        }
    }

    public PredictionsPane(PredictionsModel model, VocabularyTexts texts, FileSaver desk) {
        this.model = model;
        this.texts = texts;
        this.desk = desk;
        layOut();
        bind();
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    @Override
    public void focus() {
        table.requestFocus();
    }

    private void layOut() {
        measures.getColumns()
                .add(Tables.texts("Figure", "What is measured at the chosen token", 110, Measure::name, text -> text));
        table.getColumns()
                .add(Tables.texts(
                        "Token", "The token's text, a dot for a space", 76, Predicted::text, TokenText::visible));
        List<Column> all = List.of(Column.values());
        for (Column column : all) {
            int place = all.indexOf(column);
            TableColumn<Measure, String> figure =
                    Tables.texts(column.title, column.about, 62, row -> row.text(row.values()[place]), text -> text);
            figure.getStyleClass().add("figure");
            TableColumn<Predicted, Number> probability = Tables.numbers(
                    column.title,
                    "Probability of the token after the chosen one: " + column.about,
                    62,
                    row -> row.probabilities()[place],
                    of -> Double.isNaN(of) ? "" : NumberTexts.percent(of));
            for (TableColumn<?, ?> one : List.of(figure, probability)) {
                Tables.retitle(one, column.title.replace(' ', '\n')); // in two lines, for room
                switch (column) {
                    case CLEAN -> {}
                    case CLEAN_AFTER -> one.visibleProperty().bind(changed);
                    case CORRUPT -> one.visibleProperty().bind(two);
                    case CORRUPT_AFTER -> one.visibleProperty().bind(two.and(changed));
                }
            }
            measures.getColumns().add(figure);
            table.getColumns().add(probability);
        }
        TableColumn<Predicted, Number> change = Tables.numbers(
                "Change",
                "What the interventions add to the log-probability after the clean prompt, in nats",
                CHANGE_WIDTH,
                Predicted::change,
                NumberTexts::number);
        change.visibleProperty().bind(changed);
        table.getColumns().add(change);
        measures.setItems(measured);
        table.setItems(rows);
        VBox both = new VBox(measures, table);
        both.setMinSize(0, 0);
        VBox.setVgrow(table, Priority.ALWAYS);
        measures.setMinHeight(0);
        measures.prefHeightProperty().bind(both.heightProperty().multiply(MEASURES_SHARE));
        table.setMinHeight(0);
        table.setPrefHeight(0); // the figures above it keep their share
        table.setPrefHeight(0);
        frame.setRows();
        frame.setContent(both);
        References.dragFrom(table, row -> Optional.of(References.ofToken(row.id())));
        TableExport.attachTo(table, "predictions", desk);
        TableExport.attachTo(measures, "prediction-figures", desk);
        frame.getMenuItems().addAll(TableExport.items(table, "predictions", desk));
        frame.getMenuItems().add(new SeparatorMenuItem());
        frame.getMenuItems().addAll(TableExport.items(measures, "prediction-figures", desk));
    }

    /** The columns of both tables. */
    private enum Column {
        CLEAN("Clean", "the clean prompt, the model as it is"),
        CLEAN_AFTER("Clean after", "the clean prompt, under the interventions in force"),
        CORRUPT("Corrupt", "the corrupt prompt, the model as it is"),
        CORRUPT_AFTER("Corrupt after", "the corrupt prompt, under the interventions in force");

        private final String title;
        private final String about;

        Column(String title, String about) {
            this.title = title;
            this.about = about;
        }

        /** The run that the column shows; empty if there is none. */
        OptionalInt run(TextPredictions.Answer known) {
            return switch (this) {
                case CLEAN -> OptionalInt.of(0);
                case CLEAN_AFTER -> PredictionsModel.after(known, 0);
                case CORRUPT -> PredictionsModel.corrupt(known);
                case CORRUPT_AFTER ->
                    PredictionsModel.corrupt(known).isPresent()
                            ? PredictionsModel.after(known, 1)
                            : OptionalInt.empty();
            };
        }
    }

    private void bind() {
        frame.statusProperty().bind(model.status());
        Answers.show(model.predictions(), known -> show(), this::clear);
        model.prompt().position().addListener(moved -> show());
        Answers.whileShown(frame, shows -> model.wanting().set(this, shows));
    }

    @Override
    public void setRowActions(RowActions actions) {
        Tables.onChosen(table, row -> actions.askOfToken(row.id()));
        RowMenu.attach(table, row -> OptionalInt.empty(), row -> OptionalInt.of(row.id()), actions);
    }

    private void clear() {
        rows.clear();
        measured.clear();
        frame.subtitleProperty().set("");
    }

    private void show() {
        TextPredictions.Answer known = model.predictions().getValue();
        int place = model.prompt().position().get();
        if (known == null || place < 0 || place >= known.positions().size()) {
            clear();
            return;
        }
        two.set(PredictionsModel.corrupt(known).isPresent());
        changed.set(PredictionsModel.after(known, 0).isPresent());
        TextPredictions.At at = known.positions().get(place);
        frame.subtitleProperty()
                .set("after \u201c"
                        + TokenText.visible(texts.of(known.runs().get(0).ids().get(place))) + "\u201d, place " + place);
        List<Predicted> predicted = new ArrayList<>();
        for (int i = 0; i < at.ids().length; i++) {
            int rank = i;
            predicted.add(new Predicted(
                    at.ids()[i],
                    texts.of(at.ids()[i]),
                    columns(known, run -> Math.exp(at.logProbabilities()[run][rank]))));
        }
        rows.setAll(predicted);
        measured.setAll(measures(known, at, place));
    }

    private static double[] columns(TextPredictions.Answer known, IntToDoubleFunction ofRun) {
        return Arrays.stream(Column.values())
                .map(column -> column.run(known))
                .mapToDouble(run -> run.isPresent() ? ofRun.applyAsDouble(run.getAsInt()) : Double.NaN)
                .toArray();
    }

    private List<Measure> measures(TextPredictions.Answer known, TextPredictions.At at, int place) {
        List<Measure> found = new ArrayList<>();
        found.add(new Measure(
                "Surprisal, bits", columns(known, run -> known.surprisal(run, place)), NumberTexts::number));
        found.add(new Measure("Loss, nats", columns(known, run -> known.loss(run, place)), NumberTexts::number));
        found.add(new Measure("Entropy, nats", columns(known, run -> at.entropies()[run]), NumberTexts::number));
        if (known.runs().size() > 1) {
            found.add(new Measure(
                    "KL from clean, nats",
                    columns(known, run -> run == 0 ? Double.NaN : at.divergences()[run]),
                    NumberTexts::number));
        }
        PromptModel.Read read = model.prompt().reading().getValue();
        if (read == null) {
            return found;
        }
        int followed = 0;
        boolean both = !read.answer().isEmpty() && !read.wrongAnswer().isEmpty();
        for (PromptTokens answer : List.of(read.answer(), read.wrongAnswer())) {
            if (!answer.isEmpty() && followed < at.tracked()[0].length) {
                int index = followed++;
                String word = "\u201c" + TokenText.visible(answer.texts().get(0)) + "\u201d";
                found.add(new Measure(
                        "p of " + word,
                        columns(known, run -> Math.exp(at.tracked()[run][index])),
                        NumberTexts::percent));
                found.add(new Measure(
                        "Rank of " + word,
                        columns(known, run -> at.ranks()[run][index]),
                        rank -> NumberTexts.count((long) rank)));
            }
        }
        if (both && followed == 2) {
            found.add(new Measure(
                    "Logit difference",
                    columns(known, run -> at.tracked()[run][0] - at.tracked()[run][1]),
                    NumberTexts::number));
        }
        return found;
    }
}
