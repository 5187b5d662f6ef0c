package loupe.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.analysis.compare.FeatureMatching;
import loupe.analysis.compare.SaeEvaluation;
import loupe.analysis.features.DirectionNorms;
import loupe.analysis.features.Encoding;
import loupe.analysis.features.NeighbourQuery;
import loupe.analysis.features.NeighbourSpace;
import loupe.analysis.features.Neighbours;
import loupe.analysis.geometry.LargestCosines;
import loupe.analysis.geometry.VectorSet;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.GhostBasis;
import loupe.analysis.ghost.GhostPrompt;
import loupe.analysis.ghost.GhostSettings;
import loupe.analysis.ghost.PcaSign;
import loupe.analysis.ghost.TokenGeometry;
import loupe.analysis.ghost.TreeBaseline;
import loupe.analysis.ghost.TreeLimits;
import loupe.analysis.ghost.TreeSteering;
import loupe.analysis.lens.LogitMoments;
import loupe.analysis.lens.LogitProjection;
import loupe.analysis.lens.LogitWeights;
import loupe.analysis.lens.TokenSet;
import loupe.analysis.prompts.CorpusActivations;
import loupe.analysis.prompts.ForwardPass;
import loupe.analysis.prompts.NormedActivations;
import loupe.analysis.prompts.TokenRows;
import loupe.analysis.tokens.TokenColumns;
import loupe.analysis.tokens.TokenMetric;
import loupe.lm.Processing;
import loupe.sae.checkpoint.SaeOptions;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** No question of the program leaves an array or a manager behind on the device. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArrayOwnershipTest {
    private LocalInferenceService service;
    private ModelId model;
    private SaeId sae;
    private SaeId other;

    @BeforeAll
    void open(@TempDir Path folder) throws IOException {
        service = new LocalInferenceService(Device.CPU);
        model = service.openModel(TinyModel.writeTo(folder.resolve("tiny")), Processing.RAW)
                .toCompletableFuture()
                .join()
                .id();
        sae = service.openSae(TinySae.writeTo(folder.resolve("sae"), 1), SaeOptions.AS_STORED)
                .toCompletableFuture()
                .join()
                .id();
        other = service.openSae(TinySae.writeTo(folder.resolve("other"), 2), SaeOptions.AS_STORED)
                .toCompletableFuture()
                .join()
                .id();
    }

    @AfterAll
    void close() {
        service.close();
    }

    Stream<Query<?>> questions() {
        GhostSettings ghost = GhostSettings.encoder(sae, 3).withPca(PcaSign.POSITIVE, 0.1);
        GhostPrompt prompt = GhostPrompt.between(List.of(List.of(5, 6), List.of(7)));
        DefinitionTree tree = new DefinitionTree(
                model, ghost, prompt, new TreeLimits(0.01, 3, 4, OptionalInt.empty(), OptionalInt.empty()));
        HostTensor x = new HostTensor(new float[2 * TinyModel.CONFIG.dModel()], 2, TinyModel.CONFIG.dModel());
        Stream<Query<?>> ghosts = Stream.of(
                new TokenGeometry(model),
                new GhostBasis(model, ghost),
                tree,
                tree.withBaseline(TreeBaseline.random(2)),
                tree.withSteering(new TreeSteering(sae, 3, 1, TreeSteering.Kind.ADD, 2)));
        Stream<Query<?>> tokens = Stream.of(TokenMetric.values()).map(metric -> new TokenColumns(model, ghost, metric));
        Stream<Query<?>> features = Stream.of(
                new Neighbours(new NeighbourQuery.Token(model, 3), new NeighbourSpace.Tokens(model), 5),
                new Neighbours(new NeighbourQuery.RandomVector(1), new NeighbourSpace.Encoder(sae), 5),
                Neighbours.ofFeature(sae, 3, 5),
                new LogitWeights(model, sae, 3, new LogitProjection(true, true, true, 90), 5),
                new LogitMoments(
                        model,
                        sae,
                        new LogitProjection(true, true, true, 90),
                        5,
                        List.of(new TokenSet("some", new int[] {1, 2}))),
                new DirectionNorms(sae),
                new LargestCosines(new VectorSet.Of(new NeighbourSpace.Decoder(sae)), List.of(1, 3)),
                new LargestCosines(new VectorSet.RandomLike(new NeighbourSpace.Encoder(sae), 1), List.of(1), 3),
                new FeatureMatching(sae, other),
                new Encoding(sae, x, Optional.empty()));
        Stream<Query<?>> texts = Stream.of(
                new ForwardPass(
                        model, List.of(1, 2, 3), Map.of(1, new HostTensor(x.row(0), x.size(-1))), Set.of(), true),
                new CorpusActivations(model, List.of(sae, other), new int[][] {{1, 2, 3}, {4, 5, 6}}),
                new NormedActivations(model, List.of(sae, other), new int[][] {{1, 2, 3}, {4, 5, 6}}),
                new SaeEvaluation(model, sae, new TokenRows(new int[][] {{1, 2, 3}, {4, 5}}), Set.of(2)));
        return Stream.of(ghosts, tokens, features, texts).flatMap(some -> some);
    }

    @ParameterizedTest
    @MethodSource("questions")
    void aQuestionLeavesNothingBehind(Query<?> question) {
        Query<?> uncached = fresh(question);
        ask(uncached); // what it keeps for others on purpose is kept now
        int before = ask(new Owned());
        for (int i = 0; i < 3; i++) {
            ask(fresh(question));
        }
        assertThat(ask(new Owned())).isEqualTo(before);
    }

    @Test
    void whatLeavesSomethingBehindIsNoticed() {
        int before = ask(new Owned());
        ask((Query.Single<String>) scope -> {
            scope.arrays().getParentManager().newSubManager();
            return "a manager outside the step";
        });
        assertThat(ask(new Owned())).isEqualTo(before + 1);
    }

    /** The same question, equal to no other, so that it is computed and not remembered. */
    private static <R> Query<R> fresh(Query<R> question) {
        return question instanceof Query.Single<R> single
                ? (Query.Single<R>) single::answer
                : (Query.Stepped<R>) ((Query.Stepped<R>) question)::begin;
    }

    private <R> R ask(Query<R> query) {
        try {
            return service.submit(query, Priority.VISIBLE)
                    .answer()
                    .toCompletableFuture()
                    .join();
        } catch (CompletionException e) {
            throw new AssertionError(e.getCause());
        }
    }

    /** Everything below the service's manager, the asking step's own included. */
    private record Owned() implements Query.Single<Integer> {
        @Override
        public Integer answer(Scope scope) {
            return ManagerPeek.count(scope.arrays().getParentManager());
        }

        @Override
        public boolean cacheable() {
            return false;
        }
    }
}
