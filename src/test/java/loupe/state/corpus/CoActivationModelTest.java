package loupe.state.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import loupe.state.corpus.CoActivationModel.Measure;
import org.junit.jupiter.api.Test;

class CoActivationModelTest {
    @Test
    void aMeasureIsReadAsAShareACountOrAPlainNumber() {
        assertThat(Arrays.stream(Measure.values()).filter(Measure::isShare))
                .containsExactly(
                        Measure.SHARE,
                        Measure.SHARE_BACK,
                        Measure.TOKEN_SHARE,
                        Measure.TOKEN_SHARE_BACK,
                        Measure.TOKEN_MASS);
        assertThat(Arrays.stream(Measure.values()).filter(Measure::isCount))
                .containsExactly(Measure.BOTH, Measure.TOKEN_BOTH)
                .noneMatch(Measure::isShare);
    }
}
