package loupe.ui.dream;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.function.Supplier;
import javafx.beans.binding.Bindings;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.property.StringProperty;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.CheckBox;
import javafx.scene.control.Label;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.layout.FlowPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.analysis.dream.Dream;
import loupe.analysis.dream.DreamSettings;
import loupe.analysis.dream.DreamState;
import loupe.analysis.dream.DreamText;
import loupe.analysis.dream.TextMeasures;
import loupe.state.dream.DreamModel;
import loupe.state.window.Side;
import loupe.state.window.VocabularyTexts;
import loupe.ui.chart.ChartAxis;
import loupe.ui.chart.ScatterChart;
import loupe.ui.chart.ScatterCloud;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Reason;
import loupe.ui.control.Tables;
import loupe.ui.control.Tooltips;
import loupe.ui.export.ExportMenu;
import loupe.ui.export.FileSaver;
import loupe.ui.export.TableExport;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.pane.RowActions;
import loupe.ui.pane.RowMenu;
import loupe.ui.token.TokenLine;
import loupe.ui.token.TokenStrip;
import loupe.ui.token.TokenText;
import org.jspecify.annotations.Nullable;

/**
 * Text that makes a feature most active, as it is found: activation against cross-entropy, beside text drawn at random
 * and the corpus; a text that is clicked becomes the prompt.
 */
public final class DreamPane implements Pane {
    private static final double NUMBER_PIXELS = 52;
    private static final String UP_TO = "1 to " + NumberTexts.count(DreamSettings.MOST_OF_EACH);
    private static final double CHART_SHARE = 0.4;
    /** Texts drawn at random that are listed, the most active first. */
    private static final int RANDOM_LISTED = 3;

    private final DreamModel model;
    private final VocabularyTexts texts;
    private final FileSaver desk;
    private final PaneFrame frame = new PaneFrame("Dreaming");
    private final Button start = button("dream-start", "Dream", "Search for text that makes the feature most active");
    private final Button stop = button("dream-stop", "Stop", "Stop after the last whole iteration");
    private final Button goOn =
            button("dream-go-on", "Go on", "Go on where the search ended, up to as many iterations");
    private final Reason reason = new Reason("dream-why");
    private final Label progress = new Label();
    private final ScatterChart chart = chart();
    private final ExportMenu export;
    private final TableView<Row> table = Tables.make("dream-texts", "Texts, with activation and cross-entropy");
    private final ObservableList<Row> rows = FXCollections.observableArrayList();
    private final TokenStrip strip = new TokenStrip(true);
    private final BooleanProperty apart = new SimpleBooleanProperty();

    /**
     * A text in the table and the chart.
     *
     * @param origin where it comes from, in words
     * @param side of the chart's points: what was found is A's, the corpus has B's colour
     * @param before what stands in front of it
     * @param activations of the feature at each token; empty where they are not known yet
     */
    private record Row(
            String origin, Side side, boolean isFaint, DreamText text, List<Integer> before, List<Float> activations) {
        TextMeasures.Text measured() {
            return new TextMeasures.Text(before, text.ids());
        }
    }

    public DreamPane(DreamModel model, VocabularyTexts texts, Supplier<String> provenance, FileSaver desk) {
        this.model = model;
        this.texts = texts;
        this.desk = desk;
        export = new ExportMenu(
                chart, () -> provenance.get() + ", " + frame.subtitleProperty().get(), desk);
        layOut();
        bind();
    }

    /** An empty chart of texts. */
    public static ScatterChart chart() {
        ScatterChart chart =
                new ScatterChart("texts", ChartAxis.of("cross-entropy", "nats"), ChartAxis.of("activation"));
        chart.setId("dream-chart");
        chart.setNames("text", side -> side == Side.A ? "found" : "corpus");
        return chart;
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

    private static Button button(String id, String words, String tip) {
        Button button = new Button(words);
        button.setId(id);
        button.setTooltip(Tooltips.of(tip));
        button.setMinWidth(Region.USE_PREF_SIZE);
        return button;
    }

    private static Node field(String id, String words, String tip, StringProperty value) {
        TextField field = new TextField();
        field.setId(id);
        field.setPrefWidth(NUMBER_PIXELS);
        field.setMinWidth(NUMBER_PIXELS);
        field.setAccessibleText(tip);
        field.setTooltip(Tooltips.of(tip));
        field.textProperty().bindBidirectional(value);
        Label label = new Label(words);
        label.getStyleClass().add("muted");
        label.setLabelFor(field);
        HBox both = new HBox(4, label, field);
        both.setAlignment(Pos.CENTER_LEFT);
        return both;
    }

    private static CheckBox flag(String id, String words, String tip, BooleanProperty value) {
        CheckBox box = new CheckBox(words);
        box.setId(id);
        box.setTooltip(Tooltips.of(tip));
        box.selectedProperty().bindBidirectional(value);
        return box;
    }

    private void layOut() {
        FlowPane controls = new FlowPane(
                8,
                4,
                start,
                stop,
                goOn,
                field(
                        "dream-iterations",
                        "Iterations",
                        "Iterations in all, 1 to " + NumberTexts.count(DreamSettings.MOST_ITERATIONS)
                                + "; in each, every slot tries its new texts",
                        model.iterations()),
                field(
                        "dream-length",
                        "Tokens",
                        "Tokens of a text, from 2 to as many as the model's context holds",
                        model.length()),
                field(
                        "dream-slots",
                        "Slots",
                        "Texts that are kept, each with its own penalty on cross-entropy, " + UP_TO,
                        model.slots()),
                field(
                        "dream-children",
                        "Children",
                        "New texts of each slot in an iteration, " + UP_TO,
                        model.children()),
                field(
                        "dream-least-penalty",
                        "Penalties",
                        "Penalty of the first slot, above 0, in activation for a nat of cross-entropy",
                        model.leastPenalty()),
                field(
                        "dream-most-penalty",
                        "to",
                        "Penalty of the last slot, in activation for a nat, at least the first one's; those between are "
                                + "spaced evenly on a logarithmic scale",
                        model.mostPenalty()),
                field("dream-seed", "Seed", "Seed of all draws: the same texts for the same seed", model.seed()),
                flag(
                        "dream-against-b",
                        "Not in B",
                        "Make the activation less that of B's feature large: active in A and not in B",
                        model.againstB()),
                flag(
                        "dream-any-tokens",
                        "Any tokens",
                        "Also texts that come back as other tokens when they are written out and read again",
                        model.anyTokens()));
        controls.getStyleClass().add("pane-tools-flow");
        progress.getStyleClass().addAll("muted", "pane-foot");
        progress.setMinWidth(0);
        table.getColumns().add(Tables.texts("From", "Where the text comes from", 70, Row::origin, text -> text));
        table.getColumns()
                .add(Tables.numbers(
                        "Act.",
                        "Activation of the feature at the text's last token",
                        56,
                        row -> row.text().activation(),
                        NumberTexts::number));
        TableColumn<Row, Number> other = Tables.numbers(
                "In B",
                "Activation of B's feature at the text's last token",
                56,
                row -> row.text().other(),
                NumberTexts::number);
        other.visibleProperty().bind(apart);
        table.getColumns().add(other);
        table.getColumns()
                .add(Tables.numbers(
                        "CE",
                        "Cross-entropy of the text under the model, in nats: the mean over its tokens",
                        56,
                        row -> row.text().crossEntropy(),
                        of -> Double.isFinite(of) ? NumberTexts.number(of) : ""));
        table.getColumns()
                .add(Tables.texts(
                        "Text",
                        "The text; a click puts it in place of the clean prompt",
                        200,
                        row -> words(row.text().ids()),
                        TokenText::sentence));
        table.setItems(rows);
        table.setMinHeight(0);
        table.setPrefHeight(0); // the chart above it keeps its share
        VBox.setVgrow(table, Priority.ALWAYS);
        chart.setMinHeight(0);
        strip.setAccessibleText("The chosen text, each token on a background as strong as its activation");
        strip.managedProperty().bind(strip.visibleProperty());
        strip.setVisible(false);
        VBox content = new VBox(controls, reason, chart, table, strip, progress);
        content.setMinSize(0, 0);
        chart.prefHeightProperty().bind(content.heightProperty().multiply(CHART_SHARE));
        frame.setRows();
        frame.setContent(content);
        TableExport.attachTo(table, "dreamt-texts", desk);
        export.attachTo(chart);
        frame.getMenuItems().addAll(TableExport.items(table, "dreamt-texts", desk));
        frame.getMenuItems().addAll(export.items());
    }

    private void bind() {
        frame.statusProperty().bind(model.status());
        start.setOnAction(event -> model.start());
        stop.setOnAction(event -> model.stop());
        goOn.setOnAction(event -> model.goOn());
        start.disableProperty()
                .bind(Bindings.createBooleanBinding(
                        () -> !model.why().getValue().isEmpty(), model.why()));
        reason.textProperty()
                .bind(Bindings.createStringBinding(() -> model.why().getValue(), model.why()));
        stop.disableProperty().bind(model.search().pendingProperty().not());
        goOn.disableProperty()
                .bind(Bindings.createBooleanBinding(
                        () -> !model.canGoOn(),
                        model.search().pendingProperty(),
                        model.search().valueProperty(),
                        model.iterations()));
        Answers.show(model.search(), state -> show(), this::show);
        model.corpus().valueProperty().addListener(changed -> show());
        model.dream().addListener(changed -> show());
        model.chosen().valueProperty().addListener(changed -> shade());
        Tables.onChosen(table, row -> choose(row, true));
        table.getSelectionModel().selectedItemProperty().addListener((property, was, is) -> {
            if (is != null) {
                choose(is, false);
            }
        });
        chart.setOnPoint((side, point) -> shown(side).stream()
                .skip(point)
                .findFirst()
                .ifPresent(row -> {
                    table.getSelectionModel().clearAndSelect(rows.indexOf(row));
                    table.scrollTo(row);
                }));
    }

    @Override
    public void setRowActions(RowActions actions) {
        RowMenu.attach(table, row -> OptionalInt.empty(), row -> OptionalInt.empty(), actions);
    }

    private String words(List<Integer> ids) {
        StringBuilder words = new StringBuilder();
        ids.forEach(id -> words.append(texts.of(id)));
        return words.toString();
    }

    private List<Row> shown(Side side) {
        return of(rows, side);
    }

    private void choose(Row row, boolean asPrompt) {
        if (row.activations().isEmpty()) {
            model.choose(row.measured());
        } else {
            shade(row.text().ids(), row.activations());
        }
        chart.select(row.side(), shown(row.side()).indexOf(row));
        chart.select(row.side() == Side.A ? Side.B : Side.A, -1);
        if (asPrompt) {
            model.toPrompt(row.text().ids());
        }
    }

    private void show() {
        Dream dream = model.dream().get();
        DreamState state = model.search().getValue();
        Row before = table.getSelectionModel().getSelectedItem();
        apart.set(dream != null && dream.target().without().isPresent());
        List<Row> all = dream == null || state == null
                ? List.of()
                : rows(dream.before(), state, model.corpus().getValue());
        rows.setAll(all);
        ((Label) table.getPlaceholder())
                .setText(dream == null ? "Dream searches for text that makes the feature most active" : "");
        draw();
        frame.subtitleProperty()
                .set(
                        dream == null
                                ? ""
                                : "feature " + dream.target().feature().index() + ", seed "
                                        + dream.settings().seed());
        progress.setText(dream == null || state == null ? "" : words(dream, state));
        if (before != null && all.contains(before)) {
            table.getSelectionModel().select(before);
        }
    }

    private static String words(Dream dream, DreamState state) {
        return state.iteration() + " of " + dream.iterations() + " iterations, " + NumberTexts.count(state.tried())
                + " texts tried"
                + (state.refused() == 0 ? "" : ", " + NumberTexts.count(state.refused()) + " come back as other tokens")
                + (state.front().isEmpty() && state.iteration() > 0 ? "; the feature was never active" : "");
    }

    /**
     * Draws what a search has found, beside random text.
     *
     * @param apart whether another feature is to stay silent
     */
    public static void draw(ScatterChart chart, DreamState state, boolean apart) {
        draw(chart, rows(List.of(), state, null), apart, text -> "");
    }

    private static List<Row> rows(
            List<Integer> before, DreamState state, @Nullable List<TextMeasures.Measured> corpus) {
        List<Row> all = new ArrayList<>();
        for (int i = state.front().size() - 1; i >= 0; i--) {
            all.add(new Row("found", Side.A, false, state.front().get(i), before, List.of()));
        }
        if (corpus != null) {
            for (int i = 0; i < corpus.size(); i++) {
                all.add(new Row(
                        i % 2 == 0 ? "corpus" : "corpus, alone",
                        Side.B,
                        i % 2 == 1,
                        corpus.get(i).text(),
                        List.of(),
                        corpus.get(i).activations()));
            }
        }
        state.random().stream()
                .sorted(Comparator.comparingDouble(DreamText::difference).reversed())
                .limit(RANDOM_LISTED)
                .forEach(text -> all.add(new Row("random", Side.A, true, text, before, List.of())));
        return all;
    }

    private void draw() {
        draw(chart, rows, apart.get(), text -> words(text.ids()));
    }

    private static void draw(ScatterChart chart, List<Row> rows, boolean apart, Function<DreamText, String> words) {
        List<ScatterCloud> clouds = new ArrayList<>();
        for (Side side : Side.values()) {
            List<Row> ofSide = of(rows, side);
            if (ofSide.isEmpty() && side == Side.B) {
                continue;
            }
            boolean[] faint = new boolean[ofSide.size()];
            for (int i = 0; i < faint.length; i++) {
                faint[i] = ofSide.get(i).isFaint();
            }
            clouds.add(new ScatterCloud(
                    side,
                    ofSide.stream()
                            .mapToDouble(row -> row.text().crossEntropy())
                            .toArray(),
                    ofSide.stream().mapToDouble(row -> row.text().difference()).toArray(),
                    faint));
        }
        List<Row> drawn = List.copyOf(rows);
        chart.setClouds(
                clouds,
                (side, point) -> {
                    Row row = of(drawn, side).get(point);
                    return row.origin() + ": " + TokenText.sentence(words.apply(row.text()));
                },
                ChartAxis.of("cross-entropy", "nats"),
                ChartAxis.of(apart ? "activation in A less B" : "activation"));
    }

    private static List<Row> of(List<Row> rows, Side side) {
        return rows.stream().filter(row -> row.side() == side).toList();
    }

    private void shade() {
        List<TextMeasures.Measured> chosen = model.chosen().getValue();
        if (chosen == null || chosen.isEmpty()) {
            strip.setVisible(false);
        } else {
            shade(chosen.get(0).text().ids(), chosen.get(0).activations());
        }
    }

    /** Shows a text on the scale of the most active one. */
    private void shade(List<Integer> ids, List<Float> activations) {
        float[] values = new float[activations.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = activations.get(i);
        }
        strip.setLine(
                new TokenLine(
                        ids.stream().map(texts::of).toArray(String[]::new),
                        ids.stream().mapToInt(Integer::intValue).toArray(),
                        values,
                        values.length - 1),
                rows.stream().mapToDouble(row -> row.text().activation()).max().orElse(1),
                Side.A);
        strip.setVisible(true);
    }
}
