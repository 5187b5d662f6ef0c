package loupe.state.ghost;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
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
    void closingItStopsIt() {
        model.open().set(true);
        FakeService.Ask<?> ask = opened.newest(ScaleSweep.class);
        model.open().set(false);
        assertThat(ask.cancelled).isTrue();
        assertThat(model.sweep().isPending()).isFalse();
    }
}
