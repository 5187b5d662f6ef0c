package loupe.state.corpus;

import java.util.Locale;
import java.util.Optional;
import javafx.beans.binding.Bindings;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;
import javafx.beans.value.ObservableValue;
import loupe.base.Cancellation;
import loupe.base.Problem;
import loupe.base.Remedy;
import loupe.index.ActivationIndex;
import loupe.index.ActivationsSoFar;
import loupe.index.CountedActivations;
import loupe.index.FeatureActivations;
import loupe.index.IndexInfo;
import loupe.inference.Priority;
import loupe.state.pane.HostQuestion;
import loupe.state.pane.PaneNeed;
import loupe.state.pane.PaneStatusBinding;
import loupe.state.pane.ResultSlot;
import loupe.state.window.CheckpointSide;
import loupe.state.window.FeatureRef;
import loupe.state.window.SharedRange;
import loupe.state.window.Workbench;
import org.jspecify.annotations.Nullable;

/**
 * Every activation of a side's feature in the corpus, from which its histogram and its examples are made. JavaFX thread
 * only.
 */
public final class ActivationsModel {
    private final CheckpointSide side;
    private final CorpusStatistics statistics;
    private final SharedRange range;
    private final Workbench workbench;
    private final ResultSlot<FeatureActivations> activations;
    private @Nullable FeatureRef asked;
    /** Whether what was asked last is of a pass that goes on, whose later moments are nearby questions. */
    private boolean goesOn;

    private final ReadOnlyStringWrapper why = new ReadOnlyStringWrapper(this, "why", "");

    public ActivationsModel(Workbench workbench, CheckpointSide side, CorpusStatistics statistics, SharedRange range) {
        this.workbench = workbench;
        this.side = side;
        this.statistics = statistics;
        this.range = range;
        activations = new ResultSlot<>(workbench.service(), workbench.fx(), Priority.VISIBLE);
        side.feature().addListener((property, was, is) -> ask());
        side.sae().addListener(changed -> explain());
        statistics.activations(side).addListener((property, was, is) -> ask());
        statistics.counting(side).addListener(changed -> explain());
        statistics.corpus().addListener(changed -> explain());
        statistics.openedIndex().addListener(changed -> explain());
        activations.valueProperty().addListener((property, was, is) -> {
            if (is != null) {
                range.need(side, is.min() < 0 ? is.min() : is.minPositive(), Math.max(0, is.max()));
            }
            explain();
        });
        ask();
    }

    public CheckpointSide side() {
        return side;
    }

    public ResultSlot<FeatureActivations> activations() {
        return activations;
    }

    /** The activations on either side: from the smallest to the largest, or to 0 if all are negative. */
    public SharedRange range() {
        return range;
    }

    public ReadOnlyObjectProperty<ActivationIndex> index() {
        return statistics.index(side);
    }

    /** What has been counted: the index, or as much of it as there is so far; null for nothing. */
    public ReadOnlyObjectProperty<CountedActivations> counted() {
        return statistics.activations(side);
    }

    /** What the activations are of, and how many tokens of it were counted; empty while nothing is. */
    public Optional<IndexInfo> of() {
        return Optional.ofNullable(counted().get()).map(CountedActivations::info);
    }

    /** How much of the corpus has been counted. */
    public CountedShare share() {
        return statistics.counted(side).get();
    }

    /** Why the pass over the corpus failed; null if it did not, or if it is paused and has counted something. */
    public ObservableValue<Problem> countingProblem() {
        ObservableValue<Problem> offered = statistics.offered(statistics.problem(side));
        return Bindings.createObjectBinding(
                () -> statistics.phase(side).get() == CorpusStatistics.Phase.PAUSED
                                && counted().get() != null
                        ? null
                        : offered.getValue(),
                offered,
                statistics.phase(side),
                counted());
    }

    /** Counts anew or all the same, opens the checkpoint again with a remedy, or shows its form. */
    public void mend(Remedy remedy) {
        if (!statistics.mend(side, remedy)) {
            workbench.mend(side, remedy);
        }
    }

    /** The place of the checkpoint in {@link #index}. */
    public int placeInIndex() {
        return statistics.placeInIndex(side);
    }

    /** Fails as an answer from the index does, with what mends that. */
    PaneStatusBinding fails(PaneStatusBinding status, ObservableValue<Problem> problem) {
        return status.fails(statistics.offered(problem), this::recount).mendedBy(this::mend);
    }

    /** Looks at what is kept of the pass over the corpus again, and counts anew if it is missing or damaged. */
    public void recount() {
        statistics.retry(side);
    }

    /** The status of a pane that shows these activations; failures on the way to them come first. */
    PaneStatusBinding status() {
        return new PaneStatusBinding()
                .fails(countingProblem(), this::recount)
                .mendedBy(this::mend)
                .fails(statistics.offered(activations.problemProperty()), this::recount)
                .mendedBy(this::mend)
                .isEmpty(why::get, why)
                .offers(this::need, why, side.model(), side.sae());
    }

    /** Why there is nothing to show, and what to do; empty while there is something. */
    public ReadOnlyStringProperty why() {
        return why.getReadOnlyProperty();
    }

    private void ask() {
        FeatureRef feature = side.feature().get();
        CountedActivations counted = counted().get();
        if (feature == null || counted == null) {
            activations.clear();
            range.need(side, 0);
        } else {
            Read question = new Read(counted, placeInIndex(), feature.feature());
            if (feature.equals(asked) && goesOn) {
                activations.ask(question);
            } else {
                activations.askAfresh(question);
            }
        }
        asked = counted == null ? null : feature;
        goesOn = counted instanceof ActivationsSoFar;
        explain();
    }

    private Optional<PaneNeed> need() {
        Optional<PaneNeed> first = side.need();
        return first.isEmpty() && !statistics.isChosen() ? Optional.of(PaneNeed.CORPUS) : first;
    }

    private void explain() {
        FeatureActivations loaded = activations.getValue();
        if (side.feature().get() == null) {
            why.set(
                    side.sae().get() == null
                            ? side.whyEmpty("to see where its features are active")
                            : "Choose a feature in the table to see where it is active");
        } else if (side.model().get() == null) {
            why.set(side.whyEmpty("to count where its features are active"));
        } else if (!statistics.isChosen()) {
            why.set("No corpus is open. Choose a text to count activations over, or drop one here");
        } else if (statistics.counting(side).get() && counted().get() == null) {
            why.set("Activations are being counted; shown when the first are");
        } else if (loaded != null && loaded.count() == 0 && counted().get() instanceof ActivationsSoFar) {
            why.set("This feature is not active anywhere so far, in "
                    + String.format(Locale.ROOT, "%,d", loaded.corpusTokens()) + " tokens");
        } else if (loaded != null && loaded.count() == 0) {
            why.set("This feature is not active anywhere in the corpus");
        } else {
            why.set("");
        }
    }

    /** Reads one feature's activations. */
    private record Read(CountedActivations index, int place, int feature) implements HostQuestion<FeatureActivations> {
        @Override
        public FeatureActivations answer(Cancellation cancellation) {
            return index.activations(place, feature);
        }

        @Override
        public boolean readsFiles() {
            return true;
        }
    }
}
