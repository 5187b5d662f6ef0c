package loupe.ui.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import javafx.beans.value.ObservableValue;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import javafx.scene.control.Button;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import loupe.analysis.effects.Patching;
import loupe.base.TimeLeft;
import loupe.state.text.PatchMaps;
import loupe.state.text.PatchingModel;
import loupe.state.text.PatchingModel.Places;
import loupe.state.text.PromptMetric;
import loupe.ui.chart.HeatMaps;
import loupe.ui.control.IconButtons;
import loupe.ui.control.LabelConverter;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Tables;
import loupe.ui.control.Tooltips;
import loupe.ui.export.ExportMenu;
import loupe.ui.export.FileSaver;
import loupe.ui.export.TableExport;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.token.TokenText;
import org.kordamp.ikonli.feather.Feather;

/**
 * How far values of one prompt's run, put into the other's, take its prediction: heat maps of both directions and of
 * their difference, and a table with the numbers.
 */
public final class PatchingPane implements Pane {
    private static final double TABLE_SHARE = 0.3;
    private static final double ROOM_FOR_METRICS = 420;
    private static final int WHOLE = 100;

    private final PatchingModel model;
    private final IntConsumer onFeature;
    private final FileSaver desk;
    private final PaneFrame frame = new PaneFrame("Patching");
    private final ComboBox<Places> places = new ComboBox<>();
    private final ComboBox<PromptMetric> metric = new ComboBox<>();
    private final Button stop;
    private final Button goOn;
    private final HeatMaps maps = chart();
    private final TableView<Cell> table = Tables.make("patching", "Scores of patched runs");
    private final ObservableList<Cell> cells = FXCollections.observableArrayList();
    private final Label foot = new Label();
    private final ExportMenu export;
    private TimeLeft timeLeft = new TimeLeft();

    /** A patched place. */
    private record Cell(
            int row,
            int column,
            String place,
            String token,
            double denoising,
            double noising,
            double difference,
            double denoised,
            double noised) {}

    /**
     * @param onFeature called when a feature is chosen
     * @param provenance of what is exported
     */
    public PatchingPane(PatchingModel model, IntConsumer onFeature, Supplier<String> provenance, FileSaver desk) {
        this.model = model;
        this.onFeature = onFeature;
        this.desk = desk;
        stop = IconButtons.of(Feather.SQUARE, "Stop patching; what is known stays", model::stop);
        goOn = IconButtons.of(Feather.PLAY, "Patch what is missing", model::goOn);
        export = new ExportMenu(maps, provenance, desk);
        layOut();
        bind();
    }

    /** The chart of the pane, with nothing in it. */
    public static HeatMaps chart() {
        HeatMaps chart = new HeatMaps("patching");
        chart.setId("patching-maps");
        return chart;
    }

    /** Shows maps in a chart. */
    public static void draw(HeatMaps chart, PatchMaps shown) {
        List<String> columns = shown.columns().stream().map(TokenText::visible).toList();
        chart.show(new HeatMaps.Maps(
                down(shown),
                across(shown),
                shown.rows(),
                columns,
                List.of(
                        new HeatMaps.Map("Denoising", shown.scores().get(0)),
                        new HeatMaps.Map("Noising", shown.scores().get(1)),
                        new HeatMaps.Map("Difference", shown.differences()))));
    }

    private static String down(PatchMaps shown) {
        return shown.ofFeatures() ? "Feature" : "Layer";
    }

    private static String across(PatchMaps shown) {
        return shown.ofHeads() ? "Head" : "Token";
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    @Override
    public Optional<ExportMenu> picture() {
        return Optional.of(export);
    }

    @Override
    public void focus() {
        table.requestFocus();
    }

    private static String title(Places places) {
        return switch (places) {
            case RESIDUAL -> "Residual stream";
            case ATTENTION -> "Attention";
            case MLP -> "MLP";
            case HEADS -> "Heads";
            case FEATURES -> "Features of A";
        };
    }

    /** The words for a metric, in the panes of this view. */
    static String title(PromptMetric metric) {
        return switch (metric) {
            case LOGIT_DIFFERENCE -> "Logit difference";
            case LOG_PROBABILITY -> "Log-probability";
            case DIVERGENCE -> "KL from clean";
        };
    }

    private void layOut() {
        places.setId("patching-places");
        places.getItems().setAll(Places.values());
        places.setConverter(new LabelConverter<>(PatchingPane::title));
        places.setAccessibleText("What is patched");
        places.setTooltip(Tooltips.of("What is patched: a residual stream, what attention or the MLP adds to it, a "
                + "head's output at all places, or the features of checkpoint A that contribute most"));
        metric.setId("patching-metric");
        metric.getItems().setAll(PromptMetric.values());
        metric.setConverter(new LabelConverter<>(PatchingPane::title));
        metric.setAccessibleText("By what runs are compared");
        metric.setTooltip(Tooltips.of("What is measured after the last token: the logit of the answer less that of the "
                + "wrong one, the answer's log-probability in nats, or the divergence from the clean run's prediction "
                + "in nats"));
        stop.setId("patching-stop");
        goOn.setId("patching-go-on");
        frame.getActions().addAll(places, metric, stop, goOn);
        table.getColumns()
                .add(Tables.texts("Patched", "Layer, head or feature that is patched", 64, Cell::place, text -> text));
        table.getColumns()
                .add(Tables.texts("Token", "Token at which it is patched", 64, Cell::token, TokenText::visible));
        table.getColumns()
                .add(Tables.numbers(
                        "Denoising",
                        "Share of the way from the corrupt run's figure to the clean run's that clean values take it",
                        62,
                        Cell::denoising,
                        NumberTexts::number));
        table.getColumns()
                .add(Tables.numbers(
                        "Noising",
                        "Share of the way from the clean run's figure to the corrupt run's that corrupt values take it",
                        62,
                        Cell::noising,
                        NumberTexts::number));
        table.getColumns()
                .add(Tables.numbers(
                        "Difference",
                        "Denoising less noising: above 0 where a place suffices without being needed, below 0 where it "
                                + "is needed without sufficing",
                        62,
                        Cell::difference,
                        NumberTexts::number));
        for (TableColumn<Cell, Number> figure : List.of(
                Tables.numbers(
                        "Denoised",
                        "Figure of the corrupt run with clean values",
                        62,
                        Cell::denoised,
                        NumberTexts::number),
                Tables.numbers(
                        "Noised",
                        "Figure of the clean run with corrupt values",
                        62,
                        Cell::noised,
                        NumberTexts::number))) {
            figure.visibleProperty().bind(Tables.isWiderThan(table, ROOM_FOR_METRICS));
            table.getColumns().add(figure);
        }
        table.setItems(cells);
        foot.setId("patching-foot");
        foot.getStyleClass().addAll("muted", "pane-foot");
        foot.setMinWidth(0);
        VBox content = new VBox(maps, foot, table);
        content.setMinSize(0, 0);
        VBox.setVgrow(maps, Priority.ALWAYS);
        maps.setPrefHeight(0); // the table below them keeps its share
        table.setMinHeight(0);
        table.prefHeightProperty().bind(content.heightProperty().multiply(TABLE_SHARE));
        frame.setRows();
        frame.setContent(content);
        export.attachTo(maps);
        TableExport.attachTo(table, "patching-scores", desk);
        frame.getMenuItems().addAll(export.items());
        frame.getMenuItems().add(new SeparatorMenuItem());
        frame.getMenuItems().addAll(TableExport.items(table, "patching-scores", desk));
    }

    private void bind() {
        frame.statusProperty().bind(model.status());
        places.valueProperty().bindBidirectional(model.places());
        metric.valueProperty().bindBidirectional(model.metric());
        stop.visibleProperty().bind(model.patching().pendingProperty());
        stop.managedProperty().bind(stop.visibleProperty());
        goOn.visibleProperty().bind(model.patching().stoppedProperty());
        goOn.managedProperty().bind(goOn.visibleProperty());
        maps.setDescription(this::words);
        maps.setOnChosen(this::go);
        Tables.onChosen(table, cell -> go(cell.row(), cell.column()));
        Answers.show(model.patching(), known -> show(), this::clear);
        for (ObservableValue<?> source : List.of(
                model.patching().fractionProperty(),
                model.patching().pendingProperty(),
                model.patching().stoppedProperty())) {
            source.addListener(changed -> showFoot());
        }
        model.prompt().position().addListener(moved -> mark());
        model.side().feature().addListener(changed -> mark());
        Answers.whileInFront(frame, shows -> model.wanting().set(this, shows));
    }

    private void clear() {
        maps.show(null);
        maps.mark(-1, -1);
        cells.clear();
        timeLeft = new TimeLeft();
        showFoot();
    }

    private void show() {
        PatchMaps shown = model.maps().orElse(null);
        if (shown == null) {
            clear();
            return;
        }
        draw(maps, shown);
        double[] differences = shown.differences();
        List<Cell> all = new ArrayList<>();
        for (int i = 0; i < differences.length; i++) {
            int row = i / shown.columns().size();
            int column = i % shown.columns().size();
            double denoising = shown.scores().get(0)[i];
            double noising = shown.scores().get(1)[i];
            if (Double.isNaN(denoising) && Double.isNaN(noising)) {
                continue;
            }
            String place = shown.rows().get(row);
            all.add(new Cell(
                    row,
                    column,
                    shown.ofHeads() ? place + "." + shown.columns().get(column) : place,
                    shown.ofHeads() ? PatchMaps.ALL : shown.columns().get(column),
                    denoising,
                    noising,
                    differences[i],
                    shown.metrics().get(0)[i],
                    shown.metrics().get(1)[i]));
        }
        cells.setAll(all);
        table.sort();
        mark();
        showFoot();
    }

    /** The two unpatched figures, all features at once, and how far the work is. */
    private void showFoot() {
        Patching.Answer known = model.patching().getValue();
        if (known == null) {
            foot.setText("");
            return;
        }
        StringBuilder words = new StringBuilder(title(model.metric().get()) + ": clean "
                + NumberTexts.number(known.clean()) + ", corrupt " + NumberTexts.number(known.corrupt()));
        for (List<String> whole : List.of(
                List.of(Patching.ALL_FEATURES, "all features"), List.of(Patching.EVERYTHING, "with the errors"))) {
            if (known.grids().values().stream().allMatch(grids -> grids.containsKey(whole.get(0)))
                    && !known.grids().isEmpty()) {
                words.append("; ").append(whole.get(1));
                String between = " ";
                for (Patching.Direction direction : Patching.Direction.values()) {
                    words.append(between).append(NumberTexts.number(known.scores(direction, whole.get(0))[0]));
                    between = " / ";
                }
            }
        }
        double done = model.patching().fractionProperty().get();
        if (model.patching().isPending() && done >= 0) {
            words.append(". ").append(Math.round(WHOLE * done)).append(" % done");
            timeLeft.after(System.nanoTime() / 1_000_000, done)
                    .ifPresent(left -> words.append(", about ")
                            .append(Math.max(1, left.toSeconds()))
                            .append(" s left"));
        } else if (model.patching().stoppedProperty().get()) {
            words.append(". Stopped");
        }
        foot.setText(words.toString());
    }

    private String words(int row, int column) {
        PatchMaps shown = model.maps().orElse(null);
        if (shown == null) {
            return "";
        }
        int i = row * shown.columns().size() + column;
        return down(shown) + " " + shown.rows().get(row) + ", "
                + across(shown).toLowerCase(Locale.ROOT) + " "
                + (shown.position(column).isPresent() ? column + " \u201c" : "\u201c")
                + TokenText.visible(shown.columns().get(column)) + "\u201d\nDenoising "
                + shown.scores().get(0)[i] + " (figure " + shown.metrics().get(0)[i] + ")\nNoising "
                + shown.scores().get(1)[i] + " (figure " + shown.metrics().get(1)[i] + ")\nDifference "
                + shown.differences()[i];
    }

    /** Goes to the position and the feature that a cell stands for. */
    private void go(int row, int column) {
        model.maps().ifPresent(shown -> {
            shown.position(column).ifPresent(place -> model.prompt().position().set(place));
            OptionalInt feature = shown.feature(row);
            if (feature.isPresent()) {
                onFeature.accept(feature.getAsInt());
            }
            maps.mark(row, column);
            for (int i = 0; i < cells.size(); i++) {
                if (cells.get(i).row() == row && cells.get(i).column() == column) {
                    table.getSelectionModel().clearAndSelect(i);
                    table.scrollTo(i);
                }
            }
        });
    }

    /** Marks the chosen feature at the chosen position. */
    private void mark() {
        PatchMaps shown = model.maps().orElse(null);
        int place = model.prompt().position().get();
        var feature = model.side().feature().get();
        if (shown == null || !shown.ofFeatures() || feature == null) {
            return;
        }
        maps.mark(shown.features().indexOf(feature.feature()), place);
    }
}
