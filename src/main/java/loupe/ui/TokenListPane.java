package loupe.ui;

import java.util.stream.IntStream;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import javafx.scene.control.TableView;
import loupe.analysis.tokens.TokenList;
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

    /** @param rank from 1 */
    private record Row(int rank, int token, String text, double score, double cosine) {}

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
        table.setItems(rows);
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
        explain();
    }

    private void explain() {
        Problem problem = Slots.first(model.columns().getProblem(), model.list().getProblem());
        frame.problemProperty().set(problem);
        frame.emptyTextProperty().set(model.side().feature().get() == null ? "Choose a feature to list the tokens nearest to its ghost" : null);
    }

    private void show(TokenList list) {
        rows.setAll(IntStream.range(0, list.size()).mapToObj(i -> new Row(i + 1, list.tokens()[i], texts.of(list.tokens()[i]),
                list.scores()[i], list.cosines()[i])).toList());
    }
}
