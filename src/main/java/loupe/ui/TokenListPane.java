package loupe.ui;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import javafx.beans.value.ObservableValue;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import javafx.scene.control.CheckMenuItem;
import javafx.scene.control.MenuItem;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import loupe.analysis.tokens.TokenCoherence;
import loupe.analysis.tokens.TokenList;
import loupe.analysis.tokens.TokenStability;
import loupe.base.Problem;
import loupe.state.TokenListModel;
import loupe.state.TokenTexts;

/** The tokens nearest to the ghost, best first. */
final class TokenListPane {
    private final TokenListModel model;
    private final TokenTexts texts;
    private final ExportDesk desk;
    private final PaneFrame frame = new PaneFrame("Token list");
    private final TableView<Row> table;
    private final ObservableList<Row> rows = FXCollections.observableArrayList();

    private final TableColumn<Row, String> change = Tables.texts("\u0394", "Ranks won (+) or lost since the reference list: the feature's first one, or the one the menu marked",
            34, Row::change, text -> text);
    private final TableColumn<Row, String> spread = Tables.texts("\u00b110 %", "How many ranks the token moves when the scale is a tenth smaller or larger",
            44, Row::spread, text -> text);
    private final TableColumn<Row, String> random = Tables.texts("Random", "The token of this rank in the list of a random direction under the same settings",
            76, Row::random, TokenText::visible);

    /** @param rank from 1 @param change in rank, spread and random empty where they are not known */
    private record Row(int rank, int token, String text, double score, double cosine, String change, String spread, String random) {}

    TokenListPane(TokenListModel model, TokenTexts texts, ExportDesk desk) {
        this.desk = desk;
        this.model = model;
        this.texts = texts;
        table = Tables.make("token-list-" + model.side(), "Tokens nearest to the ghost");
        layOut();
        bind();
    }

    PaneFrame node() {
        return frame;
    }

    private void layOut() {
        table.getColumns().add(Tables.counts("#", "Rank", 30, Row::rank));
        table.getColumns().add(Tables.texts("Token", "The token's text, a dot for a space", 84, Row::text, TokenText::visible));
        table.getColumns().add(Tables.numbers("Score", "By the nearness chosen in the ghost controls; for the ratio, smaller is nearer", 54, Row::score, Figures::number));
        table.getColumns().add(Tables.numbers("Cosine", "Cosine between the ghost and the token's embedding", 54, Row::cosine, Figures::number));
        table.getColumns().addAll(List.of(change, spread, random));
        for (TableColumn<Row, String> detail : List.of(change, spread, random)) {
            detail.visibleProperty().bind(model.details());
        }
        change.getStyleClass().add("figure");
        spread.getStyleClass().add("figure");
        table.setItems(rows);
        CheckMenuItem details = new CheckMenuItem("Stability, and a random direction's list beside");
        details.selectedProperty().bindBidirectional(model.details());
        MenuItem mark = new MenuItem("Tell changes of rank from here on");
        mark.setOnAction(event -> model.markReference());
        frame.getMenuItems().addAll(details, mark);
        frame.setContent(table);
        References.dragFrom(table, row -> java.util.Optional.of(References.ofToken(row.token())));
        TableExport.attachTo(table, "token-list", desk);
        frame.getMenuItems().addAll(TableExport.items(table, "token-list", desk));
    }

    private void bind() {
        frame.pendingProperty().bind(model.columns().pendingProperty().or(model.list().pendingProperty()));
        model.columns().problemProperty().addListener(changed -> explain());
        model.list().problemProperty().addListener(changed -> explain());
        model.side().feature().addListener(changed -> explain());
        frame.setOnRetry(model::retry);
        Slots.show(model.list(), this::show, () -> {
            if (!model.columns().isPending()) {
                rows.clear();
            }
        });
        Slots.whileShown(frame, model::setWanted);
        for (ObservableValue<?> more : List.of(model.details(), model.reference(), model.stability().valueProperty(), model.random().valueProperty(),
                model.coherence().valueProperty(), model.randomCoherence().valueProperty())) {
            more.addListener((property, was, is) -> {
                if (model.list().getValue() != null) {
                    show(model.list().getValue());
                }
            });
        }
        explain();
    }

    private void explain() {
        Problem problem = Slots.first(model.columns().getProblem(), model.list().getProblem());
        frame.problemProperty().set(problem);
        frame.emptyTextProperty().set(model.side().feature().get() == null ? "Choose a feature to list the tokens nearest to its ghost" : null);
    }

    private void show(TokenList list) {
        boolean details = model.details().get();
        Map<Integer, Integer> before = details ? ranks(model.reference().get()) : Map.of();
        Map<Integer, Integer> spreads = details ? spreads(model.stability().getValue()) : Map.of();
        TokenList other = details ? model.random().getValue() : null;
        rows.setAll(IntStream.range(0, list.size()).mapToObj(i -> {
            int token = list.tokens()[i];
            Integer was = before.get(token);
            Integer moves = spreads.get(token);
            return new Row(i + 1, token, texts.of(token), list.scores()[i], list.cosines()[i],
                    was == null ? before.isEmpty() ? "" : "new" : was == i + 1 ? "" : String.format("%+d", was - i - 1),
                    moves == null ? "" : moves.toString(), other == null || i >= other.size() ? "" : texts.of(other.tokens()[i]));
        }).toList());
        TokenCoherence.Answer alike = model.coherence().getValue();
        TokenCoherence.Answer randomAlike = model.randomCoherence().getValue();
        frame.subtitleProperty().set(!details || alike == null ? "" : "mean pairwise cosine " + Figures.number(alike.meanCosine())
                + (randomAlike == null ? "" : ", random " + Figures.number(randomAlike.meanCosine())));
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
