package loupe.analysis.tokens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import loupe.TinyModel;
import loupe.analysis.TestDevice;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.GhostSource;
import loupe.inference.ModelId;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RandomListsTest {
    private static TokenListSettings settings(TokenMetric metric) {
        HostTensor direction = new HostTensor(new float[] {1, 2, 0, 0, 0, 1, 0, 3}, 8);
        GhostSettings ghost = GhostSettings.finished(direction)
                .withSource(new GhostSource.Directions(direction, direction))
                .withScale(0.5);
        return new TokenListSettings(ghost, metric, 1.4, 6);
    }

    @ParameterizedTest
    @EnumSource(TokenMetric.class)
    void everyDrawIsTheListOfThatSeed(TokenMetric metric) {
        try (TestDevice device = new TestDevice()) {
            ModelConfig config = ModelConfig.gpt2(90, 16, 8, 1, 2);
            ModelId model = device.model("m", config, TinyModel.weights(config, 3));
            RandomLists.Answer drawn = device.ask(new RandomLists(model, settings(metric), 40, 5));
            assertThat(drawn.centred()).hasSize(40);
            for (int i = 0; i < 40; i++) {
                TokenList alone = device.ask(new NullTokenList(model, settings(metric), 5 + i));
                TokenCoherence.Answer coherence = device.ask(new TokenCoherence(
                        model, Arrays.stream(alone.tokens()).boxed().toList()));
                assertThat(drawn.cosines()[i]).isCloseTo(coherence.meanCosine(), within(1e-12));
                assertThat(drawn.centred()[i]).isCloseTo(coherence.meanCentredCosine(), within(1e-12));
            }
        }
    }

    @Test
    void allFeaturesShareOneDistributionUnderTheSameSettings() {
        ModelId model = new ModelId("m", "m");
        HostTensor other = new HostTensor(new float[] {4, 0, 0, 0, 0, 1, 0, 3}, 8);
        TokenListSettings one = settings(TokenMetric.RATIO);
        assertThat(new RandomLists(model, one, 10, 0))
                .isEqualTo(new RandomLists(
                        model, one.withGhost(one.ghost().withSource(new GhostSource.Directions(other, other))), 10, 0));
    }

    @Test
    void aPlaceCountsTheDrawsBelow() {
        assertThat(RandomLists.Place.of(3, new double[] {1, 2, 3, 6}))
                .isEqualTo(new RandomLists.Place(4, 3, Math.sqrt(14 / 3.0), 0, 0.5));
        assertThat(RandomLists.Place.of(3, new double[] {2}).z()).isNaN();
    }
}
