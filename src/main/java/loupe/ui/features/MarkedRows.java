package loupe.ui.features;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javafx.application.Platform;
import javafx.collections.ListChangeListener;
import javafx.scene.control.TableView;
import javafx.scene.control.skin.VirtualFlow;
import javafx.scene.input.DragEvent;
import javafx.scene.input.MouseEvent;
import loupe.state.features.FeatureTableModel;
import loupe.state.window.FeatureRef;
import loupe.state.window.Selection;
import loupe.ui.control.Tables;

/**
 * The rows that are marked in the table of features: that of the chosen feature, or several. They stay the same
 * features when rows change their places.
 */
final class MarkedRows {
    /** Beyond so many marked rows a new order of rows leaves only the chosen one marked. */
    private static final int MOST_MARKED = 10_000;

    private final TableView<Integer> table;
    private final Selection selection;
    private final FeatureTableModel model;
    /** Whether the table is being made to follow the choice. */
    private boolean following;

    private boolean sortedAnew;
    private boolean filteredAnew;
    /** Whether a mouse button is down on the table, when a row is marked but not chosen yet. */
    private boolean pressed;
    /** The features of the rows that are marked, if there are several. */
    private Set<Integer> marked = Set.of();

    private MarkedRows(TableView<Integer> table, Selection selection, FeatureTableModel model) {
        this.table = table;
        this.selection = selection;
        this.model = model;
    }

    /** Marks the rows of a table that shows the model's rows, and chooses what the keyboard marks. */
    static void attachTo(TableView<Integer> table, Selection selection, FeatureTableModel model) {
        new MarkedRows(table, selection, model).bind();
    }

    private void bind() {
        table.addEventFilter(MouseEvent.MOUSE_PRESSED, event -> pressed = true);
        table.addEventFilter(MouseEvent.MOUSE_RELEASED, event -> pressed = false);
        table.addEventHandler(DragEvent.DRAG_DONE, event -> {
            pressed = false;
            follow(false);
        });
        table.getContextMenu().setOnHidden(event -> follow(false));
        Tables.onChosen(table, model::jumpTo);
        table.getSelectionModel().getSelectedIndices().addListener((ListChangeListener<Integer>) change -> mark());
        selection.feature().addListener((property, was, is) -> {
            marked = Set.of();
            follow(false);
        });
        model.arrangement().sorting().addListener(changed -> sortedAnew = true);
        model.filter().addListener(changed -> filteredAnew = true);
        model.rows().setBeforeChange(() -> {
            following = true;
            table.getSelectionModel().clearSelection();
            following = false;
        });
        model.rows().addListener((ListChangeListener<Integer>)
                change -> Platform.runLater(() -> follow(true))); // once the table knows its new rows too
    }

    /** Chooses the feature of a row that the keyboard has marked alone, and remembers several. */
    private void mark() {
        if (following) {
            return;
        }
        List<Integer> rows = List.copyOf(table.getSelectionModel().getSelectedIndices());
        if (rows.size() > 1) {
            marked = rows.size() > MOST_MARKED
                    ? Set.of()
                    : rows.stream()
                            .filter(row -> row < model.rows().size())
                            .map(model.rows()::get)
                            .collect(Collectors.toUnmodifiableSet());
        } else if (rows.size() == 1 && !pressed) {
            marked = Set.of();
            int row = rows.get(0);
            if (row < model.rows().size()) {
                model.jumpTo(model.rows().get(row));
            }
        }
    }

    /**
     * Marks the row of the chosen feature. After sorting, the table shows its top, unless the chosen feature is to stay
     * in view; after filtering, the chosen feature.
     *
     * @param rearranged whether rows have changed, so that the table may scroll
     */
    private void follow(boolean rearranged) {
        FeatureRef chosen = selection.feature().get();
        int row = chosen == null ? -1 : model.rows().rowOf(chosen.feature());
        following = true;
        try {
            if (rearranged && marked.size() > 1) {
                markAgain();
            } else if (row < 0) {
                table.getSelectionModel().clearSelection();
            } else if (rearranged && (sortedAnew || filteredAnew)) {
                table.getSelectionModel().clearAndSelect(row);
            } else if (marked.size() < 2
                    && (table.getSelectionModel().getSelectedIndex() != row
                            || table.getSelectionModel().getSelectedIndices().size() != 1)) {
                table.getSelectionModel().clearAndSelect(row);
                reveal(row);
            }
            if (rearranged && sortedAnew && !model.arrangement().keepsInView().get()) {
                table.scrollTo(0);
            } else if (rearranged && (sortedAnew || filteredAnew) && row >= 0) {
                table.scrollTo(Math.max(0, row - rowsInSight() / 3));
            }
        } finally {
            following = false;
            if (rearranged) {
                sortedAnew &= model.arranging().get();
                filteredAnew &= model.arranging().get();
            }
        }
    }

    /** Marks the rows again, wherever they are now, that were marked together. */
    private void markAgain() {
        int[] rows = IntStream.range(0, model.rows().size())
                .filter(row -> marked.contains(model.rows().get(row)))
                .toArray();
        table.getSelectionModel().clearSelection();
        if (rows.length > 0) {
            table.getSelectionModel().selectIndices(rows[0], rows);
        }
    }

    private int rowsInSight() {
        return (int) (table.getHeight() / Math.max(1, table.getFixedCellSize())) - 2;
    }

    /** Scrolls only if the row cannot be seen. */
    private void reveal(int row) {
        VirtualFlow<?> flow = (VirtualFlow<?>) table.lookup(".virtual-flow");
        if (flow == null || flow.getFirstVisibleCell() == null) {
            table.scrollTo(Math.max(0, row - 3));
            return;
        }
        int first = flow.getFirstVisibleCell().getIndex();
        int last = flow.getLastVisibleCell().getIndex();
        if (row <= first || row >= last) {
            table.scrollTo(Math.max(0, row - Math.max(1, rowsInSight() / 3)));
        }
    }
}
