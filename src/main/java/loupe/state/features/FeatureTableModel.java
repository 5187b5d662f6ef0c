package loupe.state.features;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyIntegerProperty;
import javafx.beans.property.ReadOnlyIntegerWrapper;
import javafx.beans.property.SimpleStringProperty;
import javafx.beans.property.StringProperty;
import javafx.beans.value.ObservableValue;
import loupe.analysis.batch.BatchRow;
import loupe.analysis.geometry.LargestCosines;
import loupe.base.Cancellation;
import loupe.index.FeatureStatistics;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.search.FeatureColumn;
import loupe.search.FeatureFilter;
import loupe.search.FeatureRows;
import loupe.search.FeatureSearch;
import loupe.search.FeatureValues;
import loupe.search.SearchQuery;
import loupe.state.corpus.CountedShare;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.PaneNeed;
import loupe.state.pane.PaneStatus;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.FeatureRef;
import loupe.state.window.Workbench;

/**
 * The features of checkpoint A as a table: sorted and filtered, with the values known so far. Columns fill in while
 * they are computed; sorting and filtering happen on the compute thread. JavaFX thread only.
 */
public final class FeatureTableModel {
    private final Workbench workbench;
    private final FeatureColumns columns;
    private final FeatureNotesModel notes;
    private final SearchModel search;
    private final ResultSlot<Listed> order;
    private final FeatureOrder rows = new FeatureOrder();
    private final StringProperty filter = new SimpleStringProperty(this, "filter", "");
    private final TableArrangement arrangement = new TableArrangement();
    private final ReadOnlyIntegerWrapper version = new ReadOnlyIntegerWrapper(this, "version");
    private final ObservableValue<PaneStatus> status;
    private OpenSae listed;

    /**
     * @param columns of checkpoint A
     * @param notes what is written down about features
     * @param search over the features of checkpoint A
     */
    public FeatureTableModel(Workbench workbench, FeatureColumns columns, FeatureNotesModel notes, SearchModel search) {
        this.workbench = workbench;
        this.notes = notes;
        this.search = search;
        this.columns = columns;
        order = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        status = new PaneStatusBinding()
                .dismisses(workbench.modelProblem(), workbench::dismissModelProblem)
                .mendedBy(remedy -> workbench.mend(workbench.a(), remedy))
                .dismisses(workbench.a().problem(), () -> workbench.dismissProblem(workbench.a()))
                .mendedBy(remedy -> workbench.mend(workbench.a(), remedy))
                .fails(columns.problem(), columns::retry)
                .isEmpty(
                        this::whyEmpty,
                        workbench.model(),
                        workbench.openingModel(),
                        workbench.a().sae(),
                        workbench.a().opening())
                .offers(this::need, workbench.openingModel(), workbench.a().opening())
                .awaits(workbench.a().opening())
                .awaits(workbench.openingModel());
        columns.values().addListener(changed -> refresh());
        notes.version().addListener(changed -> refresh());
        search.search().addListener(changed -> {
            arrange();
            if (isSearching()) {
                renew();
            }
        });
        order.valueProperty().addListener((property, was, is) -> {
            rows.show(is == null ? new int[0] : is.features());
            String before = was == null ? "" : was.typed();
            if (is != null && !is.typed().equals(before) && (hasWords(is.typed()) || hasWords(before))) {
                renew(); // where the new words are found
            }
        });
        filter.addListener((property, was, is) -> {
            arrange();
            if (hasWords(was) || hasWords(is)) {
                renew();
            }
        });
        arrangement.sortedBy().addListener(changed -> arrange());
        arrangement.descending().addListener(changed -> arrange());
        refresh();
    }

    /**
     * Shows what a batch has measured of ablating features, in the column CE cost; more may follow soon unless it is
     * whole.
     */
    public void addCosts(List<BatchRow> rows, boolean whole) {
        columns.addCosts(rows, whole);
    }

    /** Shows which decoder direction is nearest to each, once that is known of all. */
    public void showNearest(Optional<LargestCosines.Answer> found) {
        columns.showNearest(found);
    }

    /** What the pane shows. */
    public ObservableValue<PaneStatus> status() {
        return status;
    }

    private Optional<PaneNeed> need() {
        return workbench.openingModel().get() || workbench.a().opening().get()
                ? Optional.empty()
                : workbench.a().need();
    }

    private String whyEmpty() {
        OpenModel model = workbench.model().get();
        if (model == null && workbench.a().sae().get() == null) {
            return workbench.openingModel().get()
                    ? "The model is being opened"
                    : "Open a model folder, then a checkpoint of it (Ctrl+O), or drop them here";
        }
        if (workbench.a().sae().get() == null) {
            return workbench.a().opening().get()
                    ? "The checkpoint is being opened"
                    : "Open a checkpoint for " + model.id() + " (Ctrl+Shift+O), or drop it here";
        }
        return "";
    }

    /** Feature numbers in the order shown. */
    public FeatureOrder rows() {
        return rows;
    }

    /** Why the filter passes no feature; empty if it passes some or is not known to pass none. */
    public String whyNone() {
        Listed listed = order.getValue();
        return listed == null ? "" : listed.whyNone();
    }

    /** What the user typed to filter by, see {@link FeatureFilter}. */
    public StringProperty filter() {
        return filter;
    }

    /** The words of the filter. */
    public ObservableValue<SearchQuery> sought() {
        return filter.map(typed -> FeatureFilter.parse(typed).search());
    }

    /** Columns and sorting. */
    public TableArrangement arrangement() {
        return arrangement;
    }

    public ObjectProperty<FeatureColumn> sortedBy() {
        return arrangement.sortedBy();
    }

    public ObjectProperty<Boolean> descending() {
        return arrangement.descending();
    }

    /** What a session keeps, by name. */
    public Map<String, String> remembered() {
        Map<String, String> kept = new LinkedHashMap<>(arrangement.remembered());
        kept.put("table.filter", filter.get());
        return kept;
    }

    /** Restores what a session kept; a filter that cannot be read is left out, since it passes nothing. */
    public void recall(Map<String, String> kept) {
        arrangement.recall(kept);
        String remembered = kept.getOrDefault("table.filter", filter.get());
        filter.set(FeatureFilter.mistake(remembered).isPresent() ? "" : remembered);
    }

    /** A counter that rises whenever values of rows may have changed. */
    public ReadOnlyIntegerProperty version() {
        return version.getReadOnlyProperty();
    }

    /** Whether rows are being sorted and filtered. */
    public ReadOnlyBooleanProperty arranging() {
        return order.pendingProperty();
    }

    /** Whether columns are still being filled in. */
    public ReadOnlyBooleanProperty filling() {
        return columns.filling();
    }

    /** How many features the checkpoint has. */
    public int size() {
        return columns.values().get().features();
    }

    /** A number; NaN while it is not known. */
    public double number(FeatureColumn column, int feature) {
        return columns.values().get().number(column, feature);
    }

    /** The ends of the 95 % interval of a feature's density; empty while nothing is counted. */
    public Optional<double[]> densityInterval(int feature) {
        FeatureStatistics counted = columns.values().get().statistics();
        return counted == null || feature >= counted.features() || counted.corpusTokens() == 0
                ? Optional.empty()
                : Optional.of(counted.densityInterval(feature));
    }

    /** How much of the corpus a column's numbers refer to: all of it if they are not counted over one. */
    public CountedShare counted(FeatureColumn column) {
        return columns.counted(column);
    }

    /** How much of the corpus the choice and order of the rows refer to; all of it if they do not depend on one. */
    public CountedShare countedForRows() {
        return Stream.concat(
                        FeatureFilter.parse(filter.get()).bounds().stream().map(FeatureFilter.Bound::column),
                        Stream.of(sortedBy().get()))
                .map(this::counted)
                .filter(CountedShare::isPartial)
                .findFirst()
                .orElse(CountedShare.WHOLE);
    }

    /** The tokens it promotes most, as text; empty while they are not known. */
    public String promoted(int feature) {
        return columns.values().get().promoted(feature);
    }

    /** The label a feature goes by or, without one, the tokens it promotes most; empty while they are not known. */
    public String describe(int feature) {
        String label = notes.of(workbench.a(), feature).label();
        return label.isEmpty() ? promoted(feature) : label;
    }

    /** What a column of texts says about a feature; nothing about words of which the rows are not known yet. */
    public String text(FeatureColumn column, int feature) {
        return column == FeatureColumn.FOUND && !isAnswered()
                ? ""
                : rows(columns.values().get()).text(column, feature);
    }

    /** Where the words of the filter are found; nowhere while the rows are still those of other words. */
    public List<FeatureSearch.Reason> found(int feature) {
        return isAnswered() ? rows(columns.values().get()).why(feature) : List.of();
    }

    /** Whether the rows are those of the filter as it is now. */
    private boolean isAnswered() {
        Listed known = order.getValue();
        return known != null && known.typed().equals(filter.get());
    }

    private FeatureRows rows(FeatureValues values) {
        return new FeatureRows(
                values,
                FeatureFilter.parse(filter.get()),
                search.search().get(),
                notes.features(workbench.a()),
                sortedBy().get(),
                descending().get());
    }

    /** Whether anything is written down about a feature of the checkpoint. */
    public boolean hasLabels() {
        return !notes.features(workbench.a()).isEmpty();
    }

    /** Whether there are words in the filter, which are found somewhere. */
    public boolean isSearching() {
        return hasWords(filter.get());
    }

    private static boolean hasWords(String typed) {
        return !FeatureFilter.parse(typed).search().words().isEmpty();
    }

    /**
     * Chooses a feature by its number.
     *
     * @return false if there is no such feature
     */
    public boolean jumpTo(int feature) {
        OpenSae sae = workbench.a().sae().get();
        if (sae == null || feature < 0 || feature >= sae.config().dSae()) {
            return false;
        }
        workbench.selection().select(new FeatureRef(sae.id(), feature));
        return true;
    }

    /** Chooses the feature some rows below the chosen one, or above it. */
    public void step(int by) {
        FeatureRef chosen = workbench.selection().feature().get();
        if (rows.isEmpty()) {
            return;
        }
        int row = chosen == null ? -1 : rows.rowOf(chosen.feature());
        int next = row < 0 ? 0 : Math.max(0, Math.min(rows.size() - 1, row + by));
        jumpTo(rows.get(next));
    }

    @SuppressWarnings("ReferenceEquality") // a file opened anew is another
    private void refresh() {
        OpenSae now = workbench.a().sae().get();
        if (now != listed) {
            listed = now;
            order.clear();
        }
        renew();
        if (!arrangement.hasShownLabels() && hasLabels()) {
            notes.quietly(arrangement::showLabelsOnce);
        }
        arrange();
    }

    private void renew() {
        version.set(version.get() + 1);
    }

    private void arrange() {
        FeatureValues loaded = columns.values().get();
        if (loaded.features() == 0) {
            order.clear();
        } else {
            order.ask(new Arrange(rows(loaded), filter.get(), notes.version().get()));
        }
    }

    /** The rows for a filter as it was typed, and why there are none. */
    private record Listed(String typed, int[] features, String whyNone) {}

    /** The rows of the table; of notes of the same version. */
    private record Arrange(FeatureRows rows, String typed, int version) implements HostQuestion<Listed> {
        @Override
        public Listed answer(Cancellation cancellation) {
            int[] listed = rows.list(cancellation);
            return new Listed(typed, listed, listed.length > 0 ? "" : rows.whyNone(typed, cancellation));
        }

        @SuppressWarnings("ReferenceEquality") // one set of columns is one value; they are large
        @Override
        public boolean equals(Object other) {
            return other instanceof Arrange that
                    && rows.values() == that.rows.values()
                    && rows.search() == that.rows.search()
                    && version == that.version
                    && typed.equals(that.typed)
                    && rows.by() == that.rows.by()
                    && rows.descending() == that.rows.descending();
        }

        @Override
        public int hashCode() {
            return Objects.hash(System.identityHashCode(rows.values()), version, typed, rows.by(), rows.descending());
        }
    }
}
