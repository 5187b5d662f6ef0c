package loupe.state.pane;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.inference.Priority;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.state.FakeService;
import org.junit.jupiter.api.Test;

class ResultSlotTest {
    private final FakeService service = new FakeService();
    private final ResultSlot<String> slot = new ResultSlot<>(service, Runnable::run, Priority.VISIBLE);

    @Test
    void anAnswerIsShown() {
        slot.ask(new Ask(1));
        assertThat(slot.isPending()).isTrue();
        service.ask(0).answer("one");
        assertThat(slot.getValue()).isEqualTo("one");
        assertThat(slot.isPending()).isFalse();
        assertThat(slot.completeProperty().get()).isTrue();
    }

    @Test
    void whileOneRunsOnlyTheNewestOfTheOthersWaits() {
        for (int i = 1; i <= 5; i++) {
            slot.ask(new Ask(i));
        }
        assertThat(service.asked).hasSize(1);
        service.ask(0).answer("one");
        assertThat(slot.getValue()).isEqualTo("one");
        assertThat(slot.isPending()).isTrue();
        assertThat(service.asked).hasSize(2);
        assertThat(service.ask(1).query).isEqualTo(new Ask(5));
        service.ask(1).answer("five");
        assertThat(slot.getValue()).isEqualTo("five");
        assertThat(slot.isPending()).isFalse();
    }

    @Test
    void askingTheSameTwiceDoesNothing() {
        slot.ask(new Ask(1));
        slot.ask(new Ask(1));
        service.ask(0).answer("one");
        slot.ask(new Ask(1));
        assertThat(service.asked).hasSize(1);
    }

    @Test
    void comingBackToTheRunningQuestionForgetsTheOneThatWaits() {
        slot.ask(new Ask(1));
        slot.ask(new Ask(2));
        slot.ask(new Ask(1));
        service.ask(0).answer("one");
        assertThat(service.asked).hasSize(1);
        assertThat(slot.isPending()).isFalse();
    }

    @Test
    void anotherSubjectStopsWhatRunsAndForgetsTheValue() {
        slot.ask(new Ask(1));
        service.ask(0).answer("one");
        slot.ask(new Ask(2));
        slot.askAfresh(new Ask(3));
        assertThat(slot.getValue()).isNull();
        assertThat(service.ask(1).cancelled).isTrue();
        assertThat(service.ask(2).query).isEqualTo(new Ask(3));
    }

    @Test
    void anOlderAnswerNeverReplacesANewerOne() {
        Queue<Runnable> toFx = new ArrayDeque<>();
        ResultSlot<String> slow = new ResultSlot<>(service, toFx::add, Priority.VISIBLE);
        slow.askAfresh(new Ask(1));
        service.ask(0).answer("one");
        slow.askAfresh(new Ask(2));
        service.ask(1).answer("two");
        List<Runnable> deliveries = new ArrayList<>(toFx);
        deliveries.get(1).run();
        deliveries.get(0).run();
        assertThat(slow.getValue()).isEqualTo("two");
        assertThat(slow.isPending()).isFalse();
    }

    @Test
    void anAnswerDeliveredAfterClearIsNotShown() {
        slot.ask(new Ask(1));
        slot.clear();
        service.ask(0).answer("one");
        assertThat(slot.getValue()).isNull();
        assertThat(slot.isPending()).isFalse();
    }

    @Test
    void partsAreShownWhileTheQuestionRuns() {
        slot.ask(new Ask(1));
        service.ask(0).part("o", 0.3);
        assertThat(slot.getValue()).isEqualTo("o");
        assertThat(slot.fractionProperty().get()).isEqualTo(0.3);
        assertThat(slot.isPending()).isTrue();
        assertThat(slot.completeProperty().get()).isFalse();
        service.ask(0).answer("one");
        assertThat(slot.getValue()).isEqualTo("one");
    }

    @Test
    void aLongQuestionMakesWayOnceItHasShownAPart() {
        slot.ask(new Ask(1));
        slot.ask(new Ask(2));
        service.ask(0).part("o", 0.1);
        assertThat(slot.getValue()).isEqualTo("o");
        assertThat(service.ask(0).cancelled).isTrue();
        assertThat(service.ask(1).query).isEqualTo(new Ask(2));
        service.ask(1).part("t", 0.1);
        slot.ask(new Ask(3));
        assertThat(service.ask(1).cancelled).isTrue();
        service.ask(1).fail(new CancellationException());
        assertThat(slot.getProblem()).isNull();
        assertThat(slot.getValue()).isEqualTo("t");
        service.ask(2).answer("three");
        assertThat(slot.getValue()).isEqualTo("three");
    }

    @Test
    void aFailureKeepsTheValueAndCanBeRetried() {
        slot.ask(new Ask(1));
        service.ask(0).answer("one");
        slot.ask(new Ask(2));
        service.ask(1).fail(new CheckpointException(Path.of("f"), "gone", "", ""));
        assertThat(slot.getProblem().message()).isEqualTo("f: gone.");
        assertThat(slot.getValue()).isEqualTo("one");
        slot.retry();
        assertThat(slot.getProblem()).isNull();
        assertThat(service.ask(2).query).isEqualTo(new Ask(2));
        service.ask(2).answer("two");
        assertThat(slot.getValue()).isEqualTo("two");
    }

    @Test
    void askingAgainWhatFailedIsNotTheSameTwice() {
        slot.ask(new Ask(1));
        service.ask(0).fail(new IllegalStateException("no"));
        slot.ask(new Ask(1));
        assertThat(service.asked).hasSize(2);
    }

    @Test
    void whatFailsWhileANewerQuestionWaitsIsNotShown() {
        slot.ask(new Ask(1));
        slot.ask(new Ask(2));
        service.ask(0).fail(new IllegalStateException("no"));
        assertThat(slot.getProblem()).isNull();
        service.ask(1).answer("two");
        assertThat(slot.getValue()).isEqualTo("two");
    }

    @Test
    void whileNobodyLooksTheNewestQuestionWaits() {
        slot.setWanted(false);
        slot.ask(new Ask(1));
        slot.askAfresh(new Ask(2));
        assertThat(service.asked).isEmpty();
        slot.setWanted(true);
        assertThat(service.asked).hasSize(1);
        assertThat(service.ask(0).query).isEqualTo(new Ask(2));
    }

    @Test
    void stoppingKeepsWhatHasBeenShown() {
        slot.ask(new Ask(1));
        service.ask(0).part("o", 0.5);
        slot.stop();
        assertThat(slot.getValue()).isEqualTo("o");
        assertThat(slot.isPending()).isFalse();
        assertThat(service.ask(0).cancelled).isTrue();
        slot.ask(new Ask(1));
        assertThat(service.asked)
                .as("what was stopped is not asked again by itself")
                .hasSize(1);
    }

    @Test
    void whatWasStoppedGoesOnWhenAskedTo() {
        slot.ask(new Ask(1));
        service.ask(0).part("o", 0.5);
        assertThat(slot.stoppedProperty().get()).isFalse();
        slot.stop();
        assertThat(slot.stoppedProperty().get()).isTrue();
        slot.goOn(new Ask(1));
        assertThat(slot.stoppedProperty().get()).isFalse();
        assertThat(slot.getValue()).isEqualTo("o");
        service.ask(1).answer("one");
        assertThat(slot.getValue()).isEqualTo("one");
        slot.goOn(new Ask(1));
        assertThat(service.asked).as("nothing was stopped").hasSize(2);
    }

    @Test
    void hostQuestionsAreAnsweredOnTheComputeThread() {
        slot.ask(new Shout("here"));
        assertThat(slot.getValue()).isEqualTo("HERE");
        assertThat(service.asked).isEmpty();
    }

    private record Ask(int number) implements Query.Single<String> {
        @Override
        public String answer(Scope scope) {
            throw new AssertionError("the fake answers");
        }
    }

    private record Shout(String word) implements HostQuestion<String> {
        @Override
        public String answer(Cancellation cancellation) {
            return word.toUpperCase(java.util.Locale.ROOT);
        }
    }
}
