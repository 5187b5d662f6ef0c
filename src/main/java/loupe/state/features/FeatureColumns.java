package loupe.state.features;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.SimpleObjectProperty;
import loupe.analysis.batch.BatchRow;
import loupe.analysis.compare.FeatureMatching;
import loupe.analysis.compare.MatchSide;
import loupe.analysis.features.DirectionNorms;
import loupe.analysis.geometry.LargestCosines;
import loupe.analysis.lens.KindThresholds;
import loupe.analysis.lens.LogitMoments;
import loupe.base.Problem;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.search.FeatureColumn;
import loupe.search.FeatureValues;
import loupe.search.NearestFeatures;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.corpus.CountedShare;
import loupe.state.pane.ResultSlot;
import loupe.state.window.CheckpointSide;
import loupe.state.window.VocabularyTexts;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of every feature of a side's checkpoint, which fill in while they are computed and counted. JavaFX thread
 * only.
 */
public final class FeatureColumns {
    private static final long SHOW_PARTS_EVERY_NANOS = 300_000_000L;

    private final Workbench workbench;
    private final CheckpointSide side;
    private final CorpusStatistics statistics;
    private final VocabularyTexts texts;
    private final ResultSlot<DirectionNorms.Answer> norms;
    private final ResultSlot<LogitMoments.Answer> moments;
    private final ResultSlot<FeatureMatching.Answer> matching;
    private final ResultSlot<double[]> trained;
    private final ReadOnlyObjectWrapper<FeatureValues> values =
            new ReadOnlyObjectWrapper<>(this, "values", FeatureValues.NONE);
    private final ReadOnlyObjectWrapper<Problem> problem = new ReadOnlyObjectWrapper<>(this, "problem");
    private final ObjectProperty<KindThresholds> kinds =
            new SimpleObjectProperty<>(this, "kinds", KindThresholds.DEFAULT);
    private double @Nullable [] costs;
    private @Nullable NearestFeatures nearest;
    private long lastPart;

    public FeatureColumns(
            Workbench workbench, CheckpointSide side, CorpusStatistics statistics, VocabularyTexts texts) {
        this.workbench = workbench;
        this.side = side;
        this.statistics = statistics;
        this.texts = texts;
        norms = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        moments = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        matching = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        trained = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.BACKGROUND);
        workbench.a().sae().addListener(changed -> ask(side.isA()));
        workbench.b().sae().addListener(changed -> ask(!side.isA()));
        for (ResultSlot<?> slot : List.of(norms, moments, matching)) {
            slot.problemProperty().addListener(changed -> showProblem());
        }
        norms.valueProperty().addListener(changed -> refresh());
        moments.valueProperty().addListener(changed -> fillIn(moments));
        matching.valueProperty().addListener(changed -> fillIn(matching));
        trained.valueProperty().addListener(changed -> refresh());
        statistics.features(side).addListener(changed -> refresh());
        kinds.addListener(changed -> refresh());
        texts.sets().addListener(changed -> askMoments());
        ask(true);
    }

    /**
     * Takes over what a batch has measured; features of which it says nothing keep what they had.
     *
     * @param whole whether no more rows follow soon
     */
    void addCosts(List<BatchRow> rows, boolean whole) {
        OpenSae sae = side.sae().get();
        if (sae == null || rows.stream().allMatch(row -> Double.isNaN(row.ceCost()))) {
            return;
        }
        double[] found = FeatureValues.costs(rows, sae.config().dSae());
        double[] before = costs;
        for (int i = 0; before != null && before.length == found.length && i < found.length; i++) {
            found[i] = Double.isNaN(found[i]) ? before[i] : found[i];
        }
        costs = found;
        long now = System.nanoTime();
        if (whole || now - lastPart > SHOW_PARTS_EVERY_NANOS) {
            lastPart = now;
            refresh();
        }
    }

    /** Takes over which decoder direction is nearest to each; what was known stays if nothing is. */
    void showNearest(Optional<LargestCosines.Answer> found) {
        if (found.isPresent()) {
            nearest = NearestFeatures.of(found.get());
            refresh();
        }
    }

    /** The values so far; replaced whenever more are known. */
    public ReadOnlyObjectProperty<FeatureValues> values() {
        return values.getReadOnlyProperty();
    }

    /** How much of the corpus a column's numbers refer to: all of it if they are not counted over one. */
    CountedShare counted(FeatureColumn column) {
        return column.isCounted() && values.get().statistics() != null
                ? statistics.counted(side).get()
                : CountedShare.WHOLE;
    }

    /** From where on a feature is of a kind. */
    public ObjectProperty<KindThresholds> kinds() {
        return kinds;
    }

    /** Moments and promoted tokens so far. */
    public ReadOnlyObjectProperty<LogitMoments.Answer> moments() {
        return moments.valueProperty();
    }

    /** Whether columns are still being filled in. */
    public ReadOnlyBooleanProperty filling() {
        return moments.pendingProperty();
    }

    /** Why columns could not be filled in, the first reason if there are several; null if they could. */
    public ReadOnlyObjectProperty<Problem> problem() {
        return problem.getReadOnlyProperty();
    }

    public void retry() {
        norms.retry();
        moments.retry();
        matching.retry();
    }

    /** @param own whether it is this side's checkpoint that has changed, not only the one it is compared with */
    private void ask(boolean own) {
        if (own) {
            askOwn();
        }
        OpenSae a = workbench.a().sae().get();
        OpenSae b = workbench.b().sae().get();
        if (a == null
                || b == null
                || MatchSide.DECODER
                        .misfit(a.id(), a.config(), b.id(), b.config())
                        .isPresent()) {
            matching.clear();
        } else {
            matching.askAfresh(new FeatureMatching(a.id(), b.id()));
        }
        if (own) {
            refresh();
        }
    }

    private void askOwn() {
        costs = null;
        nearest = null;
        OpenSae sae = side.sae().get();
        if (sae == null) {
            trained.clear();
        } else {
            trained.askAfresh(new TrainedDensities(sae.path(), workbench.readAs(side)));
        }
        if (sae == null) {
            norms.clear();
            moments.clear();
            return;
        }
        norms.askAfresh(new DirectionNorms(sae.id()));
        askMoments();
    }

    /** Once the sets of tokens are known, whose enrichment comes out of the same pass. */
    private void askMoments() {
        LogitMoments question =
                texts.moments(workbench.model().get(), side.sae().get());
        if (question == null) {
            moments.clear();
        } else {
            moments.askAfresh(question);
        }
    }

    private void showProblem() {
        problem.set(Stream.of(norms, moments, matching)
                .map(ResultSlot::getProblem)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null));
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
        OpenSae sae = side.sae().get();
        values.set(
                sae == null
                        ? FeatureValues.NONE
                        : new FeatureValues(
                                sae.config().dSae(),
                                norms.getValue(),
                                moments.getValue(),
                                FeatureValues.matches(matching.getValue(), side.isA()),
                                trained.getValue(),
                                statistics.features(side).get(),
                                costs,
                                nearest,
                                kinds.get(),
                                texts::of));
    }
}
