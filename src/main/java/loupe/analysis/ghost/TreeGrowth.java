package loupe.analysis.ghost;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import loupe.analysis.Vectors;
import loupe.analysis.effects.Intervention;
import loupe.analysis.effects.Interventions;
import loupe.analysis.effects.Positions;
import loupe.base.Refusal;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.lm.Ghost;
import loupe.lm.LanguageModel;
import loupe.sae.SparseAutoencoder;
import loupe.tensor.HostTensor;
import org.jspecify.annotations.Nullable;

/**
 * Grows a {@link DefinitionTree} best first. The first step runs the prompt and gives the root's children; each further
 * one expands a batch of the most probable open nodes, of the size chosen by {@link BatchSize}.
 */
final class TreeGrowth implements Query.Sweep<DefinitionTree.Answer> {
    /** Known nodes from which copies take noticeable time. */
    private static final int LARGE = 10_000;

    private final DefinitionTree query;
    private final TreeNodes nodes;
    private final BatchedPasses runs = new BatchedPasses();

    @SuppressWarnings("NullAway.Init") // begins with the first step
    private GrowingTree tree;

    private final BatchSize rows = new BatchSize();
    private boolean finished;
    /** The latest partial answer. */
    private DefinitionTree.@Nullable Answer part;

    TreeGrowth(DefinitionTree query) {
        // so that the answer keeps no reference to the answer it was grown from
        this.query = query.fromTheRoot();
        nodes = query.grown().map(answer -> answer.allNodes().copy()).orElseGet(TreeNodes::new);
    }

    @Override
    public boolean step(Scope scope) {
        LanguageModel lm = scope.model(query.model());
        if (tree == null) {
            GrowingTree created = new GrowingTree(query.limits(), nodes, lanes(scope, lm, query));
            GrowingTree.begin(scope, lm, runs, List.of(created));
            tree = created;
        } else {
            List<Integer> batch =
                    tree.nextBatch(Math.max(1, rows.next() / tree.lanes().size()));
            rows.measure(
                    scope,
                    batch.size() * tree.lanes().size(),
                    () -> GrowingTree.expand(scope, lm, runs, List.of(new GrowingTree.Turn(tree, batch))));
        }
        finished = !tree.hasWork();
        return !finished;
    }

    /** A large tree's parts grow by a sixteenth at least, or else copying them would take longer than growing it. */
    @Override
    public DefinitionTree.Answer result() {
        DefinitionTree.Answer latest = part;
        if (finished
                || latest == null
                || nodes.size() < LARGE
                || nodes.size() - latest.allNodes().size() >= latest.allNodes().size() / 16) {
            latest = new DefinitionTree.Answer(query, nodes.copy(), finished);
            part = latest;
        }
        return latest;
    }

    /** The fraction of the nodes that are there; negative unless the number of nodes is limited. */
    @Override
    public double fraction() {
        return finished
                ? 1
                : query.limits().maxNodes().isPresent()
                        ? Math.min(
                                1,
                                (nodes.size() - 1.0) / query.limits().maxNodes().getAsInt())
                        : -1;
    }

    /**
     * Number of nodes whose keys and values are held, in each lane: those with open descendants at the end of a step.
     */
    int nodesWithKeyValues() {
        return tree == null ? 0 : tree.lanes().get(0).kept();
    }

    /** The lane of a question's ghost, then those of its baseline. */
    static List<GhostLane> lanes(Scope scope, LanguageModel lm, DefinitionTree query) {
        GhostBasis.Answer basis = scope.answer(new GhostBasis(query.model(), query.ghost()));
        GhostVector vector = basis.vector(query.ghost());
        List<GhostLane> created = new ArrayList<>();
        created.add(lane(query, vector.ghost().data(), done(scope, lm, query)));
        for (int i = 0; i < query.baseline().lanes(); i++) {
            created.add(
                    switch (query.baseline().kind()) {
                        case CENTROID -> lane(query, vector.centroid().data(), Interventions.NONE);
                        case RANDOM -> lane(query, random(query.ghost(), vector, i), Interventions.NONE);
                        case EMPTY -> empty(query);
                        case NONE -> throw new IllegalStateException("no baseline has no lanes");
                    });
        }
        return created;
    }

    /** What is done while the tree of the ghost grows: what is listed, then the steering. */
    private static Interventions done(Scope scope, LanguageModel lm, DefinitionTree query) {
        Interventions listed = query.done();
        for (SaeId id : listed.withoutError()) {
            if (scope.sae(id).config().lookup()) {
                throw new Refusal(
                        id.name() + " adds a vector for each token, and the ghost is none of the vocabulary",
                        "",
                        "Keep the error, or choose another checkpoint");
            }
        }
        if (query.steering().isEmpty()) {
            return listed;
        }
        List<Intervention> all = new ArrayList<>(listed.list());
        all.add(steering(scope, lm, query.steering().get(), query.prompt()));
        return new Interventions(all, listed.withoutError());
    }

    private static Intervention steering(Scope scope, LanguageModel lm, TreeSteering steering, GhostPrompt prompt) {
        if (steering.layer() < 0 || steering.layer() >= lm.config().nLayers()) {
            throw new Refusal(
                    "Steering is at layer " + steering.layer(),
                    "0 to " + (lm.config().nLayers() - 1),
                    "Choose a layer of the model");
        }
        float[] direction = direction(scope.sae(steering.sae()), steering.feature(), lm);
        int from = prompt.ghostPositions().get(prompt.ghostPositions().size() - 1) + 1;
        return steering.intervention(new HostTensor(direction, direction.length), Positions.from(from));
    }

    private static GhostLane lane(DefinitionTree query, float[] ghost, Interventions done) {
        GhostPrompt prompt = query.prompt();
        int[] ids = prompt.ids().stream().mapToInt(Integer::intValue).toArray();
        List<Ghost> ghosts = new ArrayList<>();
        for (int position : prompt.ghostPositions()) {
            ids[position] = 0;
            ghosts.add(new Ghost(0, position, ghost));
        }
        return new GhostLane(query.model(), ids, ghosts, done);
    }

    private static GhostLane empty(DefinitionTree query) {
        List<Integer> rest = query.prompt().withoutGhosts();
        if (rest.isEmpty()) {
            throw new Refusal(
                    "The prompt is nothing but the ghost, so an empty baseline has no tokens",
                    "",
                    "Choose another baseline or prompt");
        }
        int[] ids = rest.stream().mapToInt(Integer::intValue).toArray();
        return new GhostLane(query.model(), ids, List.of(), Interventions.NONE);
    }

    private static float[] direction(SparseAutoencoder sae, int feature, LanguageModel lm) {
        float[] direction = sae.decoderDirection(feature);
        if (direction.length != lm.config().dModel()) {
            throw new Refusal(
                    "The decoder direction has " + direction.length + " dimensions, the model's residual stream "
                            + lm.config().dModel(),
                    "",
                    "Steer with a checkpoint that writes to the residual stream");
        }
        return direction;
    }

    /** A random direction as far from where the ghost starts, the centroid or zero, as the ghost is. */
    static float[] random(GhostSettings settings, GhostVector vector, int seed) {
        Random random = new Random(seed);
        double[] origin = GhostDistance.origin(settings, vector);
        double[] direction = new double[origin.length];
        for (int i = 0; i < direction.length; i++) {
            direction[i] = random.nextGaussian();
        }
        Vectors.addScaled(origin, GhostDistance.of(settings, vector) / Vectors.norm(direction), direction);
        return Vectors.tensor(origin).data();
    }
}
