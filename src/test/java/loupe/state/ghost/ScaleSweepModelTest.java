package loupe.state.ghost;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import loupe.analysis.ghost.MixSweep;
import loupe.analysis.ghost.ScaleSweep;
import loupe.analysis.ghost.TokenGeometry;
import loupe.base.HookPoint;
import loupe.state.FakeService;
import loupe.state.Opened;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ScaleSweepModelTest {
    private final Opened opened = new Opened();
    private final GhostControlsModel controls = new GhostControlsModel(opened.workbench);
    private final ScaleSweepModel model = new ScaleSweepModel(opened.workbench, opened.workbench.a(), controls);

    @BeforeEach
    void openEverything() {
        controls.prompt().set("a {ghost} is");
        opened.newest(TokenGeometry.class)
                .answer(TokenGeometry.Answer.of(
                        new double[] {1, 0}, new double[] {1, 1}, new double[] {1, 1}, new double[] {2, 2}));
        opened.openA();
    }

    @Test
    void nothingIsAskedUntilSomebodyOpensIt() {
        controls.encoderMix().set(0.5);
        opened.choose(2);
        assertThat(opened.count(ScaleSweep.class)).isZero();
        model.open().set(true);
        ScaleSweep asked = (ScaleSweep) opened.newest(ScaleSweep.class).query;
        assertThat(asked.ghost().encoderMix()).isEqualTo(0.5);
        assertThat(asked.scales())
                .hasSize(ScaleSweep.DEFAULT_COUNT)
                .startsWith(0.25)
                .endsWith(8.0);
        assertThat(asked.readAt()).isEqualTo(Optional.of(HookPoint.residPre(1)));
    }

    @Test
    void theScaleItselfChangesNothingAndOtherControlsAskAnew() {
        model.open().set(true);
        model.applyScale(1.234);
        assertThat(controls.scale().get()).isEqualTo(controls.range().get().rounded(1.234));
        assertThat(opened.count(ScaleSweep.class)).isEqualTo(1);
        opened.choose(3);
        assertThat(opened.count(ScaleSweep.class)).isEqualTo(2);
        assertThat(((ScaleSweep) opened.newest(ScaleSweep.class).query)
                        .ghost()
                        .source()
                        .toString())
                .contains("index=3");
    }

    @Test
    void severalSharesAreSweptAndTheBestPairIsSetAsOneStep() {
        controls.property(GhostKnobs.TRIED_MIXES).set(GhostKnobs.mixes("0, 0.5 1"));
        model.open().set(true);
        assertThat(opened.count(ScaleSweep.class)).isZero();
        MixSweep asked = (MixSweep) opened.newest(MixSweep.class).query;
        assertThat(asked.mixes()).containsExactly(0.0, 0.5, 1.0);
        opened.newest(MixSweep.class)
                .answer(new MixSweep.Answer(
                        asked, List.of(scored(asked, 0, 1), scored(asked, 0.5, 4), scored(asked, 1, 4))));
        int[] changes = {0};
        controls.values().addListener((property, was, is) -> changes[0]++);
        model.applyBest();
        assertThat(controls.encoderMix().get()).isEqualTo(0.5);
        assertThat(controls.scale().get()).isEqualTo(controls.range().get().rounded(1));
        assertThat(changes[0]).isEqualTo(1);
    }

    /** A sweep whose score is largest at scale 1. */
    private static ScaleSweep.Answer scored(MixSweep asked, double mix, double score) {
        double[][] values = new double[ScaleSweep.Curve.values().length][];
        Arrays.fill(values, new double[] {0, score, 0});
        ScaleSweep of = asked.sweep();
        return new ScaleSweep.Answer(
                new ScaleSweep(
                        of.model(),
                        of.ghost().withEncoderMix(mix),
                        of.prompt(),
                        of.scales(),
                        of.widens(),
                        of.nodes(),
                        of.topK(),
                        of.baseline(),
                        of.entropyWeight(),
                        of.readAt()),
                new double[] {0.5, 1, 2},
                values,
                0,
                true);
    }

    @Test
    void closingItStopsIt() {
        model.open().set(true);
        FakeService.Ask<?> ask = opened.newest(ScaleSweep.class);
        model.open().set(false);
        assertThat(ask.cancelled).isTrue();
        assertThat(model.sweep().isPending()).isFalse();
    }
}
