package loupe.state.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalInt;
import loupe.analysis.features.NeighbourQuery;
import loupe.analysis.features.Neighbours;
import loupe.state.FakeService;
import loupe.state.Opened;
import loupe.state.window.FeatureRef;
import org.junit.jupiter.api.Test;

class CompareModelTest {
    private final Opened opened = new Opened();
    private final CompareModel compare = new CompareModel(opened.workbench);

    @Test
    void bFollowsTheBestMatchOfA() {
        opened.openA();
        opened.openB();
        opened.choose(3);
        answerWith(5, 0.8);
        answerWith(5, 0.8);
        assertThat(opened.workbench.b().feature().get()).isEqualTo(new FeatureRef(Opened.B, 5));
        assertThat(compare.cosine().get()).isEqualTo(0.8);
    }

    @Test
    void aPinnedFeatureStaysWhileAMovesOn() {
        opened.openA();
        opened.openB();
        assertThat(compare.pin(OptionalInt.of(2))).isTrue();
        opened.choose(4);
        assertThat(opened.workbench.b().feature().get()).isEqualTo(new FeatureRef(Opened.B, 2));
        assertThat(compare.cosine().get()).isNaN();
    }

    @Test
    void takingThePinAwayFollowsAgain() {
        opened.openA();
        opened.openB();
        compare.pin(OptionalInt.of(2));
        compare.pin(OptionalInt.empty());
        answerWith(1, 0.5);
        assertThat(opened.workbench.b().feature().get().feature()).isEqualTo(1);
    }

    @Test
    void aFeatureThatBDoesNotHaveCannotBePinned() {
        opened.openA();
        opened.openB();
        assertThat(compare.pin(OptionalInt.of(Opened.FEATURES))).isFalse();
        assertThat(compare.pinned().get()).isNull();
    }

    @Test
    void withoutBNothingIsAsked() {
        opened.openA();
        opened.choose(3);
        assertThat(opened.count(Neighbours.class)).isZero();
    }

    private void answerWith(int feature, double cosine) {
        FakeService.Ask<?> ask = opened.newest(Neighbours.class);
        assertThat(((Neighbours) ask.query).of()).isInstanceOf(NeighbourQuery.Feature.class);
        assertThat(((Neighbours) ask.query).withItself())
                .as("so that a checkpoint beside itself has its own features")
                .isTrue();
        ask.answer(new Neighbours.Answer(new int[] {feature}, new double[] {cosine}, Double.NaN));
    }
}
