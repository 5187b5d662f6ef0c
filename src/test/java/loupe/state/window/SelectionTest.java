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
    void anotherCheckpointTakesFeatureBrushAndHistoryAway() {
        choose(1, 2);
        selection.brush(new Brush("histogram", "activation", 1, 2));
        selection.selectSae(SECOND);
        assertThat(selection.feature().get()).isNull();
        assertThat(selection.brush().get()).isNull();
        assertThat(selection.hasPast().get()).isFalse();
    }

    @Test
    void aFeatureOfAnotherCheckpointLeadsBackToNoneOfTheOneBefore() {
        choose(1, 2);
        selection.select(new FeatureRef(SECOND, 5));
        assertThat(selection.feature().get()).isEqualTo(new FeatureRef(SECOND, 5));
        assertThat(selection.hasPast().get()).isFalse();
    }

    @Test
    void noListenerSeesTheBrushOfAnotherFeature() {
        List<String> mixed = new ArrayList<>();
        selection.feature().addListener((property, was, is) -> {
            if (selection.brush().get() != null) {
                mixed.add(is + " with the brush of " + was);
            }
        });
        choose(1);
        selection.brush(new Brush("histogram", "activation", 1, 2));
        choose(2);
        selection.brush(new Brush("histogram", "activation", 1, 2));
        selection.selectSae(SECOND);
        assertThat(mixed).isEmpty();
    }

    @Test
    void anotherFeatureTakesTheBrushAway() {
        choose(1);
        selection.brush(new Brush("histogram", "activation", 1, 2));
        choose(2);
        assertThat(selection.brush().get()).isNull();
    }

    private void choose(int... features) {
        for (int feature : features) {
            selection.select(new FeatureRef(FIRST, feature));
        }
    }
}
