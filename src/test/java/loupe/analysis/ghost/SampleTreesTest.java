package loupe.analysis.ghost;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import loupe.inference.Device;
import loupe.inference.InferenceService;
import loupe.inference.LocalInferenceService;
import loupe.inference.OpenModel;
import loupe.inference.OpenSae;
import loupe.inference.Priority;
import loupe.lm.Processing;
import loupe.lm.tokenizer.Tokenizer;
import loupe.sae.checkpoint.SaeOptions;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.Test;

/**
 * On the bundled sample trees of features say more than those of random directions do, and the latter no more than
 * chance.
 */
class SampleTreesTest {
    private static final Path SAMPLE = Path.of("sample-checkpoints");
    private static final int DIRECTIONS = 96;
    private static final int BEST = 20;
    private static final int DRAWS = 32;

    private InferenceService service;
    private OpenModel model;

    @Test
    void treesOfTheBestFeaturesAreFarBeyondChanceAndThoseOfRandomDirectionsAreNot() {
        try (LocalInferenceService local = new LocalInferenceService(Device.CPU)) {
            service = local;
            model = local.openModel(SAMPLE.resolve("glossary"), Processing.RAW)
                    .toCompletableFuture()
                    .join();
            OpenSae sae = local.openSae(SAMPLE.resolve("sae-topk"), SaeOptions.AS_STORED)
                    .toCompletableFuture()
                    .join();
            double natural = ask(new TokenGeometry(model.id())).meanDistance();
            List<GhostSettings> features = IntStream.range(0, DIRECTIONS)
                    .mapToObj(i -> GhostSettings.decoder(
                                    sae.id(), i * sae.config().dSae() / DIRECTIONS)
                            .withScale(natural))
                    .toList();
            Random random = new Random(77);
            List<GhostSettings> directions = IntStream.range(0, DIRECTIONS)
                    .mapToObj(i -> {
                        HostTensor direction = gaussian(random, model.config().dModel());
                        return GhostSettings.decoder(sae.id(), 0)
                                .withSource(new GhostSource.Directions(direction, direction))
                                .withScale(natural);
                    })
                    .toList();

            GhostPrompt one = prompt(GhostPrompt.DEFAULT_TEXT);
            double[] ofFeatures = beyondChance(features, one);
            double[] ofDirections = beyondChance(directions, one);
            assertThat(mean(ofDirections)).as("z of random directions").isBetween(-0.5, 0.5);
            assertThat(mean(ofFeatures)).as("z of features").isGreaterThan(mean(ofDirections) + 0.3);

            // the best are chosen under one wording and measured under another, so that chance has no part in their
            // choice
            GhostPrompt other = prompt("The word \"{ghost}\" can mean \"");
            double bestFeatures = mean(beyondChance(best(features, ofFeatures), other));
            double bestDirections = mean(beyondChance(best(directions, ofDirections), other));
            assertThat(bestFeatures)
                    .as("z of the best features under another wording")
                    .isGreaterThan(3);
            assertThat(bestFeatures).isGreaterThan(1.5 * bestDirections);
        }
    }

    /** How many standard deviations of random draws' divergences each tree is beyond their mean. */
    private double[] beyondChance(List<GhostSettings> ghosts, GhostPrompt prompt) {
        NullDivergence.Answer chance = ask(NullDivergence.of(tree(ghosts.get(0), prompt), DRAWS));
        List<DefinitionTree.Answer> trees = ask(
                new TreeBatch(ghosts.stream().map(ghost -> tree(ghost, prompt)).toList()));
        return trees.stream()
                .mapToDouble(tree -> (tree.divergence() - chance.mean()) / chance.deviation())
                .toArray();
    }

    private DefinitionTree tree(GhostSettings ghost, GhostPrompt prompt) {
        return new DefinitionTree(model.id(), ghost, prompt, TreeLimits.DEFAULT.withMaxNodes(NullDivergence.NODES))
                .withBaseline(TreeBaseline.CENTROID);
    }

    private GhostPrompt prompt(String text) {
        Tokenizer tokenizer = model.tokenizer().orElseThrow();
        return GhostPrompt.between(GhostPrompt.pieces(text).stream()
                .map(piece -> Arrays.stream(
                                tokenizer.encode(piece, Tokenizer.Beginning.NO).ids())
                        .boxed()
                        .toList())
                .toList());
    }

    private static List<GhostSettings> best(List<GhostSettings> ghosts, double[] scores) {
        return IntStream.range(0, ghosts.size())
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -scores[i]))
                .limit(BEST)
                .map(ghosts::get)
                .toList();
    }

    private static HostTensor gaussian(Random random, int dimensions) {
        float[] values = new float[dimensions];
        for (int i = 0; i < dimensions; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return new HostTensor(values, dimensions);
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElseThrow();
    }

    private <R> R ask(loupe.inference.Query<R> query) {
        return service.submit(query, Priority.VISIBLE)
                .answer()
                .toCompletableFuture()
                .join();
    }
}
