package loupe.ui.nearest;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.Property;
import javafx.scene.control.CheckMenuItem;
import javafx.scene.control.Menu;
import javafx.scene.control.MenuItem;
import javafx.scene.control.RadioMenuItem;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.control.TableView;
import javafx.scene.control.ToggleGroup;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyCodeCombination;
import javafx.scene.input.KeyCombination;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.MouseEvent;
import loupe.analysis.lens.LogitProjection;
import loupe.analysis.lens.LogitWeights;
import loupe.analysis.lens.TokenSet;
import loupe.state.nearest.LogitModel;
import loupe.state.nearest.LogitSplit;
import loupe.state.nearest.LogitView;
import loupe.state.window.Side;
import loupe.state.window.VocabularyTexts;
import loupe.ui.chart.ChartAxis;
import loupe.ui.chart.HistogramChart;
import loupe.ui.chart.HistogramSeries;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.Tables;
import loupe.ui.export.CsvExport;
import loupe.ui.export.ExportMenu;
import loupe.ui.export.FileSaver;
import loupe.ui.export.TableExport;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.token.TokenText;
import loupe.ui.token.TokenWeight;

/**
 * The logit weights of a side's feature: the tokens it promotes and suppresses as bars, all weights as a histogram,
 * whose marked range lists its tokens, or all tokens as a table.
 */
public final class LogitPane implements Pane {
    private static final KeyCombination COPY = new KeyCodeCombination(KeyCode.C, KeyCombination.SHORTCUT_DOWN);

    private final LogitModel model;
    private final VocabularyTexts texts;
    private final PaneFrame frame = new PaneFrame("Logit weights");
    private final LogitChart chart = new LogitChart();
    private final HistogramChart histogram = histogram();
    private final TableView<Integer> table;
    private final ExportMenu export;
    private final ExportMenu histogramExport;
    private final FileSaver desk;

    /** @param onToken called when a token is clicked */
    public LogitPane(
            LogitModel model,
            VocabularyTexts texts,
            Consumer<Integer> onToken,
            Supplier<String> provenance,
            FileSaver desk) {
        this.model = model;
        this.texts = texts;
        this.desk = desk;
        export = new ExportMenu(chart, provenance, desk);
        histogramExport = new ExportMenu(histogram, provenance, desk);
        chart.setId("logits-" + model.side());
        chart.setOnToken(token -> onToken.accept(token.id()));
        histogram.setId("logit-histogram-" + model.side());
        histogram.logarithmicProperty().set(true);
        table = Tables.make("logit-tokens-" + model.side(), "Tokens by logit weight");
        layOut(onToken);
        bind();
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    @Override
    public Optional<ExportMenu> picture() {
        return Optional.of(model.view().get() == LogitView.HISTOGRAM ? histogramExport : export);
    }

    private void layOut(Consumer<Integer> onToken) {
        table.getColumns().add(Tables.counts("Id", "Number of the token", 50, id -> id));
        table.getColumns().add(Tables.texts("Token", "Text of the token", 90, texts::of, TokenText::visible));
        table.getColumns()
                .add(Tables.numbers(
                        "Weight",
                        "Logit weight; none for tokens that are left out for their norm",
                        60,
                        this::weight,
                        value -> Double.isNaN(value) ? "left out" : NumberTexts.number(value)));
        Tables.onChosen(table, onToken::accept);
        TableExport.attachTo(table, "logit-tokens", desk);
        export.attachTo(chart);
        histogramExport.attachTo(histogram);
        chart.addEventHandler(MouseEvent.MOUSE_PRESSED, event -> chart.requestFocus());
        chart.addEventHandler(KeyEvent.KEY_PRESSED, event -> {
            if (COPY.match(event)) {
                new CsvExport(chart.exportName(), chart::csv, desk).copyRows(chart.csv());
                event.consume();
            }
        });
        showView();
    }

    private double weight(int token) {
        LogitWeights.Answer answer = model.weights().getValue();
        return answer == null || token >= answer.weights().length ? Double.NaN : answer.weights()[token];
    }

    private static CheckMenuItem flag(String title, Property<Boolean> property) {
        CheckMenuItem item = new CheckMenuItem(title);
        item.selectedProperty().bindBidirectional(property);
        return item;
    }

    private static CheckMenuItem without(String title, BooleanProperty property) {
        CheckMenuItem item = new CheckMenuItem(title);
        item.setSelected(!property.get());
        item.setOnAction(event -> property.set(!item.isSelected()));
        property.addListener((observed, was, is) -> item.setSelected(!is));
        return item;
    }

    private static <E extends Enum<E>> List<MenuItem> choices(
            Class<E> type, ObjectProperty<E> choice, Function<E, String> title) {
        ToggleGroup group = new ToggleGroup();
        List<MenuItem> items = new ArrayList<>();
        for (E one : type.getEnumConstants()) {
            RadioMenuItem item = new RadioMenuItem(title.apply(one));
            item.setToggleGroup(group);
            item.setSelected(choice.get() == one);
            item.setOnAction(event -> choice.set(one));
            choice.addListener((property, was, is) -> item.setSelected(is == one));
            items.add(item);
        }
        return items;
    }

    /** The menu of what is shown: what is exported is that. */
    private List<MenuItem> menu() {
        Menu split = new Menu("Split the histogram by");
        split.getItems().setAll(choices(LogitSplit.class, model.split(), LogitSplit::title));
        List<MenuItem> items = new ArrayList<>(choices(LogitView.class, model.view(), LogitView::title));
        items.add(split);
        items.add(new SeparatorMenuItem());
        items.add(flag("As cosines, so that tokens of large norm do not win", model.byDirection()));
        items.add(without("Without the gain of the final norm", model.gain()));
        items.add(flag("Centred over the vocabulary", model.centred()));
        items.add(flag("Without tokens above norm percentile " + LogitProjection.USUAL_PERCENTILE, model.leavingOut()));
        items.add(new SeparatorMenuItem());
        items.addAll(
                switch (model.view().get()) {
                    case BARS -> export.items();
                    case HISTOGRAM -> histogramExport.items();
                    case TOKENS -> TableExport.items(table, "logit-tokens", desk);
                });
        return items;
    }

    private void showView() {
        frame.setContent(
                switch (model.view().get()) {
                    case BARS -> chart;
                    case HISTOGRAM -> histogram;
                    case TOKENS -> table;
                });
        frame.getMenuItems().setAll(menu());
        showHistogram();
    }

    private void bind() {
        frame.statusProperty().bind(model.status());
        model.longest().upper().addListener((property, was, is) -> chart.setLeastScale(is.doubleValue()));
        model.view().addListener(changed -> showView());
        model.split().addListener(changed -> showHistogram());
        texts.sets().addListener(changed -> showHistogram());
        histogram.brushProperty().addListener((property, was, is) -> {
            model.range().set(is == null ? null : new LogitModel.Range(is.from(), is.to()));
        });
        model.range().addListener((property, was, is) -> {
            if (is == null) {
                histogram.brushProperty().set(null);
            }
            describe();
        });
        Answers.show(
                model.listed(),
                ids -> table.getItems().setAll(Arrays.stream(ids).boxed().toList()),
                () -> table.getItems().clear());
        Answers.show(model.weights(), this::show, () -> {
            chart.setTokens(List.of(), List.of());
            describe();
        });
        Answers.whileShown(frame, model.weights()::setWanted);
    }

    private void show(LogitWeights.Answer answer) {
        draw(chart, answer, texts::of);
        showHistogram();
        describe();
    }

    private void describe() {
        LogitWeights.Answer answer = model.weights().getValue();
        LogitModel.Range range = model.range().get();
        frame.subtitleProperty()
                .set(
                        answer == null
                                ? ""
                                : (range == null
                                                ? "skew " + skewness(answer)
                                                : NumberTexts.count(answer.falling(range.from(), range.to()).length)
                                                        + " tokens marked")
                                        + (answer.leftOut().length == 0
                                                ? ""
                                                : ", " + NumberTexts.count(answer.leftOut().length) + " left out"));
    }

    private static String skewness(LogitWeights.Answer answer) {
        double skewness = answer.moments().skewness();
        return Double.isNaN(skewness) ? "undefined" : NumberTexts.number(skewness);
    }

    private void showHistogram() {
        LogitWeights.Answer answer = model.weights().getValue();
        if (answer != null && model.view().get() == LogitView.HISTOGRAM) {
            List<TokenSet> sets = texts.sets().get();
            draw(histogram, answer, model.split().get(), sets == null ? List.of() : sets);
        }
    }

    /** An empty histogram of logit weights. */
    public static HistogramChart histogram() {
        return new HistogramChart("logit-histogram", ChartAxis.of("logit weight"), "tokens");
    }

    /**
     * Shows all weights as a histogram.
     *
     * @param split what it is split by, if some token is in that
     */
    public static void draw(HistogramChart chart, LogitWeights.Answer answer, LogitSplit split, List<TokenSet> sets) {
        double[] edges = answer.histogram().edges();
        Optional<TokenSet> set = split.among(sets);
        chart.setSeries(
                set.isEmpty()
                        ? List.of(new HistogramSeries(
                                Side.A, LogitSplit.NONE.inside(), edges, answer.counts(token -> true)))
                        : List.of(
                                new HistogramSeries(Side.A, split.inside(), edges, answer.counts(set.get()::has)),
                                new HistogramSeries(
                                        Side.B,
                                        split.outside(),
                                        edges,
                                        answer.counts(token -> !set.get().has(token)))));
    }

    /**
     * Shows an answer in a chart.
     *
     * @param texts of tokens, by id
     */
    public static void draw(LogitChart chart, LogitWeights.Answer answer, IntFunction<String> texts) {
        chart.setTokens(
                tokens(answer.promoted(), answer.promotedWeights(), texts),
                tokens(answer.suppressed(), answer.suppressedWeights(), texts));
    }

    private static List<TokenWeight> tokens(int[] ids, float[] weights, IntFunction<String> texts) {
        List<TokenWeight> tokens = new ArrayList<>(ids.length);
        for (int i = 0; i < ids.length; i++) {
            tokens.add(new TokenWeight(ids[i], texts.apply(ids[i]), weights[i]));
        }
        return tokens;
    }
}
