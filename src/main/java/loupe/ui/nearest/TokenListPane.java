package loupe.ui.nearest;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.value.ObservableValue;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import javafx.scene.control.CheckMenuItem;
import javafx.scene.control.Label;
import javafx.scene.control.MenuItem;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.control.ToggleButton;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import javafx.scene.text.TextAlignment;
import loupe.analysis.tokens.RandomLists;
import loupe.analysis.tokens.TokenCoherence;
import loupe.analysis.tokens.TokenList;
import loupe.analysis.tokens.TokenMask;
import loupe.analysis.tokens.TokenSides;
import loupe.analysis.tokens.TokenStability;
import loupe.state.nearest.TokenListModel;
import loupe.state.window.VocabularyTexts;
import loupe.ui.control.BarToggle;
import loupe.ui.control.NumberTexts;
import loupe.ui.control.References;
import loupe.ui.control.Tables;
import loupe.ui.control.Tooltips;
import loupe.ui.export.FileSaver;
import loupe.ui.export.TableExport;
import loupe.ui.pane.Answers;
import loupe.ui.pane.Pane;
import loupe.ui.pane.PaneFrame;
import loupe.ui.pane.RowActions;
import loupe.ui.pane.RowMenu;
import loupe.ui.token.TokenText;
import org.kordamp.ikonli.feather.Feather;
import org.kordamp.ikonli.javafx.FontIcon;

/** The tokens nearest to the ghost, best first. */
public final class TokenListPane implements Pane {
    private static final double SHORTEST_TOKEN = 50;
    private static final double ROOM_FOR_COSINES = 250;
    private static final double CHANGE_PIXELS = 52;

    private final TokenListModel model;
    private final VocabularyTexts texts;
    private final FileSaver desk;
    private final PaneFrame frame = new PaneFrame("Token list");
    private final TableView<Row> table;
    private final ObservableList<Row> rows = FXCollections.observableArrayList();

    private final TableColumn<Row, Number> rank = Tables.counts("#", "Rank", 30, Row::rank);
    private final TableColumn<Row, String> token =
            Tables.texts("Token", "The token's text, a dot for a space", 76, Row::text, TokenText::visible);
    private final TableColumn<Row, String> change = Tables.texts(
            "\u0394",
            "Ranks gained (\u25b2) or lost (\u25bc) since the last slider drag began, "
                    + "or against the list marked in the menu",
            CHANGE_PIXELS,
            Row::change,
            TokenListPane::arrow);
    private final TableColumn<Row, Number> score = Tables.numbers(
            "Score",
            "By the nearness chosen in the ghost controls; for the ratio, smaller is nearer",
            54,
            Row::score,
            NumberTexts::number);
    private final TableColumn<Row, Number> cosine = Tables.numbers(
            "Cosine", "Cosine between the ghost and the token's embedding", 52, Row::cosine, NumberTexts::number);
    private final TableColumn<Row, String> spread = Tables.texts(
            "\u00b110 %",
            "How many ranks the token moves when the scale is a tenth smaller or larger",
            44,
            Row::spread,
            text -> text);
    private final TableColumn<Row, String> random = Tables.texts(
            "Random",
            "The token of this rank in the list of a random direction under the same settings",
            76,
            Row::random,
            TokenText::visible);
    private final TableColumn<Row, String> encoder = Tables.texts(
            "Enc", "The token of this rank in the encoder direction's list", 70, Row::text, TokenText::visible);
    private final TableColumn<Row, String> inDecoder =
            Tables.texts("Dec #", "Its rank in the decoder direction's list", 40, Row::inDecoder, text -> text);
    private final TableColumn<Row, String> decoder = Tables.texts(
            "Dec", "The token of this rank in the decoder direction's list", 70, Row::other, TokenText::visible);
    private final TableColumn<Row, String> inEncoder =
            Tables.texts("Enc #", "Its rank in the encoder direction's list", 40, Row::inEncoder, text -> text);
    /** Whether some token has another rank than in the list that this one is compared with. */
    private final BooleanProperty changed = new SimpleBooleanProperty(this, "changed");

    private final TokenFilterBar filter;
    private final Label nothing = new Label();
    private final ToggleButton showFilter = new ToggleButton(null, new FontIcon(Feather.FILTER));

    /**
     * One rank of the list, or of both lists side by side.
     *
     * @param rank from 1
     * @param text of the token, of the encoder's where there are both
     * @param change in rank, spread and random are empty where they are not known
     * @param other the decoder's token where there are both
     */
    private record Row(
            int rank,
            int token,
            String text,
            double score,
            double cosine,
            String change,
            String spread,
            String random,
            String inDecoder,
            String other,
            String inEncoder) {
        static Row ofBoth(int rank, int token, String text, String inDecoder, String other, String inEncoder) {
            return new Row(rank, token, text, Double.NaN, Double.NaN, "", "", "", inDecoder, other, inEncoder);
        }
    }

    public TokenListPane(TokenListModel model, VocabularyTexts texts, FileSaver desk) {
        this.desk = desk;
        this.model = model;
        this.texts = texts;
        table = Tables.make("token-list-" + model.side(), "Tokens nearest to the ghost");
        filter = new TokenFilterBar(model.controls(), model.side().toString());
        layOut();
        bind();
    }

    @Override
    public PaneFrame node() {
        return frame;
    }

    private void layOut() {
        table.getColumns()
                .addAll(List.of(
                        rank, token, change, score, cosine, spread, random, encoder, inDecoder, decoder, inEncoder));
        change.visibleProperty().bind(model.sides().not().and(changed));
        for (TableColumn<Row, ?> one : List.of(token, score)) {
            one.visibleProperty().bind(model.sides().not());
        }
        cosine.visibleProperty().bind(model.sides().not().and(Tables.isWiderThan(table, ROOM_FOR_COSINES)));
        for (TableColumn<Row, String> detail : List.of(spread, random)) {
            detail.visibleProperty().bind(model.details().and(model.sides().not()));
        }
        for (TableColumn<Row, String> both : List.of(encoder, inDecoder, decoder, inEncoder)) {
            both.visibleProperty().bind(model.sides());
        }
        for (TableColumn<Row, String> figures : List.of(change, spread, inDecoder, inEncoder)) {
            figures.getStyleClass().add("figure");
        }
        for (TableColumn<Row, String> texts : List.of(token, encoder, decoder)) {
            Tables.setLeast(texts, SHORTEST_TOKEN);
        }
        Tables.setLeast(change, CHANGE_PIXELS);
        table.setItems(rows);
        nothing.setWrapText(true);
        nothing.setTextAlignment(TextAlignment.CENTER);
        table.setPlaceholder(nothing);
        showFilter.setId("token-filter-" + model.side());
        showFilter.getStyleClass().add("icon-button");
        showFilter.setTooltip(Tooltips.of(
                "Choose which tokens are listed: script, leading space, letters, length, text (Ctrl+Shift+F)"));
        showFilter.setAccessibleText("Filter the tokens");
        VBox content = new VBox(table);
        BarToggle.tie(showFilter, filter, content, model.controls().filter().map(chosen -> !chosen.isNone()));
        frame.getActions().add(showFilter);
        CheckMenuItem sides = new CheckMenuItem("Encoder and decoder side by side");
        sides.selectedProperty().bindBidirectional(model.sides());
        CheckMenuItem details = new CheckMenuItem("Stability, and a random direction's list beside");
        details.selectedProperty().bindBidirectional(model.details());
        MenuItem mark = new MenuItem("Use this list as reference for rank changes");
        mark.setOnAction(event -> model.markReference());
        frame.getMenuItems().addAll(sides, details, mark);
        VBox.setVgrow(table, Priority.ALWAYS);
        content.setMinSize(0, 0);
        frame.setRows();
        frame.setContent(content);
        References.dragFrom(table, row -> java.util.Optional.of(References.ofToken(row.token())));
        TableExport.attachTo(table, "token-list", desk);
        frame.getMenuItems().addAll(TableExport.items(table, "token-list", desk));
    }

    /** A click on a token shows its neighbours, as it does in examples and logit weights. */
    @Override
    public void setRowActions(RowActions actions) {
        Tables.onChosen(table, row -> actions.askOfToken(row.token()));
        RowMenu.attach(table, row -> OptionalInt.empty(), row -> OptionalInt.of(row.token()), actions);
    }

    /** Opens and focuses the filter. */
    public void startFilter() {
        showFilter.setSelected(true);
        filter.focusText();
    }

    private void bind() {
        frame.statusProperty().bind(model.status());
        Answers.show(model.list(), list -> show(), () -> {
            if (!model.columns().isPending()) {
                rows.clear();
            }
        });
        Answers.whileShown(frame, model::setWanted);
        for (ObservableValue<?> more : List.of(
                model.details(),
                model.reference(),
                model.stability().valueProperty(),
                model.random().valueProperty(),
                model.coherence().valueProperty(),
                model.randomLists().valueProperty(),
                model.sides(),
                model.bothSides().valueProperty())) {
            more.addListener((property, was, is) -> show());
        }
        model.side().model().addListener((property, was, is) -> showFilter.setDisable(!model.canFilter()));
        showFilter.setDisable(!model.canFilter());
    }

    /** Shows both lists, or the one of the controls; while both are being computed, the old content stays. */
    private void show() {
        TokenList list = model.list().getValue();
        if (list == null) {
            return;
        }
        if (!model.sides().get()) {
            show(list);
        } else if (model.bothSides().getValue() != null) {
            show(model.bothSides().getValue());
        }
        nothing.setText(model.controls().filter().get().isNone() ? "" : "No token passes the filter");
    }

    private void show(TokenSides both) {
        rows.setAll(IntStream.range(
                        0, Math.max(both.encoder().size(), both.decoder().size()))
                .mapToObj(i -> Row.ofBoth(
                        i + 1,
                        both.encoder().tokens()[i],
                        texts.of(both.encoder().tokens()[i]),
                        rank(both.encoderInDecoder()[i], both.deepest()),
                        texts.of(both.decoder().tokens()[i]),
                        rank(both.decoderInEncoder()[i], both.deepest())))
                .toList());
        frame.subtitleProperty()
                .set(passing(both.encoder()) + both.shared() + " of "
                        + both.encoder().size() + " in both");
    }

    private static String rank(int rank, int deepest) {
        return rank > deepest ? "> " + deepest : Integer.toString(rank);
    }

    /** A text on how many tokens passed the filter; empty without one. */
    private static String passing(TokenList list) {
        TokenMask mask = list.settings().mask();
        return mask.equals(TokenMask.ALL) ? "" : NumberTexts.count(mask.count()) + " tokens pass; ";
    }

    private void show(TokenList list) {
        boolean details = model.details().get();
        Map<Integer, Integer> before = ranks(model.reference().get());
        Map<Integer, Integer> spreads = details ? spreads(model.stability().getValue()) : Map.of();
        TokenList other = details ? model.random().getValue() : null;
        rows.setAll(IntStream.range(0, list.size())
                .mapToObj(i -> {
                    int token = list.tokens()[i];
                    Integer was = before.get(token);
                    Integer moves = spreads.get(token);
                    return new Row(
                            i + 1,
                            token,
                            texts.of(token),
                            list.scores()[i],
                            list.cosines()[i],
                            was == null
                                    ? before.isEmpty() ? "" : "new"
                                    : was == i + 1 ? "" : String.format("%+d", was - i - 1),
                            moves == null ? "" : moves.toString(),
                            other == null || i >= other.size() ? "" : texts.of(other.tokens()[i]),
                            "",
                            "",
                            "");
                })
                .toList());
        changed.set(rows.stream().anyMatch(row -> !row.change().isEmpty()));
        String note = passing(list) + (details ? coherence() : "");
        frame.subtitleProperty().set(note.endsWith("; ") ? note.substring(0, note.length() - 2) : note);
    }

    /** How alike the tokens of the list are, and where that lies among the lists of random directions. */
    private String coherence() {
        TokenCoherence.Answer alike = model.coherence().getValue();
        RandomLists.Answer drawn = model.randomLists().getValue();
        if (alike == null) {
            return "";
        }
        String own = "pairs' centred cosine " + NumberTexts.number(alike.meanCentredCosine());
        if (drawn == null) {
            return own;
        }
        RandomLists.Place place = drawn.place(alike);
        return own + "; " + NumberTexts.count(place.draws()) + " random lists " + NumberTexts.number(place.mean())
                + ", z " + NumberTexts.number(place.z()) + ", above " + NumberTexts.percent(place.shareBelow());
    }

    /** A change of rank as drawn: an arrow for its sign. */
    private static String arrow(String change) {
        return change.startsWith("+")
                ? "\u25b2" + change.substring(1)
                : change.startsWith("-") ? "\u25bc" + change.substring(1) : change;
    }

    private static Map<Integer, Integer> ranks(TokenList list) {
        Map<Integer, Integer> ranks = new HashMap<>();
        for (int i = 0; list != null && i < list.size(); i++) {
            ranks.put(list.tokens()[i], i + 1);
        }
        return ranks;
    }

    private static Map<Integer, Integer> spreads(TokenStability stability) {
        Map<Integer, Integer> spreads = new HashMap<>();
        for (int i = 0; stability != null && i < stability.tokens().length; i++) {
            spreads.put(stability.tokens()[i], stability.spread(i));
        }
        return spreads;
    }
}
