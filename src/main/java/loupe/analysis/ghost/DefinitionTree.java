package loupe.analysis.ghost;

import java.util.Objects;
import java.util.Optional;
import loupe.analysis.SmallestK;
import loupe.analysis.effects.Interventions;
import loupe.inference.ModelId;
import loupe.inference.Query;

/**
 * A model's definition of a ghost: the tree of its most probable continuations of a prompt that has the ghost in a
 * token's place. Nodes are expanded in order of cumulative probability, in batches; every step publishes the tree so
 * far.
 *
 * <p>The tree is that of the notebook of mwatkins ({@code src/site/markdown/methods.md}, section 1), node for node: the
 * children of a node are the topK next tokens whose cumulative probability is at least the cutoff. There it costs one
 * forward pass over the whole text per node; here the prompt's keys and values are computed once and each node adds one
 * token to its ancestors'. The ghost is an input embedding and never written into the weights, so that a tied
 * unembedding and the centroid stay what they are.
 *
 * @param steering empty: none. The baseline is never steered
 * @param done to the model while the tree grows, before the steering at the same place, and not while the baseline is
 *     read. Positions count from 0 at the first token of the prompt, the ghost being one; nodes count as generated
 * @param grown an earlier answer of this tree to a larger cutoff or fewer nodes, to grow on from instead of from the
 *     root; it changes how long the answer takes and not the answer, so it does not count when queries are compared
 */
public record DefinitionTree(
        ModelId model,
        GhostSettings ghost,
        GhostPrompt prompt,
        TreeLimits limits,
        TreeBaseline baseline,
        Optional<TreeSteering> steering,
        Interventions done,
        Optional<DefinitionTree.Answer> grown)
        implements Query.Stepped<DefinitionTree.Answer> {
    /** A tree with neither baseline nor steering. */
    public DefinitionTree(ModelId model, GhostSettings ghost, GhostPrompt prompt, TreeLimits limits) {
        this(model, ghost, prompt, limits, TreeBaseline.NONE, Optional.empty(), Interventions.NONE, Optional.empty());
    }

    public DefinitionTree {
        if (grown.isPresent()
                && !grown.get().query.isSameTreeAs(model, ghost, prompt, limits, baseline, steering, done)) {
            grown = Optional.empty();
        }
    }

    public DefinitionTree withBaseline(TreeBaseline newBaseline) {
        return new DefinitionTree(model, ghost, prompt, limits, newBaseline, steering, done, Optional.empty());
    }

    public DefinitionTree withSteering(TreeSteering newSteering) {
        return new DefinitionTree(
                model, ghost, prompt, limits, baseline, Optional.of(newSteering), done, Optional.empty());
    }

    public DefinitionTree with(Interventions newDone) {
        return new DefinitionTree(model, ghost, prompt, limits, baseline, steering, newDone, Optional.empty());
    }

    /** This tree with neither interventions nor steering. */
    public DefinitionTree undisturbed() {
        return new DefinitionTree(
                model, ghost, prompt, limits, baseline, Optional.empty(), Interventions.NONE, Optional.empty());
    }

    /**
     * This query, resumed from an earlier answer if that is of the same tree: same ghost, prompt, topK, depth, mask,
     * ends, baseline, steering and interventions, whatever its cutoff. Otherwise this query unchanged.
     */
    public DefinitionTree from(Answer earlier) {
        return new DefinitionTree(model, ghost, prompt, limits, baseline, steering, done, Optional.of(earlier));
    }

    /** This query without an earlier answer. */
    DefinitionTree fromTheRoot() {
        return grown.isEmpty()
                ? this
                : new DefinitionTree(model, ghost, prompt, limits, baseline, steering, done, Optional.empty());
    }

    private boolean isSameTreeAs(
            ModelId otherModel,
            GhostSettings otherGhost,
            GhostPrompt otherPrompt,
            TreeLimits otherLimits,
            TreeBaseline otherBaseline,
            Optional<TreeSteering> otherSteering,
            Interventions otherDone) {
        return model.equals(otherModel)
                && ghost.equals(otherGhost)
                && prompt.equals(otherPrompt)
                && baseline.equals(otherBaseline)
                && steering.equals(otherSteering)
                && done.equals(otherDone)
                && limits.topK() == otherLimits.topK()
                && limits.maxDepth() == otherLimits.maxDepth()
                && limits.maskId().equals(otherLimits.maskId())
                && limits.ends().equals(otherLimits.ends());
    }

    @Override
    public Query.Sweep<Answer> begin() {
        return new TreeGrowth(this);
    }

    @Override
    public long bytes(Answer answer) {
        return 120L * answer.allNodes.size();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DefinitionTree that
                && isSameTreeAs(
                        that.model, that.ghost, that.prompt, that.limits, that.baseline, that.steering, that.done)
                && limits.equals(that.limits);
    }

    @Override
    public int hashCode() {
        return Objects.hash(model, ghost, prompt, limits, baseline, steering, done);
    }

    @Override
    public String toString() {
        return "DefinitionTree[" + model + ", " + ghost + ", " + prompt + ", " + limits + ", " + baseline + ", "
                + steering + ", " + done + "]";
    }

    /**
     * The nodes of a tree by number: 0 is the root, parents come before their children, and the children of a node
     * follow each other, most probable first. Immutable.
     */
    public static final class Answer {
        private final DefinitionTree query;
        private final TreeNodes allNodes;
        private final boolean complete;
        private final int[] shown;
        private final int[] parent;

        /** @param allNodes nodes that do not change any more */
        Answer(DefinitionTree query, TreeNodes allNodes, boolean complete) {
            this.query = query;
            this.allNodes = allNodes;
            this.complete = complete;
            shown = shown(allNodes, query.limits);
            int[] number = new int[allNodes.size()];
            parent = new int[shown.length];
            for (int i = 0; i < shown.length; i++) {
                number[shown[i]] = i;
                parent[i] = i == 0 ? TreeNodes.NONE : number[allNodes.parent(shown[i])];
            }
        }

        /**
         * The known nodes within the limits. Whole families of siblings keep their order, so a cut leaves the first of
         * them.
         */
        private static int[] shown(TreeNodes allNodes, TreeLimits limits) {
            int[] within = new int[allNodes.size()];
            int count = 1;
            for (int node = 1; node < allNodes.size(); node++) {
                if (allNodes.cumulative(node) >= limits.cutoff() && allNodes.depth(node) <= limits.maxDepth()) {
                    within[count++] = node;
                }
            }
            if (limits.maxNodes().isPresent() && count - 1 > limits.maxNodes().getAsInt()) {
                SmallestK largest = new SmallestK().reset(limits.maxNodes().getAsInt());
                for (int i = 1; i < count; i++) {
                    largest.offer(-allNodes.cumulative(within[i]), within[i]);
                }
                count = 1 + largest.finish();
                for (int i = 1; i < count; i++) {
                    within[i] = largest.id(i - 1);
                }
                java.util.Arrays.sort(within, 1, count);
            }
            return java.util.Arrays.copyOf(within, count);
        }

        /** The query that this answers, with the limits that it has been trimmed to. */
        public DefinitionTree query() {
            return query;
        }

        /** Whether the tree is complete within its limits; false for the partial answers of a growing tree. */
        public boolean isComplete() {
            return complete;
        }

        /** Number of nodes, the root included. */
        public int size() {
            return shown.length;
        }

        /** Token id; -1 for the root. */
        public int token(int node) {
            return allNodes.token(shown[node]);
        }

        /** Number of the parent; -1 for the root. */
        public int parent(int node) {
            return parent[node];
        }

        /** Probability of the token after its ancestors; 1 for the root. */
        public double probability(int node) {
            return allNodes.probability(shown[node]);
        }

        /** Product of the probabilities down to this node. */
        public double cumulative(int node) {
            return allNodes.cumulative(shown[node]);
        }

        /** Entropy of the next token after this node in nats; NaN for a node that has not been expanded. */
        public float entropy(int node) {
            return allNodes.entropy(shown[node]);
        }

        /**
         * The probability the baseline gives this token after the same ancestors; NaN for the root and without a
         * baseline.
         */
        public double baselineProbability(int node) {
            return allNodes.baseline(shown[node]);
        }

        /** Natural logarithm of probability over baseline probability; NaN for the root and without a baseline. */
        public double logRatio(int node) {
            return Math.log(probability(node) / baselineProbability(node));
        }

        /**
         * Divergence of the tree from its baseline: the Kullback-Leibler divergence of the two distributions of
         * continuations by the chain rule, cut off where the tree ends: the sum over its nodes of the cumulative
         * probability times KL(next token given ghost, next token given baseline), in nats. NaN without a baseline.
         */
        public double divergence() {
            if (query.baseline.kind() == TreeBaseline.Kind.NONE) {
                return Double.NaN;
            }
            double sum = 0;
            for (int node = 0; node < size(); node++) {
                float here = allNodes.divergence(shown[node]);
                sum += Float.isNaN(here) ? 0 : cumulative(node) * here;
            }
            return sum;
        }

        /**
         * Entropy of the next token in nats: the mean over the nodes where it is known, weighted by their cumulative
         * probability.
         */
        public double meanEntropy() {
            double sum = 0;
            double weight = 0;
            for (int node = 0; node < size(); node++) {
                if (!Float.isNaN(entropy(node))) {
                    sum += cumulative(node) * entropy(node);
                    weight += cumulative(node);
                }
            }
            return sum / weight;
        }

        /**
         * This tree cut to its most probable nodes, at most this many besides the root; equal to a tree grown with that
         * limit. Host only.
         */
        Answer atMost(int nodes) {
            if (query.limits.maxNodes().isPresent() && query.limits.maxNodes().getAsInt() <= nodes) {
                return this;
            }
            TreeLimits limits = query.limits.withMaxNodes(nodes);
            return new Answer(
                    new DefinitionTree(
                            query.model,
                            query.ghost,
                            query.prompt,
                            limits,
                            query.baseline,
                            query.steering,
                            query.done,
                            Optional.empty()),
                    allNodes,
                    complete);
        }

        /** All nodes computed so far, those below the cutoff included. */
        TreeNodes allNodes() {
            return allNodes;
        }
    }
}
