package loupe.state.pane;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.property.SimpleStringProperty;
import javafx.beans.property.StringProperty;
import loupe.base.Problem;
import loupe.inference.Priority;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.state.FakeService;
import org.junit.jupiter.api.Test;

class PaneStatusBindingTest {
    private static final Problem FIRST = new Problem("the first failed", true, "");
    private static final Problem SECOND = new Problem("the second failed", true, "");

    private record Ask() implements Query.Single<String> {
        @Override
        public String answer(Scope scope) {
            throw new AssertionError("the fake answers");
        }
    }

    private final List<String> done = new ArrayList<>();
    private final ObjectProperty<Problem> first = new SimpleObjectProperty<>();
    private final ObjectProperty<Problem> second = new SimpleObjectProperty<>();
    private final ObjectProperty<Problem> refused = new SimpleObjectProperty<>();
    private final StringProperty why = new SimpleStringProperty("");
    private final PaneStatusBinding status = new PaneStatusBinding()
            .dismisses(first, () -> done.add("dismissed the first"))
            .fails(second, () -> done.add("tried the second again"))
            .refuses(refused)
            .isEmpty(why::get, why);

    @Test
    void aPaneIsReadyWhileNothingIsWrong() {
        assertThat(status.get()).isEqualTo(PaneStatus.READY);
    }

    @Test
    void theProblemNamedFirstIsShownWithItsOwnRemedy() {
        second.set(SECOND);
        failed().retry().orElseThrow().run();
        first.set(FIRST);
        assertThat(failed().problem()).isEqualTo(FIRST);
        assertThat(failed().retry()).isEmpty();
        failed().dismiss().orElseThrow().run();
        first.set(null);
        assertThat(failed().problem()).isEqualTo(SECOND);
        assertThat(done).containsExactly("tried the second again", "dismissed the first");
    }

    @Test
    void whatIsRefusedHasNoRemedyHere() {
        refused.set(FIRST);
        assertThat(failed())
                .isEqualTo(new PaneStatus.Failed(FIRST, Optional.empty(), Optional.empty(), Optional.empty()));
    }

    @Test
    void anEmptyPaneSaysWhyUnlessSomethingFailed() {
        why.set("Choose a feature");
        assertThat(status.get().shown()).isEqualTo(new PaneStatus.Empty("Choose a feature"));
        second.set(SECOND);
        assertThat(failed().problem()).isEqualTo(SECOND);
    }

    @Test
    void aChangeThatShowsNothingElseIsNoChange() {
        List<PaneStatus> seen = new ArrayList<>();
        status.addListener((property, was, is) -> seen.add(is));
        second.set(SECOND);
        refused.set(FIRST);
        why.set("Choose a feature");
        assertThat(seen).hasSize(1);
    }

    @Test
    void aPaneWaitsForItsSlotAndSaysHowFarItIs() {
        FakeService service = new FakeService();
        ResultSlot<String> slot = new ResultSlot<>(service, Runnable::run, Priority.VISIBLE);
        PaneStatusBinding waiting = new PaneStatusBinding().fails(slot).awaits(slot);
        slot.ask(new Ask());
        assertThat(waiting.get()).isEqualTo(new PaneStatus(new PaneStatus.Content(), true, -1));
        service.ask(0).part("half", 0.5);
        assertThat(waiting.get().fraction()).isEqualTo(0.5);
        service.ask(0).fail(new IllegalStateException("broken"));
        assertThat(waiting.get().pending()).isFalse();
        PaneStatus.Failed failed = (PaneStatus.Failed) waiting.get().shown();
        assertThat(failed.problem().message()).contains("broken");
        failed.retry().orElseThrow().run();
        assertThat(service.asked).hasSize(2);
        service.ask(1).answer("whole");
        assertThat(waiting.get()).isEqualTo(PaneStatus.READY);
    }

    private PaneStatus.Failed failed() {
        return (PaneStatus.Failed) status.get().shown();
    }
}
