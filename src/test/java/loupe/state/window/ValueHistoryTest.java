package loupe.state.window;

import static org.assertj.core.api.Assertions.assertThat;

import javafx.beans.property.ObjectProperty;
import javafx.beans.property.SimpleObjectProperty;
import javafx.beans.property.SimpleStringProperty;
import javafx.beans.property.StringProperty;
import org.junit.jupiter.api.Test;

class ValueHistoryTest {
    private static final long LATER = 5_000_000_000L;

    private final UndoOrder order = new UndoOrder();
    private final StringProperty filter = new SimpleStringProperty("");
    private final ObjectProperty<Integer> pin = new SimpleObjectProperty<>();
    private long nanos;
    private final ValueHistory<String> filters =
            new ValueHistory<>(order, filter, filter::set, (was, is) -> "filter " + is, () -> nanos);
    private final ValueHistory<Integer> pins =
            new ValueHistory<>(order, pin, pin::set, (was, is) -> is == null ? "unpinning" : "pin " + is, () -> nanos);

    private void set(String text) {
        nanos += LATER;
        filter.set(text);
    }

    private void pin(Integer feature) {
        nanos += LATER;
        pin.set(feature);
    }

    @Test
    void oneOrderTakesBackWhateverWasChangedLastAndNamesIt() {
        assertThat(order.undoable()).isEmpty();
        set("a");
        pin(3);
        set("b");
        assertThat(order.undoable()).contains("filter b");
        order.undo();
        assertThat(filter.get()).isEqualTo("a");
        assertThat(order.undoable()).contains("pin 3");
        assertThat(order.redoable()).contains("filter b");
        order.undo();
        assertThat(pin.get()).isNull();
        order.undo();
        assertThat(filter.get()).isEmpty();
        assertThat(order.undoable()).isEmpty();
        order.undo();
        order.redo();
        order.redo();
        order.redo();
        order.redo();
        assertThat(filter.get()).isEqualTo("b");
        assertThat(pin.get()).isEqualTo(3);
        assertThat(order.redoable()).isEmpty();
    }

    @Test
    void aBurstOfTypingIsOneStepNamedAfterItsEnd() {
        set("d");
        for (String typed : new String[] {"de", "den", "dens"}) {
            nanos += 100_000_000L;
            filter.set(typed);
        }
        assertThat(order.undoable()).contains("filter dens");
        order.undo();
        assertThat(filter.get()).isEmpty();
        order.redo();
        assertThat(filter.get()).isEqualTo("dens");
    }

    @Test
    void aBurstThatEndsWhereItBeganIsNoStep() {
        set("a");
        nanos += LATER;
        filter.set("ab");
        filter.set("a");
        assertThat(order.undoable()).contains("filter a");
        order.undo();
        assertThat(filter.get()).isEmpty();
    }

    @Test
    void somethingElseBetweenEndsTheBurst() {
        filter.set("a");
        pin.set(1);
        filter.set("ab");
        order.undo();
        assertThat(filter.get()).isEqualTo("a");
        assertThat(pin.get()).isEqualTo(1);
    }

    @Test
    void aNewChangeEndsWhatCanBeMadeAgain() {
        set("a");
        set("b");
        order.undo();
        pin(2);
        assertThat(order.redoable()).isEmpty();
        order.redo();
        assertThat(filter.get()).isEqualTo("a");
    }

    @Test
    void whatFollowsFromUndoingBelongsToItsStep() {
        filter.addListener((property, was, is) -> pin.set(is.length()));
        set("abc");
        order.undo();
        order.undo();
        order.undo();
        assertThat(filter.get()).isEmpty();
        assertThat(order.undoable()).isEmpty();
        order.redo();
        assertThat(filter.get()).isEqualTo("abc");
    }

    @Test
    void whatBelongsToAnotherCheckpointIsForgottenAndTheRestStays() {
        ObjectProperty<String> checkpoint = new SimpleObjectProperty<>("one");
        assertThat(pins.of(checkpoint)).isSameAs(pins);
        set("a");
        pin(3);
        checkpoint.set("two");
        assertThat(order.undoable()).contains("filter a");
        order.undo();
        assertThat(pin.get()).isEqualTo(3);
        assertThat(filters.undo()).isFalse();
    }

    @Test
    void aSessionThatIsShownIsNoStep() {
        order.quietly(() -> filter.set("of the session"));
        assertThat(order.undoable()).isEmpty();
        set("mine");
        order.undo();
        assertThat(filter.get()).isEqualTo("of the session");
    }

    @Test
    void aThousandStepsAreKept() {
        for (int i = 1; i <= 1_005; i++) {
            set("" + i);
        }
        for (int i = 0; i < 2_000; i++) {
            order.undo();
        }
        assertThat(filter.get()).isEqualTo("5");
    }
}
