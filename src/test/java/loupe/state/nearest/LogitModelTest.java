package loupe.state.nearest;

import static org.assertj.core.api.Assertions.assertThat;

import loupe.analysis.lens.LogitProjection;
import loupe.analysis.lens.LogitWeights;
import loupe.base.HookPoint;
import loupe.inference.SaeId;
import loupe.sae.Activation;
import loupe.sae.SaeConfig;
import loupe.state.FakeService;
import loupe.state.Opened;
import loupe.state.window.FeatureRef;
import loupe.state.window.SharedRange;
import org.junit.jupiter.api.Test;

class LogitModelTest {
    private final Opened opened = new Opened();
    private final SharedRange longest = new SharedRange();
    private final LogitModel model = new LogitModel(opened.workbench, opened.workbench.a(), longest);

    private static LogitWeights.Answer weights(float promoted, float suppressed) {
        return new LogitWeights.Answer(
                new int[] {1},
                new float[] {promoted},
                new int[] {2},
                new float[] {suppressed},
                new float[0],
                new int[0],
                null,
                null);
    }

    private LogitWeights asked() {
        return (LogitWeights) opened.newest(LogitWeights.class).query;
    }

    @Test
    void theChosenFeatureIsAskedFor() {
        assertThat(opened.count(LogitWeights.class)).isZero();
        opened.openA();
        opened.choose(3);
        assertThat(asked()).isEqualTo(new LogitWeights(Opened.MODEL, Opened.A, 3, LogitProjection.DEFAULT, 30));
    }

    @Test
    void anotherFeatureForgetsTheWeightsBeforeAndAnOlderAnswerNeverShows() {
        opened.openA();
        FakeService.Ask<?> first = opened.newest(LogitWeights.class);
        opened.choose(3);
        assertThat(first.cancelled).isTrue();
        LogitWeights.Answer newer = weights(0.5f, -0.2f);
        opened.newest(LogitWeights.class).answer(newer);
        first.answer(weights(9, -9));
        assertThat(model.weights().getValue()).isSameAs(newer);
        opened.choose(4);
        assertThat(model.weights().getValue()).isNull();
    }

    @Test
    void byDirectionAsksForCosines() {
        opened.openA();
        model.byDirection().set(true);
        assertThat(asked().projection().unitColumns()).isTrue();
        model.byDirection().set(false);
        assertThat(asked().projection().unitColumns()).isFalse();
    }

    @Test
    void barsAreAsLongAsTheLargestWeightOfEitherSideByMagnitude() {
        LogitModel other = new LogitModel(opened.workbench, opened.workbench.b(), longest);
        opened.openA();
        opened.newest(LogitWeights.class).answer(weights(0.5f, -0.75f));
        assertThat(longest.upper().get()).isEqualTo(0.75);
        opened.openB();
        opened.workbench.b().show(new FeatureRef(Opened.B, 1));
        opened.newest(LogitWeights.class).answer(weights(2, -1));
        assertThat(other.weights().getValue()).isNotNull();
        assertThat(longest.upper().get()).isEqualTo(2);
        opened.choose(2);
        assertThat(longest.upper().get())
                .as("while A's next feature is worked out")
                .isEqualTo(2);
        opened.workbench.closeCheckpoint(opened.workbench.b());
        assertThat(longest.upper().get()).isEqualTo(0.75);
    }

    /** A checkpoint of MLP activations writes no vectors that the unembedding could take. */
    @Test
    void aCheckpointThatDoesNotWriteToTheResidualStreamHasNoWeightsAndNeedsNoRoom() {
        LogitModel other = new LogitModel(opened.workbench, opened.workbench.b(), longest);
        opened.openA();
        opened.newest(LogitWeights.class).answer(weights(0.5f, -0.1f));
        opened.openB();
        opened.workbench.b().show(new FeatureRef(Opened.B, 1));
        opened.newest(LogitWeights.class).answer(weights(2, -1));
        SaeId wide = new SaeId("wide", "w");
        opened.open(
                opened.workbench.b(),
                wide,
                SaeConfig.of("saelens", 32, Opened.FEATURES, new Activation.Relu(), false)
                        .trainedAt(
                                "tiny",
                                HookPoint.parse("blocks.1.mlp.hook_post").orElseThrow(),
                                false));
        opened.workbench.b().show(new FeatureRef(wide, 1));
        assertThat(opened.workbench.b().feature().get()).isNotNull();
        assertThat(other.weights().getValue()).isNull();
        assertThat(other.weights().isPending()).isFalse();
        assertThat(longest.upper().get()).isEqualTo(0.5);
    }

    @Test
    void aFailureIsToldAndRetriedWithTheSameQuestion() {
        opened.openA();
        LogitWeights question = asked();
        opened.newest(LogitWeights.class).fail(new IllegalStateException("no memory"));
        assertThat(model.weights().getProblem().message()).contains("no memory");
        model.weights().retry();
        assertThat(asked()).isEqualTo(question);
        assertThat(model.weights().isPending()).isTrue();
    }
}
