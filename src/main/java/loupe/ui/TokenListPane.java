package loupe.ui;

import java.util.ArrayList;
import java.util.List;
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
    private final PaneFrame frame = new PaneFrame("Token list");
    private final TableView<Row> table;
    private final ObservableList<Row> rows = FXCollections.observableArrayList();

    /** @param rank from 1 */
    private record Row(int rank, int token, String text, double score, double cosine) {}

    TokenListPane(TokenListModel model, TokenTexts texts) {
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
        table.getColumns().add(Tables.numbers("", "Rank", 34, row -> Integer.toString(row.rank())));
        table.getColumns().add(Tables.texts("Token", "The token's text, a dot for a space", 112, Row::text));
        table.getColumns().add(Tables.numbers("Score", "By the nearness chosen in the ghost controls; for the ratio, smaller is nearer", 66, row -> Figures.number(row.score())));
        table.getColumns().add(Tables.numbers("Cosine", "Cosine between the ghost and the token's embedding", 66, row -> Figures.number(row.cosine())));
        table.setItems(rows);
        frame.setContent(table);
        frame.getMenuItems().add(Tables.copyItem(() -> Tables.copy(csv())));
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
        rows.setAll(IntStream.range(0, list.size()).mapToObj(i -> new Row(i + 1, list.tokens()[i], TokenText.visible(texts.of(list.tokens()[i])),
                list.scores()[i], list.cosines()[i])).toList());
    }

    private String csv() {
        List<List<String>> lines = new ArrayList<>();
        for (Row row : rows) {
            lines.add(List.of(Integer.toString(row.rank()), Integer.toString(row.token()), texts.of(row.token()), Double.toString(row.score()), Double.toString(row.cosine())));
        }
        return Tables.csv(List.of("rank", "id", "token", "score", "cosine"), lines);
    }
}
