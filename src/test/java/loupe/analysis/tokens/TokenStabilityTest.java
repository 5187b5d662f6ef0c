package loupe.analysis.tokens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Random;
import loupe.TinyModel;
import loupe.analysis.TestDevice;
import loupe.analysis.Vectors;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.GhostSource;
import loupe.inference.ModelId;
import loupe.inference.SaeId;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TokenStabilityTest {
    private static final int D = 8;

    private TestDevice device;
    private ModelId model;
    private SaeId sae;
    private HostTensor embedding;

    @BeforeEach
    void open() {
        device = new TestDevice();
        ModelConfig config = ModelConfig.gpt2(200, 16, D, 1, 2);
        Map<String, HostTensor> weights = TinyModel.weights(config, 3);
        embedding = weights.get("transformer.wte.weight");
        model = device.model("tiny", config, weights);
        sae = device.sae("sae", gaussian(D, 4, 1), gaussian(4, D, 2));
    }

    @AfterEach
    void close() {
        device.close();
    }

    private static HostTensor gaussian(int rows, int columns, long seed) {
        Random random = new Random(seed);
        float[] data = new float[rows * columns];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) random.nextGaussian();
        }
        return new HostTensor(data, rows, columns);
    }

    private TokenList list(GhostSettings ghost, TokenMetric metric, int top) {
        return new TokenRanking().rank(columns(ghost), new TokenListSettings(ghost, metric, 1.4, top));
    }

    private TokenColumns.Answer columns(GhostSettings ghost) {
        return device.ask(new TokenColumns(model, ghost, TokenMetric.RATIO));
    }

    @Test
    void ranksAreThoseOfTheListsATenthBelowAndAbove() {
        GhostSettings ghost = GhostSettings.decoder(sae, 1).withScale(0.4);
        TokenList list = list(ghost, TokenMetric.COSINE, 10);
        TokenStability stability = TokenStability.of(new TokenRanking(), columns(ghost), list);
        assertThat(stability.deepest()).isEqualTo(50);
        for (int i = 0; i < list.size(); i++) {
            int smaller = rank(list(ghost.withScale(0.36), TokenMetric.COSINE, 200), list.tokens()[i]);
            int larger = rank(list(ghost.withScale(0.44), TokenMetric.COSINE, 200), list.tokens()[i]);
            assertThat(stability.smaller()[i]).isEqualTo(Math.min(51, smaller));
            assertThat(stability.larger()[i]).isEqualTo(Math.min(51, larger));
            assertThat(stability.spread(i))
                    .isEqualTo(Math.max(i + 1, Math.max(smaller, larger)) - Math.min(i + 1, Math.min(smaller, larger)));
        }
        assertThat(java.util.stream.IntStream.range(0, 10)
                        .map(stability::spread)
                        .sum())
                .as("some ranks move")
                .isPositive();
    }

    private static int rank(TokenList list, int token) {
        int rank = 1;
        while (list.tokens()[rank - 1] != token) {
            rank++;
        }
        return rank;
    }

    @Test
    void whereTheScaleDoesNotMatterNoRankMoves() {
        GhostSettings ghost = GhostSettings.decoder(sae, 1).withCentroid(false);
        TokenList list = list(ghost, TokenMetric.COSINE, 10);
        TokenStability stability = TokenStability.of(new TokenRanking(), columns(ghost), list);
        for (int i = 0; i < 10; i++) {
            assertThat(stability.spread(i)).isZero();
        }
    }

    @Test
    void coherenceIsTheMeanCosineOverAllPairs() {
        List<Integer> tokens = List.of(3, 50, 7, 120, 199);
        double sum = 0;
        int pairs = 0;
        for (int i = 0; i < tokens.size(); i++) {
            for (int j = 0; j < i; j++) {
                double[] a = Vectors.doubles(new HostTensor(embedding.row(tokens.get(i)), D));
                double[] b = Vectors.doubles(new HostTensor(embedding.row(tokens.get(j)), D));
                sum += Vectors.dot(a, b) / Vectors.norm(a) / Vectors.norm(b);
                pairs++;
            }
        }
        assertThat(device.ask(new TokenCoherence(model, tokens)).meanCosine()).isCloseTo(sum / pairs, within(1e-9));
        assertThat(device.ask(new TokenCoherence(model, List.of(9, 9))).meanCosine())
                .isCloseTo(1, within(1e-9));
        assertThat(device.ask(new TokenCoherence(model, List.of(9))).meanCosine())
                .isNaN();
    }

    @Test
    void theNullListIsThatOfTheSeedsDirectionUnderTheSameSettings() {
        TokenListSettings settings =
                new TokenListSettings(GhostSettings.decoder(sae, 1).withScale(2), TokenMetric.RATIO, 1.4, 20);
        TokenList random = device.ask(new NullTokenList(model, settings, 5));
        Random seeded = new Random(5);
        float[] direction = new float[D];
        for (int i = 0; i < D; i++) {
            direction[i] = (float) seeded.nextGaussian();
        }
        HostTensor vector = new HostTensor(direction, D);
        TokenList expected =
                list(settings.ghost().withSource(new GhostSource.Directions(vector, vector)), TokenMetric.RATIO, 20);
        assertThat(random.tokens()).containsExactly(expected.tokens());
        assertThat(random.tokens())
                .isNotEqualTo(device.ask(new NullTokenList(model, settings, 6)).tokens());
        assertThatThrownBy(() -> new NullTokenList(
                        model, new TokenListSettings(GhostSettings.finished(vector), TokenMetric.RATIO, 1.4, 20), 1))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
