package loupe.analysis.ghost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import loupe.TinyModel;
import loupe.analysis.TestDevice;
import loupe.inference.ModelId;
import loupe.inference.SaeId;
import loupe.lm.ModelConfig;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A random direction is no further from a baseline than random directions are; a direction that means something is. */
class NullDivergenceTest {
    private static final int D = 32;
    private static final int VOCABULARY = 60;
    private static final int MEANT = 7;
    /** Opposite to the one meant, so that the centroid means neither. */
    private static final int OPPOSITE = 8;

    private static final double SCALE = 2;
    private static final ModelConfig CONFIG = ModelConfig.gpt2(VOCABULARY, 16, D, 1, 2);
    private static final GhostPrompt PROMPT = GhostPrompt.between(List.of(List.of(3), List.of()));
    private static final TreeLimits LIMITS = new TreeLimits(1e-3, 4, 3, OptionalInt.empty(), OptionalInt.empty());
    private static final int DRAWS = 24;

    private TestDevice device;
    private ModelId model;
    private SaeId sae;

    @BeforeEach
    void open() {
        device = new TestDevice();
        model = device.model("planted", CONFIG, planted());
        float[] feature = embedding(MEANT);
        sae = device.sae("feature", new HostTensor(feature, D, 1), new HostTensor(feature, 1, D));
    }

    @AfterEach
    void close() {
        device.close();
    }

    /**
     * Gaussian, of mean 0 so that a LayerNorm only scales; the meant token's and the opposite are far longer than the
     * others'.
     */
    private static float[] embedding(int token) {
        Random random = new Random(token == OPPOSITE ? MEANT : token);
        double[] values = random.doubles(D).map(x -> random.nextGaussian()).toArray();
        double mean = Arrays.stream(values).average().orElseThrow();
        float[] row = new float[D];
        for (int i = 0; i < D; i++) {
            row[i] = (float) ((values[i] - mean) * (token == MEANT ? 0.3 : token == OPPOSITE ? -0.3 : 0.06));
        }
        return row;
    }

    /** Attention and MLP add nothing: what comes after a ghost is what its direction points to. */
    private static Map<String, HostTensor> planted() {
        Map<String, HostTensor> weights = TinyModel.weights(CONFIG, 1);
        weights.replaceAll((name, tensor) -> {
            float[] data = new float[tensor.data().length];
            if (name.endsWith("ln_f.weight")) {
                Arrays.fill(data, 1);
            } else if (name.endsWith("wte.weight")) {
                for (int token = 0; token < VOCABULARY; token++) {
                    System.arraycopy(embedding(token), 0, data, token * D, D);
                }
            }
            return new HostTensor(data, tensor.shape());
        });
        return weights;
    }

    private DefinitionTree tree(GhostSource source, TreeBaseline baseline) {
        GhostSettings ghost = new GhostSettings(source, 1, SCALE, true, List.of(), PcaSign.POSITIVE);
        return new DefinitionTree(model, ghost, PROMPT, LIMITS).withBaseline(baseline);
    }

    private static GhostSource random(int seed) {
        Random random = new Random(seed);
        float[] values = new float[D];
        for (int i = 0; i < D; i++) {
            values[i] = (float) random.nextGaussian();
        }
        HostTensor direction = new HostTensor(values, D);
        return new GhostSource.Directions(direction, direction);
    }

    private NullDivergence.Corrected correct(DefinitionTree tree) {
        return device.ask(NullDivergence.of(tree, DRAWS)).correct(device.ask(tree));
    }

    @Test
    void aFeatureThatMeansATokenIsFarBeyondChanceAndRandomDirectionsAreNot() {
        for (TreeBaseline baseline : List.of(TreeBaseline.random(4), TreeBaseline.CENTROID)) {
            NullDivergence.Corrected feature = correct(tree(new GhostSource.Feature(sae, 0), baseline));
            assertThat(feature.z()).as("feature against %s", baseline).isGreaterThan(3);
            assertThat(feature.chance()).isEqualTo(1.0 / (DRAWS + 1));
            double sum = 0;
            double sumOfZ = 0;
            for (int seed = 0; seed < 20; seed++) {
                NullDivergence.Corrected nothing = correct(tree(random(500 + seed), baseline));
                sum += nothing.beyondChance() / 20;
                sumOfZ += nothing.z() / 20;
                assertThat(nothing.divergence()).isPositive();
            }
            assertThat(sumOfZ)
                    .as("mean z of random directions against %s", baseline)
                    .isBetween(-0.7, 0.7);
            assertThat(sum).as("a tenth of what the feature has").isLessThan(feature.beyondChance() / 10);
        }
    }

    @Test
    void theDrawsAreTreesOfRandomDirectionsAtTheGhostsDistance() {
        DefinitionTree tree = tree(new GhostSource.Feature(sae, 0), TreeBaseline.random(3));
        NullDivergence question = NullDivergence.of(tree, 5);
        NullDivergence.Answer answer = device.ask(question);
        double[] alone = new double[5];
        for (int draw = 0; draw < 5; draw++) {
            alone[draw] = device.ask(question.tree(draw, SCALE, D)).divergence();
        }
        Arrays.sort(alone);
        assertThat(answer.divergences()).containsExactly(alone, within(1e-4));
        double mean = Arrays.stream(alone).average().orElseThrow();
        assertThat(answer.mean()).isCloseTo(mean, within(1e-4));
        assertThat(answer.deviation())
                .isCloseTo(
                        Math.sqrt(Arrays.stream(alone)
                                        .map(x -> (x - mean) * (x - mean))
                                        .sum()
                                / 4),
                        within(1e-4));
        NullDivergence.Corrected corrected = answer.correct(device.ask(tree));
        assertThat(corrected.beyondChance()).isCloseTo(corrected.divergence() - answer.mean(), within(1e-9));
        assertThat(corrected.z()).isCloseTo(corrected.beyondChance() / answer.deviation(), within(1e-9));
    }

    @Test
    void whichFeatureItIsDoesNotMatterUnlessItsLengthDoes() {
        DefinitionTree feature = tree(new GhostSource.Feature(sae, 0), TreeBaseline.CENTROID);
        assertThat(NullDivergence.of(tree(random(1), TreeBaseline.CENTROID), 8))
                .isEqualTo(NullDivergence.of(feature, 8));
        GhostSettings mixed = feature.ghost().withEncoderMix(0.5);
        DefinitionTree between = new DefinitionTree(model, mixed, PROMPT, LIMITS).withBaseline(TreeBaseline.CENTROID);
        assertThat(NullDivergence.of(between, 8).ghost()).contains(mixed);
        // encoder and decoder are the same direction here, so that the mixture is as long as either
        assertThat(device.ask(NullDivergence.of(between, 8)).divergences())
                .containsExactly(device.ask(NullDivergence.of(feature, 8)).divergences(), within(1e-4));
    }

    @Test
    void theDivergenceOfALargeTreeIsThatOfItsMostProbableNodes() {
        ModelId attentive = device.model("attentive", CONFIG, TinyModel.weights(CONFIG, 7));
        DefinitionTree large = new DefinitionTree(
                        attentive, tree(random(3), TreeBaseline.CENTROID).ghost(), PROMPT, LIMITS.withCutoff(1e-5))
                .withBaseline(TreeBaseline.CENTROID);
        DefinitionTree small = new DefinitionTree(
                        attentive, large.ghost(), PROMPT, large.limits().withMaxNodes(20))
                .withBaseline(TreeBaseline.CENTROID);
        DefinitionTree.Answer grown = device.ask(large);
        assertThat(grown.size()).isGreaterThan(50);
        assertThat(grown.atMost(20).divergence()).isCloseTo(device.ask(small).divergence(), within(1e-5));
        assertThat(grown.atMost(20).divergence()).isLessThan(grown.divergence());
    }

    @Test
    void whatCannotBeComparedIsRefused() {
        DefinitionTree tree = tree(random(1), TreeBaseline.CENTROID);
        assertThatThrownBy(() -> NullDivergence.of(tree.withBaseline(TreeBaseline.NONE), 8))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("baseline is none");
        assertThatThrownBy(() -> NullDivergence.of(tree, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("draws is 1");
        NullDivergence.Answer answer = device.ask(NullDivergence.of(tree, 2));
        DefinitionTree.Answer other = device.ask(tree.withBaseline(TreeBaseline.EMPTY));
        assertThatThrownBy(() -> answer.correct(other))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the draws are of");
    }
}
