package loupe.ui.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import javafx.beans.value.ObservableValue;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import javafx.geometry.Pos;
import javafx.scene.control.Button;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.layout.FlowPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import loupe.analysis.WilsonInterval;
import loupe.analysis.ablation.AblationSummary;
import loupe.base.TimeLeft;
import loupe.state.pane.ResultSlot;
import loupe.state.text.AblatedTextModel;
import loupe.state.text.AblatedTextModel.By;
import loupe.state.text.AblatedTextModel.Over;
import loupe.state.text.AblatedTextModel.Row;
import loupe.state.text.AblatedTextModel.Settings;
import loupe.state.text.AblatedTextModel.Shown;
import loupe.state.text.AblatedTextModel.Together;
import loupe.state.text.AblationMaps;
import loupe.state.window.VocabularyTexts;
import loupe.ui.chart.HeatMaps;
import loupe.ui.control.IconButtons;
import loupe.ui.control.LabelConverter;
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
import loupe.ui.token.TokenText;
import org.kordamp.ikonli.feather.Feather;

/**
 * What the chosen feature's activation becomes without tokens of the text: heat maps of what is lost, a table with the
 * numbers, and over examples the tokens that matter.
 */
public final class AblatedTextPane implements Pane {
    private static final double TABLE_SHARE = 0.38;
    private static final int WHOLE = 100;
    /** Pixels that maps of one row need with their title, tokens and scale, and no more. */
    private static final double LEAST_MAPS = 100;

    private final AblatedTextModel model;
    private final VocabularyTexts texts;
    private final FileSaver desk;
    private final PaneFrame frame = new PaneFrame("Ablated text");
    private final ComboBox<Over> over = combo("ablated-text-over", Over.values());
    private final ComboBox<Together> together = combo("ablated-text-together", Together.values());
    private final ComboBox<By> by = combo("ablated-text-by", By.values());
    private final Reason reason = new Reason("ablated-text-reason");
    private final FieldRow fields = new FieldRow(reason, this::take);
    private final TextField token = fields.add(
            "ablated-text-token",
            "Token",
            "Text of the token in the place of others, one token; a space in front belongs to most words",
            6);
    private final TextField longest =
            fields.add("ablated-text-longest", "Longest", "Tokens in the longest span, 1 to 100", 3);
    private final TextField within = fields.add(
            "ablated-text-within",
            "Within",
            "How many tokens may be ablated: the nearest up to the one that is read, 1 to 1000",
            3);
    private final Button stop;
    private final Button goOn;
    private final HeatMaps maps = chart();
    private final Label foot = new Label();
    private final TableView<Row> table = Tables.make("ablated-text", "What is lost without tokens");
    private final TableView<AblationSummary.OfToken> tokens =
            Tables.make("ablated-text-tokens", "Tokens that matter over the examples");
    private final ObservableList<Row> rows = FXCollections.observableArrayList();
    private final List<TableColumn<Row, ?>> ofText = new ArrayList<>();
    private final List<TableColumn<Row, ?>> ofExamples = new ArrayList<>();
    private final List<TableColumn<Row, ?>> ofSingles = new ArrayList<>();
    private final TableColumn<Row, ?> ofPairs;
    private final ExportMenu export;
    private TimeLeft timeLeft = new TimeLeft();
    private boolean following;

    /** @param provenance of what is exported */
    public AblatedTextPane(AblatedTextModel model, VocabularyTexts texts, Supplier<String> provenance, FileSaver desk) {
        this.model = model;
        this.texts = texts;
        this.desk = desk;
        stop = IconButtons.of(Feather.SQUARE, "Stop ablating; what is known stays", model::stop);
        goOn = IconButtons.of(Feather.PLAY, "Ablate what is missing", model::goOn);
        export = new ExportMenu(maps, provenance, desk);
        ofPairs = figure(
                "Beyond",
                "Of a pair, the share that is lost without both, less the shares that are lost without each alone: "
                        + "above 0 where one does for the other, below 0 where both are needed",
                Row::together);
        layOutTables();
        layOut();
        bind();
    }

    private static <T> ComboBox<T> combo(String id, T[] values) {
        ComboBox<T> combo = new ComboBox<>(FXCollections.observableArrayList(values));
        combo.setId(id);
        return combo;
    }

    /** The chart of the pane, with nothing in it. */
    public static HeatMaps chart() {
        HeatMaps chart = new HeatMaps("ablated-text");
        chart.setId("ablated-text-maps");
        return chart;
    }

    /** Shows maps in a chart. */
    public static void draw(HeatMaps chart, AblationMaps shown) {
        if (shown.isEmpty()) {
            chart.show(null);
            return;
        }
        List<HeatMaps.Map> all = new ArrayList<>(List.of(new HeatMaps.Map("Share lost", shown.shares())));
        if (shown.together().length > 0) {
            all.add(new HeatMaps.Map("Beyond each alone", shown.together()));
        }
        chart.show(new HeatMaps.Maps(
                shown.down(),
                shown.across(),
                shown.rows().stream().map(TokenText::visible).toList(),
                shown.columns().stream().map(TokenText::visible).toList(),
                all));
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

    @Override
    public void setRowActions(RowActions actions) {
        Tables.onChosen(tokens, token -> actions.askOfToken(token.id()));
        RowMenu.attach(tokens, row -> OptionalInt.empty(), row -> OptionalInt.of(row.id()), actions);
    }

    private static TableColumn<Row, Number> figure(
            String title, String tip, java.util.function.ToDoubleFunction<Row> of) {
        return Tables.numbers(title, tip, 60, of, value -> Double.isNaN(value) ? "" : NumberTexts.number(value));
    }

    private void layOutTables() {
        TableColumn<Row, String> put = Tables.texts(
                "In its place",
                "The token that stands in place of a single one; empty where it is removed",
                64,
                row -> row.put() < 0 ? "" : texts.of(row.put()),
                TokenText::visible);
        TableColumn<Row, Number> without =
                figure("Without", "Activation at the token that is read, without these tokens", Row::without);
        TableColumn<Row, Number> count = Tables.counts("Count", "Examples that have tokens there", 52, Row::count);
        TableColumn<Row, Number> low =
                figure("From", "Lower end of the 95 % bootstrap interval of the mean share", Row::low);
        TableColumn<Row, Number> high =
                figure("To", "Upper end of the 95 % bootstrap interval of the mean share", Row::high);
        table.getColumns()
                .setAll(List.of(
                        Tables.<Row>texts(
                                "Tokens",
                                "Tokens that are ablated together; over examples, how many tokens before the last they "
                                        + "stand",
                                110,
                                Row::text,
                                TokenText::visible),
                        put,
                        count,
                        without,
                        figure(
                                "Share lost",
                                "The part of the activation that is lost without them, over examples the mean; "
                                        + "negative where they hold the feature down",
                                Row::share),
                        low,
                        high,
                        ofPairs));
        ofText.addAll(List.of(without));
        ofExamples.addAll(List.of(count));
        ofSingles.addAll(List.of(low, high));
        put.setVisible(false);
        this.ofText.add(put);
        table.setItems(rows);
        tokens.getColumns()
                .setAll(List.of(
                        Tables.<AblationSummary.OfToken>texts(
                                "Token",
                                "A token of the examples; those first that take most from all of them together",
                                80,
                                row -> texts.of(row.id()),
                                TokenText::visible),
                        Tables.<AblationSummary.OfToken>counts(
                                "Count", "How often it stands in the examples", 50, AblationSummary.OfToken::count),
                        Tables.<AblationSummary.OfToken>numbers(
                                "Share lost",
                                "Mean part of the activation that is lost without it",
                                60,
                                AblationSummary.OfToken::share,
                                NumberTexts::number),
                        Tables.<AblationSummary.OfToken>numbers(
                                "Largest",
                                "The largest part of an activation that is lost without it",
                                60,
                                AblationSummary.OfToken::largest,
                                NumberTexts::number)));
    }

    private void layOut() {
        over.setConverter(new LabelConverter<>(one -> one == Over.PROMPT ? "Prompt" : "Examples"));
        over.setAccessibleText("Which texts");
        over.setTooltip(Tooltips.of("The clean prompt, read at its chosen token, or the feature's "
                + AblatedTextModel.EXAMPLES + " strongest examples in the corpus, read at their last"));
        together.setConverter(new LabelConverter<>(one -> switch (one) {
            case SINGLE -> "Single tokens";
            case PAIRS -> "Pairs";
            case SPANS -> "Spans";
        }));
        together.setAccessibleText("Which tokens at a time");
        together.setTooltip(Tooltips.of("What is ablated at a time: each token, each two tokens beside each alone, or "
                + "neighbouring tokens"));
        by.setConverter(new LabelConverter<>(one -> switch (one) {
            case REMOVED -> "Removed";
            case NEXT_BEST -> "Model\u2019s next best";
            case BEGINNING -> "Beginning of text";
            case TOKEN -> "A token";
        }));
        by.setAccessibleText("What becomes of a token");
        by.setTooltip(Tooltips.of("What becomes of an ablated token: it is removed and what follows moves up, or the "
                + "model's own likeliest other token after the text before it, the token for the beginning of text, "
                + "or one of your own stands in its place"));
        stop.setId("ablated-text-stop");
        goOn.setId("ablated-text-go-on");
        FlowPane tools = new FlowPane(8, 6, over, together, by, fields, stop, goOn);
        tools.setAlignment(Pos.CENTER_LEFT);
        tools.setMinWidth(0);
        VBox top = new VBox(4, tools, reason);
        top.getStyleClass().add("pane-tools-flow");
        foot.setId("ablated-text-foot");
        foot.getStyleClass().addAll("muted", "pane-foot");
        foot.setWrapText(true);
        foot.setMinHeight(Region.USE_PREF_SIZE);
        HBox tables = new HBox(table, tokens);
        HBox.setHgrow(table, Priority.ALWAYS);
        HBox.setHgrow(tokens, Priority.SOMETIMES);
        for (Region one : List.of(table, tokens, tables)) {
            one.setMinHeight(0);
        }
        table.setPrefWidth(0);
        tokens.setMinWidth(0);
        foot.setMaxHeight(Region.USE_PREF_SIZE);
        VBox content = new VBox(top, maps, foot, tables);
        content.setMinSize(0, 0);
        VBox.setVgrow(maps, Priority.ALWAYS);
        VBox.setVgrow(tables, Priority.SOMETIMES);
        maps.setPrefHeight(0); // the tables below keep their share
        maps.setMinHeight(LEAST_MAPS);
        tables.prefHeightProperty().bind(content.heightProperty().multiply(TABLE_SHARE));
        frame.setRows();
        frame.setContent(content);
        export.attachTo(maps);
        frame.getMenuItems().addAll(export.items());
        for (TableView<?> one : List.of(table, tokens)) {
            String name = one == table ? "ablated-text" : "ablated-text-tokens";
            TableExport.attachTo(one, name, desk);
            frame.getMenuItems().add(new SeparatorMenuItem());
            frame.getMenuItems().addAll(TableExport.items(one, name, desk));
        }
    }

    private void bind() {
        frame.statusProperty().bind(model.status());
        for (ComboBox<?> combo : List.of(over, together, by)) {
            combo.valueProperty().addListener(changed -> choose());
        }
        model.settings().addListener(changed -> follow());
        maps.setDescription(this::words);
        maps.setOnChosen((row, column) -> go(column));
        Tables.onChosen(table, row -> {
            if (model.settings().get().over() == Over.PROMPT) {
                model.prompt().position().set(row.first());
            }
        });
        Answers.show(model.shown(), known -> show(), this::clear);
        for (ResultSlot<?> answer : model.answers()) {
            for (ObservableValue<?> source :
                    List.of(answer.fractionProperty(), answer.pendingProperty(), answer.stoppedProperty())) {
                source.addListener(changed -> showFoot());
            }
        }
        Answers.whileInFront(frame, model::setShown);
        follow();
    }

    private void take() {
        model.settings()
                .set(Settings.of(
                        over.getValue(),
                        together.getValue(),
                        by.getValue(),
                        token.getText(),
                        FieldRow.number(longest),
                        FieldRow.number(within)));
    }

    /** What the lists say, beside the numbers that were taken last. */
    private void choose() {
        if (!following) {
            Settings now = model.settings().get();
            model.settings()
                    .set(new Settings(
                            over.getValue(),
                            together.getValue(),
                            by.getValue(),
                            now.token(),
                            now.longest(),
                            now.within()));
        }
    }

    private void follow() {
        Settings now = model.settings().get();
        following = true;
        over.setValue(now.over());
        together.setValue(now.together());
        by.setValue(now.by());
        token.setText(now.token());
        longest.setText("" + now.longest());
        within.setText("" + now.within());
        following = false;
        showOnly(token.getParent(), now.by() == By.TOKEN);
        showOnly(longest.getParent(), now.together() == Together.SPANS);
        showFoot();
    }

    private static void showOnly(javafx.scene.Node node, boolean shows) {
        node.setVisible(shows);
        node.setManaged(shows);
    }

    private void clear() {
        maps.show(null);
        rows.clear();
        tokens.getItems().clear();
        timeLeft = new TimeLeft();
        showFoot();
    }

    private void show() {
        Shown known = model.shown().getValue();
        if (known == null) {
            clear();
            return;
        }
        Settings of = known.settings();
        boolean text = of.over() == Over.PROMPT;
        ofText.forEach(column -> column.setVisible(text));
        ofExamples.forEach(column -> column.setVisible(!text));
        ofSingles.forEach(column -> column.setVisible(!text && of.together() == Together.SINGLE));
        ofPairs.setVisible(of.together() == Together.PAIRS);
        if (of.by() == By.REMOVED) {
            table.getColumns().get(1).setVisible(false);
        }
        showOnly(tokens, !text);
        draw(maps, known.maps());
        maps.setMaxHeight(known.maps().rows().size() == 1 ? LEAST_MAPS : Double.MAX_VALUE);
        rows.setAll(known.rows());
        table.sort();
        tokens.getItems().setAll(known.summary().map(AblationSummary::tokens).orElse(List.of()));
        showFoot();
    }

    private void showFoot() {
        ResultSlot<?> answer = model.awaited();
        showOnly(stop, answer.isPending());
        showOnly(goOn, answer.stoppedProperty().get());
        Shown known = model.shown().getValue();
        if (known == null) {
            foot.setText("");
            return;
        }
        StringBuilder words = new StringBuilder(known.summary()
                .map(AblatedTextPane::words)
                .orElse("Activation " + NumberTexts.number(known.activation()) + " at the token that is read"
                        + (known.activation() == 0
                                ? ": nothing can be lost there. Choose a token of the clean prompt at which the "
                                        + "feature is active"
                                : "")));
        double done = answer.fractionProperty().get();
        if (answer.isPending() && done >= 0) {
            words.append(". ").append(Math.round(WHOLE * done)).append(" % done");
            timeLeft.after(System.nanoTime() / 1_000_000, done)
                    .ifPresent(left -> words.append(", about ")
                            .append(Math.max(1, left.toSeconds()))
                            .append(" s left"));
        } else if (answer.stoppedProperty().get()) {
            words.append(". Stopped");
        }
        foot.setText(words.toString());
    }

    private static String words(AblationSummary summary) {
        return summary.examples() + " examples. One token before the last takes more than half of the activation in "
                + words(summary.alone())
                + summary.together()
                        .map(count -> "; two do of which neither does alone in " + words(count))
                        .orElse("");
    }

    private static String words(AblationSummary.Count count) {
        WilsonInterval interval = count.interval();
        return count.count() + " (95 %: " + NumberTexts.percent(interval.low()) + " to "
                + NumberTexts.percent(interval.high()) + ")";
    }

    private String words(int row, int column) {
        Shown known = model.shown().getValue();
        if (known == null) {
            return "";
        }
        AblationMaps of = known.maps();
        int i = row * of.columns().size() + column;
        String tokensThere = of.together().length > 0
                ? name(of, row) + " and " + name(of, column)
                : name(of, column)
                        + (of.rows().size() > 1 ? ", length " + of.rows().get(row) : "");
        return tokensThere + "\nShare lost " + of.shares()[i]
                + (of.together().length > 0 ? "\nBeyond each alone " + of.together()[i] : "");
    }

    private static String name(AblationMaps of, int column) {
        String name = TokenText.visible(of.columns().get(column));
        OptionalInt place = of.place(column);
        return place.isPresent() ? place.getAsInt() + " \u201c" + name + "\u201d" : name + " before";
    }

    /** Goes to the token that a column stands for. */
    private void go(int column) {
        Shown known = model.shown().getValue();
        if (known != null) {
            known.maps()
                    .place(column)
                    .ifPresent(place -> model.prompt().position().set(place));
        }
    }
}
