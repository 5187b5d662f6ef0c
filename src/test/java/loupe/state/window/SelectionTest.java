package loupe.state.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import loupe.inference.SaeId;
import org.junit.jupiter.api.Test;

class SelectionTest {
    private static final SaeId FIRST = new SaeId("first", "1");
    private static final SaeId SECOND = new SaeId("second", "2");

    private final Selection selection = new Selection();

    @Test
    void backAndForwardGoThroughWhatWasChosen() {
        choose(1, 2, 3);
        selection.back();
        selection.back();
        assertThat(selection.feature().get().feature()).isEqualTo(1);
        assertThat(selection.hasPast().get()).isFalse();
        selection.forward();
        assertThat(selection.feature().get().feature()).isEqualTo(2);
        assertThat(selection.hasFuture().get()).isTrue();
    }

    @Test
    void choosingAfterGoingBackForgetsTheWayForward() {
        choose(1, 2);
        selection.back();
        choose(3);
        selection.forward();
        assertThat(selection.feature().get().feature()).isEqualTo(3);
        selection.back();
        assertThat(selection.feature().get().feature()).isEqualTo(1);
    }

    @Test
    void noListenerSeesAFeatureOfAnotherCheckpoint() {
        List<String> mixed = new ArrayList<>();
        Runnable check = () -> {
            FeatureRef ref = selection.feature().get();
            if (ref != null && !ref.sae().equals(selection.sae().get())) {
                mixed.add(ref + " while " + selection.sae().get());
            }
        };
        selection.sae().addListener((property, was, is) -> check.run());
        selection.feature().addListener((property, was, is) -> check.run());
        choose(1, 2);
        selection.select(new FeatureRef(SECOND, 5));
        selection.selectSae(FIRST);
        assertThat(mixed).isEmpty();
        assertThat(selection.feature().get()).isNull();
    }

    @Test
    void anotherFeatureTakesTheBrushAway() {
        choose(1);
        selection.brush(new Brush("histogram", "activation", 1, 2));
        choose(2);
        assertThat(selection.brush().get()).isNull();
    }

    @Test
    void anotherCheckpointKeepsOnlyItsOwnPins() {
        choose(1);
        selection.pin(new FeatureRef(FIRST, 1));
        selection.pin(new FeatureRef(FIRST, 1));
        assertThat(selection.pinned()).hasSize(1);
        selection.selectSae(SECOND);
        assertThat(selection.pinned()).isEmpty();
    }

    private void choose(int... features) {
        for (int feature : features) {
            selection.select(new FeatureRef(FIRST, feature));
        }
    }
}
