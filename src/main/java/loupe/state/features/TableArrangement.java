package loupe.state.features;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import javafx.beans.property.BooleanProperty;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.beans.property.SimpleObjectProperty;
import loupe.search.FeatureColumn;
import loupe.state.corpus.HistogramView;

/**
 * Which columns the feature table shows, in which order and how wide, and how its rows are sorted: what undo takes back
 * and a session keeps. JavaFX thread only.
 */
public final class TableArrangement {
    /** The width of a column that nobody has changed. */
    public static final int USUAL_WIDTH = 0;

    private static final int MOST_PIXELS = 4_000;
    private static final List<Column> FIRST_SHOWN =
            List.of(FeatureColumn.NUMBER, FeatureColumn.DENSITY, FeatureColumn.MAX, FeatureColumn.PROMOTED).stream()
                    .map(Column::new)
                    .toList();

    private final ObjectProperty<List<Column>> columns = new SimpleObjectProperty<>(this, "columns", FIRST_SHOWN);
    private final ObjectProperty<FeatureColumn> sortedBy =
            new SimpleObjectProperty<>(this, "sortedBy", FeatureColumn.NUMBER);
    private final ObjectProperty<Boolean> descending = new SimpleObjectProperty<>(this, "descending", false);
    private final ReadOnlyObjectWrapper<Sorting> sorting =
            new ReadOnlyObjectWrapper<>(this, "sorting", Sorting.BY_NUMBER);
    private final BooleanProperty keepsInView = new SimpleBooleanProperty(this, "keepsInView", false);
    /** Whether the labels have been shown once without having been asked for. */
    private boolean labelsShown;

    /**
     * A column that is shown.
     *
     * @param width in pixels at the ordinary size of text; {@link #USUAL_WIDTH} unless somebody has changed it
     */
    public record Column(FeatureColumn column, int width) {
        public Column(FeatureColumn column) {
            this(column, USUAL_WIDTH);
        }
    }

    /** How rows are sorted. */
    public record Sorting(FeatureColumn by, boolean descending) {
        /** How rows are sorted at first. */
        public static final Sorting BY_NUMBER = new Sorting(FeatureColumn.NUMBER, false);
    }

    TableArrangement() {
        sortedBy.addListener(changed -> sorting.set(new Sorting(sortedBy.get(), descending.get())));
        descending.addListener(changed -> sorting.set(new Sorting(sortedBy.get(), descending.get())));
    }

    /** The columns from left to right, each once; that of what was found is never among them. */
    public ObjectProperty<List<Column>> columns() {
        return columns;
    }

    public boolean shows(FeatureColumn column) {
        return columns.get().stream().anyMatch(shown -> shown.column() == column);
    }

    /** Shows a column, in the usual order before those that follow it, or hides it. */
    public void show(FeatureColumn column, boolean wanted) {
        if (shows(column) == wanted) {
            return;
        }
        List<Column> changed = new ArrayList<>(columns.get());
        if (wanted) {
            changed.add(placeOf(column, changed), new Column(column));
        } else {
            changed.removeIf(shown -> shown.column() == column);
        }
        columns.set(List.copyOf(changed));
    }

    /** Where a column comes into a row of others: before the first that usually follows it. */
    public static int placeOf(FeatureColumn column, List<Column> among) {
        int place = 0;
        while (place < among.size() && among.get(place).column().compareTo(column) < 0) {
            place++;
        }
        return place;
    }

    /** Puts columns into another order; those that are not named keep their places. */
    public void reorder(List<FeatureColumn> order) {
        List<Column> named = order.stream()
                .flatMap(column -> columns.get().stream().filter(shown -> shown.column() == column))
                .toList();
        List<Column> changed = new ArrayList<>(columns.get());
        int next = 0;
        for (int i = 0; i < changed.size(); i++) {
            if (order.contains(changed.get(i).column())) {
                changed.set(i, named.get(next++));
            }
        }
        columns.set(List.copyOf(changed));
    }

    /** Gives columns other widths, in pixels at the ordinary size of text. */
    public void resize(Map<FeatureColumn, Integer> widths) {
        columns.set(columns.get().stream()
                .map(shown -> new Column(
                        shown.column(), Objects.requireNonNull(widths.getOrDefault(shown.column(), shown.width()))))
                .toList());
    }

    /** Shows the columns of the first start, in their order and of their widths. */
    public void reset() {
        columns.set(FIRST_SHOWN);
    }

    /** Whether columns, order and widths are those of the first start. */
    public boolean isInitial() {
        return columns.get().equals(FIRST_SHOWN);
    }

    /** Shows the labels the first time that there are any, whatever was chosen before that. */
    void showLabelsOnce() {
        if (!labelsShown) {
            labelsShown = true;
            show(FeatureColumn.LABEL, true);
        }
    }

    boolean hasShownLabels() {
        return labelsShown;
    }

    public ObjectProperty<FeatureColumn> sortedBy() {
        return sortedBy;
    }

    public ObjectProperty<Boolean> descending() {
        return descending;
    }

    /** By what rows are sorted, and which way. */
    public ReadOnlyObjectProperty<Sorting> sorting() {
        return sorting.getReadOnlyProperty();
    }

    public void sort(Sorting wanted) {
        sortedBy.set(wanted.by());
        descending.set(wanted.descending());
    }

    /** Whether sorting scrolls to the chosen feature, and not to the top. */
    public BooleanProperty keepsInView() {
        return keepsInView;
    }

    // ---- session ----

    Map<String, String> remembered() {
        Map<String, String> kept = new LinkedHashMap<>();
        kept.put(
                "table.columns",
                columns.get().stream()
                        .map(shown -> shown.column().word() + (shown.width() == USUAL_WIDTH ? "" : ":" + shown.width()))
                        .collect(Collectors.joining(",")));
        kept.put("table.sort", sortedBy.get().word() + (descending.get() ? " down" : ""));
        kept.put("table.keeps-in-view", Boolean.toString(keepsInView.get()));
        kept.put("table.labels-shown", Boolean.toString(labelsShown));
        return kept;
    }

    /** Restores what a session kept, but for columns that this version does not know. */
    void recall(Map<String, String> kept) {
        List<Column> read = Arrays.stream(kept.getOrDefault("table.columns", "").split(","))
                .flatMap(text -> column(text).stream())
                .toList();
        long different = read.stream().map(Column::column).distinct().count();
        if (!read.isEmpty() && different == read.size()) {
            columns.set(read);
        }
        String sort = kept.getOrDefault("table.sort", "");
        boolean down = sort.endsWith(" down");
        FeatureColumn.named(down ? sort.substring(0, sort.length() - " down".length()) : sort)
                .filter(column -> column != FeatureColumn.FOUND)
                .ifPresent(column -> sort(new Sorting(column, down)));
        HistogramView.recall(kept, "table.keeps-in-view", keepsInView);
        labelsShown |= "true".equals(kept.get("table.labels-shown"));
    }

    private static Optional<Column> column(String text) {
        String[] parts = text.split(":", 2);
        try {
            int width = parts.length < 2 ? USUAL_WIDTH : Integer.parseInt(parts[1]);
            return width < 0 || width > MOST_PIXELS
                    ? Optional.empty()
                    : FeatureColumn.named(parts[0])
                            .filter(column -> column != FeatureColumn.FOUND)
                            .map(column -> new Column(column, width));
        } catch (NumberFormatException noWidth) {
            return Optional.empty();
        }
    }
}
