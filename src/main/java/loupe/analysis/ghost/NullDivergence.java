package loupe.analysis.ghost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.tensor.HostTensor;

/**
 * The null distribution of a tree's divergence from its baseline: the divergences of trees of random directions, put in
 * the ghost's place and as far from the centroid (or from zero, without one) as the ghost is, under the same prompt and
 * limits.
 *
 * <p>Any vector in the ghost's place shifts the model's predictions, so that the divergence D from a baseline is
 * positive for every direction, even for a random one against a random baseline. What matters is by how much a feature
 * exceeds that. With the draws' mean m and standard deviation s, {@link Corrected} has max(0, D - m) nats beyond chance
 * and z = (D - m) / s. D itself is then only of the {@value #NODES} most probable nodes, of the draws' trees and of the
 * tree in question, so that trees of different sizes can be compared.
 *
 * <p>The directions have independent normal components ({@code src/site/markdown/methods.md}, section 4); none of them
 * is one of a random baseline's. Unless principal components or a mixture are in play, the answer is the same for all
 * features and comes from the cache.
 *
 * @param distance from the origin of ghosts; NaN where it depends on the ghost
 * @param ghost the ghost whose distance is used where it depends on the ghost
 * @param centroid whether ghosts start at the centroid
 * @param draws how many random directions
 */
public record NullDivergence(
        ModelId model,
        double distance,
        Optional<GhostSettings> ghost,
        boolean centroid,
        GhostPrompt prompt,
        TreeLimits limits,
        TreeBaseline baseline,
        int draws)
        implements Query.Stepped<NullDivergence.Answer> {
    public static final int NODES = 100;
    public static final int DEFAULT_DRAWS = 16;

    /** The most draws, which tell a chance of one in as many. */
    public static final int MOST_DRAWS = 10_000;

    private static final int FIRST_SEED = 1_000_000;

    public NullDivergence {
        if (baseline.kind() == TreeBaseline.Kind.NONE) {
            throw new IllegalArgumentException("baseline is none, but a divergence is from one");
        }
        if (draws < 2 || draws > MOST_DRAWS) {
            throw new IllegalArgumentException("draws is " + draws + ", must be 2 to " + MOST_DRAWS);
        }
    }

    /** The null distribution for a tree's divergence. The tree's steering is left out. */
    public static NullDivergence of(DefinitionTree tree, int draws) {
        GhostSettings ghost = tree.ghost();
        boolean finished = ghost.source() instanceof GhostSource.Finished;
        boolean alike = !finished && ghost.components() == 0 && (ghost.encoderMix() == 0 || ghost.encoderMix() == 1);
        return new NullDivergence(
                tree.model(),
                alike ? Math.abs(ghost.scale()) : Double.NaN,
                alike ? Optional.empty() : Optional.of(ghost),
                finished || ghost.centroid(),
                tree.prompt(),
                comparable(tree.limits()),
                tree.baseline(),
                draws);
    }

    private static TreeLimits comparable(TreeLimits limits) {
        return limits.withMaxNodes(Math.min(NODES, limits.maxNodes().orElse(NODES)));
    }

    @Override
    public Query.Sweep<Answer> begin() {
        return new Growth(this);
    }

    @Override
    public long bytes(Answer answer) {
        return 8L * answer.divergences().length;
    }

    private List<DefinitionTree> trees(Scope scope) {
        int width = scope.embeddings(model).config().dModel();
        double scale = ghost.isEmpty()
                ? distance
                : GhostDistance.of(
                        ghost.get(),
                        scope.answer(new GhostBasis(model, ghost.get())).vector(ghost.get()));
        List<DefinitionTree> trees = new ArrayList<>();
        for (int draw = 0; draw < draws; draw++) {
            trees.add(tree(draw, scale, width));
        }
        return trees;
    }

    /** The tree of one draw. */
    DefinitionTree tree(int draw, double scale, int width) {
        Random random = new Random(FIRST_SEED + draw);
        float[] values = new float[width];
        for (int i = 0; i < width; i++) {
            values[i] = (float) random.nextGaussian();
        }
        HostTensor direction = new HostTensor(values, width);
        GhostSettings settings = new GhostSettings(
                new GhostSource.Directions(direction, direction), 1, scale, centroid, List.of(), PcaSign.POSITIVE);
        return new DefinitionTree(model, settings, prompt, limits).withBaseline(baseline);
    }

    private static final class Growth implements Query.Sweep<Answer> {
        private final NullDivergence query;

        @SuppressWarnings("NullAway.Init") // made by the first step
        private Query.Sweep<List<DefinitionTree.Answer>> forest;

        Growth(NullDivergence query) {
            this.query = query;
        }

        @Override
        public boolean step(Scope scope) {
            if (forest == null) {
                forest = new TreeBatch(query.trees(scope)).begin();
            }
            return forest.step(scope);
        }

        @Override
        public Answer result() {
            return new Answer(
                    query,
                    forest.result().stream()
                            .filter(DefinitionTree.Answer::isComplete)
                            .mapToDouble(DefinitionTree.Answer::divergence)
                            .sorted()
                            .toArray());
        }

        @Override
        public double fraction() {
            return forest == null ? 0 : forest.fraction();
        }
    }

    /**
     * The divergences of the draws.
     *
     * @param divergences in nats, rising; of the draws that are done. Not to be written
     */
    public record Answer(NullDivergence query, double[] divergences) {
        /** Mean divergence of the draws; NaN for no draws. */
        public double mean() {
            return Arrays.stream(divergences).average().orElse(Double.NaN);
        }

        /** Sample standard deviation (n - 1) of the draws; NaN for fewer than two. */
        public double deviation() {
            double mean = mean();
            return Math.sqrt(
                    Arrays.stream(divergences).map(d -> (d - mean) * (d - mean)).sum() / (divergences.length - 1));
        }

        /**
         * A tree's divergence relative to these draws.
         *
         * @throws IllegalArgumentException if the tree has another prompt, baseline, distance or other limits than the
         *     draws
         */
        public Corrected correct(DefinitionTree.Answer tree) {
            if (!of(tree.query(), query.draws).equals(query)) {
                throw new IllegalArgumentException("the tree is " + tree.query() + ", the draws are of " + query);
            }
            double divergence =
                    tree.atMost(query.limits.maxNodes().orElseThrow()).divergence();
            long asLarge = Arrays.stream(divergences)
                    .filter(draw -> draw >= divergence)
                    .count();
            return new Corrected(divergence, mean(), deviation(), (1.0 + asLarge) / (1 + divergences.length));
        }
    }

    /**
     * A divergence and what it would be by chance, in nats.
     *
     * @param divergence of the tree, of its most probable nodes
     * @param mean of random directions
     * @param deviation of one random direction from another
     * @param chance how probable so large a divergence is for a random direction: (1 + draws as large) / (1 + draws)
     */
    public record Corrected(double divergence, double mean, double deviation, double chance) {
        /** max(0, divergence - mean): the divergence beyond chance. */
        public double beyondChance() {
            return Math.max(0, divergence - mean);
        }

        /** (divergence - mean) / deviation. */
        public double z() {
            return (divergence - mean) / deviation;
        }
    }
}
