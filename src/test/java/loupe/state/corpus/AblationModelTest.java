package loupe.state.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loupe.analysis.ablation.AblatedText;
import loupe.analysis.ablation.Replacement;
import loupe.analysis.ablation.TokenSets;
import loupe.base.Cancellation;
import loupe.index.ActivationIndex;
import loupe.index.Corpus;
import loupe.index.DocumentPacking;
import loupe.index.Example;
import loupe.index.IndexBuild;
import loupe.index.IndexInfo;
import loupe.sae.SparseFeatures;
import loupe.state.FakeService;
import loupe.state.Opened;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AblationModelTest {
    private static final int CONTEXT = 16;

    private final Opened opened = new Opened();
    private final AblationModel model = new AblationModel(opened.workbench, opened.workbench.a());
    private ActivationIndex index;
    private Example example;

    /**
     * Tokens 0 to 39, each its own id; the feature is 1 everywhere. The example is around token 25, position 9 of the
     * second context.
     */
    @BeforeEach
    void open(@TempDir Path folder) throws IOException {
        Path corpus = Files.writeString(
                folder.resolve("corpus.txt"),
                IntStream.range(0, 40).mapToObj(String::valueOf).collect(Collectors.joining(" ")));
        IndexInfo.IndexedSae sae = new IndexInfo.IndexedSae("sae", new IndexInfo.Named("a", "1"), 1, "", 0);
        new IndexBuild(
                        new IndexBuild.Settings(
                                new IndexInfo.Named("tiny", "m"),
                                List.of(sae),
                                CONTEXT,
                                OptionalInt.empty(),
                                DocumentPacking.PACKED,
                                Long.MAX_VALUE),
                        Corpus.of(List.of(corpus)),
                        text -> Arrays.stream(text.split(" "))
                                .mapToInt(Integer::parseInt)
                                .toArray(),
                        contexts -> {
                            int rows = Arrays.stream(contexts.all())
                                    .mapToInt(context -> context.length)
                                    .sum();
                            float[] ones = new float[rows];
                            Arrays.fill(ones, 1);
                            return CompletableFuture.completedFuture(List.of(new SparseFeatures(
                                    rows, 1, IntStream.rangeClosed(0, rows).toArray(), new int[rows], ones)));
                        },
                        folder.resolve("index"))
                .run(false, progress -> {}, new Cancellation());
        index = ActivationIndex.open(folder.resolve("index"));
        example = index.examples(index.activations(0, 0), new int[] {25}, 4, 2).get(0);
        opened.openA();
        opened.choose(3);
    }

    @AfterEach
    void close() {
        index.close();
    }

    @Test
    void theModelReadsTheWholeContextAndOnlyShownTokensAreTakenAway() {
        assertThat(example.focus()).isEqualTo(4);
        model.ask(index, example, AblationModel.How.REMOVED);
        assertThat(opened.newest(AblatedText.class).query)
                .isEqualTo(new AblatedText(
                        Opened.MODEL,
                        Opened.A,
                        3,
                        IntStream.rangeClosed(16, 25).boxed().toList(),
                        5,
                        TokenSets.singles(),
                        Replacement.REMOVED));
        AblatedText.Answer answer =
                new AblatedText.Answer(2, new int[10], TokenSets.singles().of(5, 9), new float[] {2, 2, 1, 0});
        opened.newest(AblatedText.class).answer(answer);
        assertThat(model.answer().getValue()).isSameAs(answer);
        assertThat(model.subject().get().example()).isSameAs(example);
    }

    @Test
    void replacingNeedsATokenToReplaceBy() {
        assertThat(model.replacement()).as("this tokenizer has no beginning").isEmpty();
        model.ask(index, example, AblationModel.How.REPLACED);
        assertThat(model.subject().get()).isNull();
        assertThat(opened.count(AblatedText.class)).isZero();
    }

    @Test
    void anotherFeatureClosesIt() {
        model.ask(index, example, AblationModel.How.REMOVED);
        FakeService.Ask<?> ask = opened.newest(AblatedText.class);
        opened.choose(4);
        assertThat(model.subject().get()).isNull();
        assertThat(ask.cancelled).isTrue();
        assertThat(model.answer().getValue()).isNull();
    }

    @Test
    void theSameExampleCanBeAskedForAgain() {
        model.ask(index, example, AblationModel.How.REMOVED);
        model.close();
        model.ask(index, example, AblationModel.How.REMOVED);
        assertThat(opened.count(AblatedText.class)).isEqualTo(2);
    }
}
