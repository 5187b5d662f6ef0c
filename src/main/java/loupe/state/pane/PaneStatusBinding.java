package loupe.state.pane;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import javafx.beans.Observable;
import javafx.beans.binding.ObjectBinding;
import javafx.beans.value.ObservableValue;
import loupe.base.Problem;
import loupe.base.Remedy;

/**
 * The status of a pane as its view model decides it. Problems come first, in the order in which they were added; then
 * the reason why there is nothing to see. JavaFX thread only.
 */
public final class PaneStatusBinding extends ObjectBinding<PaneStatus> {
    private final List<Failure> failures = new ArrayList<>();
    private final List<Awaited> awaited = new ArrayList<>();
    private Supplier<String> why = () -> "";
    private Supplier<Optional<PaneNeed>> need = Optional::empty;

    private record Failure(
            ObservableValue<Problem> problem,
            Optional<Runnable> retry,
            Optional<Runnable> dismiss,
            Optional<Consumer<Remedy>> mend) {}

    private record Awaited(ObservableValue<Boolean> pending, DoubleSupplier fraction) {}

    /** Fails while the newest question of a slot has failed. */
    public PaneStatusBinding fails(ResultSlot<?> slot) {
        return fails(slot.problemProperty(), slot::retry);
    }

    /**
     * Fails while there is a problem.
     *
     * @param retry tries again what failed
     */
    public PaneStatusBinding fails(ObservableValue<Problem> problem, Runnable retry) {
        return fails(new Failure(problem, Optional.of(retry), Optional.empty(), Optional.empty()));
    }

    /** Fails while there is a problem that a retry cannot fix. */
    public PaneStatusBinding refuses(ObservableValue<Problem> problem) {
        return fails(new Failure(problem, Optional.empty(), Optional.empty(), Optional.empty()));
    }

    /**
     * Fails while there is a problem that hides something worth seeing.
     *
     * @param dismiss takes the problem away
     */
    public PaneStatusBinding dismisses(ObservableValue<Problem> problem, Runnable dismiss) {
        return fails(new Failure(problem, Optional.empty(), Optional.of(dismiss), Optional.empty()));
    }

    /**
     * Offers the remedies of the problem that was named last.
     *
     * @param chosen is given the one that the user chooses
     */
    public PaneStatusBinding mendedBy(Consumer<Remedy> chosen) {
        Failure last = failures.remove(failures.size() - 1);
        failures.add(new Failure(last.problem(), last.retry(), last.dismiss(), Optional.of(chosen)));
        return this;
    }

    private PaneStatusBinding fails(Failure failure) {
        failures.add(failure);
        bind(failure.problem());
        return this;
    }

    /**
     * Is empty while there is a reason for it.
     *
     * @param reason in words, with what to do; an empty text while there is something to see
     * @param of what the reason depends on
     */
    public PaneStatusBinding isEmpty(Supplier<String> reason, Observable... of) {
        why = reason;
        bind(of);
        return this;
    }

    /**
     * Offers what is lacking, while there is nothing to see.
     *
     * @param lacking what that is; empty while something else would have to be done
     * @param of what it depends on
     */
    public PaneStatusBinding offers(Supplier<Optional<PaneNeed>> lacking, Observable... of) {
        need = lacking;
        bind(of);
        return this;
    }

    /** Waits for the answers of slots. */
    public PaneStatusBinding awaits(ResultSlot<?>... slots) {
        for (ResultSlot<?> slot : slots) {
            awaited.add(new Awaited(
                    slot.pendingProperty(), () -> slot.fractionProperty().get()));
            bind(slot.pendingProperty(), slot.fractionProperty());
        }
        return this;
    }

    /** Is pending, with unknown progress, while something else is in progress. */
    public PaneStatusBinding awaits(ObservableValue<Boolean> goingOn) {
        awaited.add(new Awaited(goingOn, () -> -1));
        bind(goingOn);
        return this;
    }

    @Override
    protected PaneStatus computeValue() {
        Optional<Awaited> first =
                awaited.stream().filter(one -> one.pending().getValue()).findFirst();
        return new PaneStatus(
                shown(),
                first.isPresent(),
                first.map(one -> one.fraction().getAsDouble()).orElse(-1.0));
    }

    private PaneStatus.Shown shown() {
        for (Failure failure : failures) {
            if (failure.problem().getValue() != null) {
                return new PaneStatus.Failed(
                        failure.problem().getValue(), failure.retry(), failure.dismiss(), failure.mend());
            }
        }
        String reason = why.get();
        return reason.isEmpty() ? new PaneStatus.Content() : new PaneStatus.Empty(reason, need.get());
    }
}
