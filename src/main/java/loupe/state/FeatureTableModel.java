package loupe.state;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyIntegerProperty;
import javafx.beans.property.ReadOnlyIntegerWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.property.SimpleStringProperty;
import javafx.beans.property.StringProperty;
import loupe.analysis.compare.FeatureMatching;
import loupe.analysis.features.DirectionNorms;
import loupe.analysis.features.LogitMoments;
import loupe.base.Cancellation;
import loupe.index.FeatureStatistics;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;

/**
 * The features of checkpoint A as a table: sorted, filtered, with what is known of each so far. Columns fill in while they
 * are computed; sorting and filtering happen on the compute thread. JavaFX thread only.
 */
public final class FeatureTableModel {
    static final int PROMOTED_TOKENS = 4;
    private static final long SHOW_PARTS_EVERY_NANOS = 300_000_000L;

    private final Workbench workbench;
    private final CorpusStatistics statistics;
    private final TokenTexts texts;
    private final ResultSlot<DirectionNorms.Answer> norms;
    private final ResultSlot<LogitMoments.Answer> moments;
    private final ResultSlot<FeatureMatching.Answer> matching;
    private final ResultSlot<int[]> order;
    private final FeatureOrder rows = new FeatureOrder();
    private final StringProperty filter = new SimpleStringProperty(this, "filter", "");
    private final ObjectProperty<FeatureColumn> sortedBy = new SimpleObjectProperty<>(this, "sortedBy", FeatureColumn.NUMBER);
    private final ObjectProperty<Boolean> descending = new SimpleObjectProperty<>(this, "descending", false);
    private final ReadOnlyIntegerWrapper version = new ReadOnlyIntegerWrapper(this, "version");
    private Cells cells = Cells.NONE;
    private long lastPart;

    public FeatureTableModel(Workbench workbench, CorpusStatistics statistics, TokenTexts texts) {
        this.workbench = workbench;
        this.statistics = statistics;
        this.texts = texts;
        norms = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        moments = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        matching = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        order = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        workbench.a().sae().addListener((property, was, is) -> ask(is));
        workbench.b().sae().addListener((property, was, is) -> askMatching());
        norms.valueProperty().addListener(changed -> refresh());
        moments.valueProperty().addListener(changed -> fillIn(moments));
        matching.valueProperty().addListener(changed -> fillIn(matching));
        statistics.features(workbench.a()).addListener(changed -> refresh());
        order.valueProperty().addListener((property, was, is) -> rows.show(is == null ? new int[0] : is));
        filter.addListener(changed -> arrange());
        sortedBy.addListener(changed -> arrange());
        descending.addListener(changed -> arrange());
        ask(workbench.a().sae().get());
    }

    /** Feature numbers in the order shown. */
    public FeatureOrder rows() {
        return rows;
    }

    /** What the user typed to filter by, see {@link FeatureFilter}. */
    public StringProperty filter() {
        return filter;
    }

    public ObjectProperty<FeatureColumn> sortedBy() {
        return sortedBy;
    }

    public ObjectProperty<Boolean> descending() {
        return descending;
    }

    /** Goes up whenever values of rows may have changed. */
    public ReadOnlyIntegerProperty version() {
        return version.getReadOnlyProperty();
    }

    /** Whether columns are still being filled in. */
    public ReadOnlyBooleanProperty filling() {
        return moments.pendingProperty();
    }

    /** Why columns could not be filled in; null if they could. */
    public ReadOnlyObjectProperty<loupe.base.Problem> problem() {
        return norms.problemProperty();
    }

    public void retry() {
        norms.retry();
        moments.retry();
        matching.retry();
    }

    /** How many features the checkpoint has. */
    public int size() {
        return cells.features();
    }

    /** A number; NaN while it is not known. */
    public double number(FeatureColumn column, int feature) {
        return cells.number(column, feature);
    }

    /** The tokens it promotes most, as text; empty while they are not known. */
    public String promoted(int feature) {
        return cells.promoted(feature);
    }

    /** The feature of B nearest to one of A; -1 while unknown. */
    public int match(int feature) {
        FeatureMatching.Answer known = matching.getValue();
        return known == null || feature >= known.bestInB().length ? -1 : known.bestInB()[feature];
    }

    /** How A's features relate to B's; null without B or while it is worked out. */
    public ReadOnlyObjectProperty<FeatureMatching.Answer> matches() {
        return matching.valueProperty();
    }

    /** Chooses a feature by its number. @return false if there is no such feature */
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

    private void ask(OpenSae sae) {
        OpenModel model = workbench.model().get();
        if (sae == null || model == null) {
            norms.clear();
            moments.clear();
            order.clear();
        } else {
            order.clear();
            norms.askAfresh(new DirectionNorms(sae.id()));
            if (sae.config().dOut() == model.config().dModel()) {
                moments.askAfresh(new LogitMoments(model.id(), sae.id(), PROMOTED_TOKENS));
            } else {
                moments.clear();
            }
        }
        askMatching();
        refresh();
    }

    private void askMatching() {
        OpenSae a = workbench.a().sae().get();
        OpenSae b = workbench.b().sae().get();
        if (a == null || b == null || a.config().dOut() != b.config().dOut()) {
            matching.clear();
        } else {
            matching.askAfresh(new FeatureMatching(a.id(), b.id()));
        }
    }

    /** Parts of columns are shown a few times a second at most; whole ones always. */
    private void fillIn(ResultSlot<?> columns) {
        long now = System.nanoTime();
        if (columns.completeProperty().get() || columns.getValue() == null || now - lastPart > SHOW_PARTS_EVERY_NANOS) {
            lastPart = now;
            refresh();
        }
    }

    private void refresh() {
        OpenSae sae = workbench.a().sae().get();
        cells = sae == null ? Cells.NONE : new Cells(sae.config().dSae(), norms.getValue(), moments.getValue(),
                matching.getValue(), statistics.features(workbench.a()).get(), texts);
        version.set(version.get() + 1);
        arrange();
    }

    private void arrange() {
        if (cells.features() == 0) {
            order.clear();
            return;
        }
        order.ask(new Arrange(cells, FeatureFilter.parse(filter.get()), sortedBy.get(), descending.get()));
    }

    /** What is known of the features at one moment; shared with the compute thread, never written. */
    private record Cells(int features, DirectionNorms.Answer norms, LogitMoments.Answer moments, FeatureMatching.Answer matching,
            FeatureStatistics statistics, TokenTexts texts) {
        static final Cells NONE = new Cells(0, null, null, null, null, null);

        double number(FeatureColumn column, int feature) {
            boolean counted = statistics != null && feature < statistics.features();
            boolean reached = moments != null && feature < moments.done();
            boolean measured = norms != null && feature < norms.decoder().length;
            return switch (column) {
                case NUMBER -> feature;
                case DENSITY -> counted ? statistics.density(feature) : Double.NaN;
                case MAX -> counted ? statistics.max()[feature] : Double.NaN;
                case MEAN -> counted ? statistics.mean(feature) : Double.NaN;
                case DECODER_NORM -> measured ? norms.decoder()[feature] : Double.NaN;
                case COSINE -> measured ? norms.cosines()[feature] : Double.NaN;
                case SKEWNESS -> reached ? moments.skewness()[feature] : Double.NaN;
                case KURTOSIS -> reached ? moments.kurtosis()[feature] : Double.NaN;
                case MATCH -> matching != null && feature < matching.cosinesToB().length ? matching.cosinesToB()[feature] : Double.NaN;
                case PROMOTED -> Double.NaN;
            };
        }

        String promoted(int feature) {
            if (moments == null || feature >= moments.done()) {
                return "";
            }
            StringBuilder text = new StringBuilder();
            for (int token : moments.tokens(feature)) {
                text.append(text.isEmpty() ? "" : "  ").append(texts.of(token).strip());
            }
            return text.toString();
        }
    }

    /** The features that pass a filter, in order. Features whose value is not known come last. */
    private record Arrange(Cells cells, FeatureFilter filter, FeatureColumn by, boolean descending) implements HostQuestion<int[]> {
        @Override
        public int[] answer(Cancellation cancellation) {
            List<Integer> kept = new ArrayList<>(cells.features());
            for (int feature = 0; feature < cells.features(); feature++) {
                if (passes(feature)) {
                    kept.add(feature);
                }
            }
            cancellation.check();
            if (by == FeatureColumn.NUMBER) {
                if (descending) {
                    java.util.Collections.reverse(kept);
                }
            } else if (by.isText()) {
                String[] texts = new String[cells.features()];
                kept.forEach(feature -> texts[feature] = cells.promoted(feature));
                Comparator<Integer> order = Comparator.comparing(feature -> texts[feature], String.CASE_INSENSITIVE_ORDER);
                kept.sort(descending ? order.reversed() : order);
            } else {
                double[] keys = new double[cells.features()];
                Arrays.setAll(keys, feature -> {
                    double value = cells.number(by, feature);
                    return Double.isNaN(value) ? Double.POSITIVE_INFINITY : descending ? -value : value;
                });
                kept.sort(Comparator.comparingDouble(feature -> keys[feature]));
            }
            return kept.stream().mapToInt(feature -> feature).toArray();
        }

        private boolean passes(int feature) {
            for (FeatureFilter.Bound bound : filter.bounds()) {
                if (!bound.holds(cells.number(bound.column(), feature))) {
                    return false;
                }
            }
            if (filter.words().isEmpty()) {
                return true;
            }
            String text = cells.promoted(feature).toLowerCase(Locale.ROOT);
            return filter.words().stream().allMatch(text::contains);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Arrange that && cells == that.cells && filter.equals(that.filter) && by == that.by && descending == that.descending;
        }

        @Override
        public int hashCode() {
            return Objects.hash(System.identityHashCode(cells), filter, by, descending);
        }
    }
}
