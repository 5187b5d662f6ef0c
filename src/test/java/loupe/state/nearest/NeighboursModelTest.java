package loupe.state.nearest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import loupe.Npy;
import loupe.TinyModel;
import loupe.analysis.features.NeighbourQuery;
import loupe.analysis.features.NeighbourSpace;
import loupe.analysis.features.Neighbours;
import loupe.state.FakeService;
import loupe.state.Opened;
import loupe.state.window.VocabularyTexts;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NeighboursModelTest {
    @TempDir
    Path folder;

    private final Opened opened = new Opened();
    private NeighboursModel model;

    @BeforeEach
    void begin() {
        model = new NeighboursModel(opened.workbench, opened.workbench.a(), new VocabularyTexts(opened.workbench));
        opened.openA();
        opened.choose(3);
    }

    private Neighbours asked() {
        return (Neighbours) opened.newest(Neighbours.class).query;
    }

    private static Neighbours.Answer answer(int id) {
        return new Neighbours.Answer(new int[] {id}, new double[] {0.5}, Double.NaN);
    }

    @Test
    void anEmptyQueryLooksFromTheChosenFeature() {
        assertThat(asked().of()).isEqualTo(new NeighbourQuery.Feature(Opened.A, 3));
        assertThat(asked().in()).isEqualTo(new NeighbourSpace.Decoder(Opened.A));
        model.among().set(NeighboursModel.Among.TOKENS);
        assertThat(asked().of()).isEqualTo(new NeighbourQuery.Feature(Opened.A, 3));
        assertThat(asked().in()).isEqualTo(new NeighbourSpace.Tokens(Opened.MODEL));
    }

    @Test
    void whatIsTypedIsAFeatureATokenOrTheMeanOfAText() {
        model.query().set("#5");
        assertThat(asked().of()).isEqualTo(new NeighbourQuery.Feature(Opened.A, 5));
        model.query().set(" token 42 ");
        assertThat(asked().of()).isEqualTo(new NeighbourQuery.Token(Opened.MODEL, 42));
        model.query().set("b");
        assertThat(asked().of()).isEqualTo(new NeighbourQuery.Token(Opened.MODEL, 1));
        model.query().set("bad");
        assertThat(asked().of()).isEqualTo(new NeighbourQuery.Text(Opened.MODEL, List.of(1, 0, 3)));
    }

    @Test
    void whatDoesNotExistIsRefusedAndNothingIsListed() {
        opened.newest(Neighbours.class).answer(answer(1));
        model.query().set("#6");
        assertThat(model.queryProblem().get().message()).startsWith("There is no feature 6: the last one is 5");
        assertThat(model.neighbours().getValue()).isNull();
        assertThat(model.neighbours().isPending()).isFalse();
        model.query().set("token 50");
        assertThat(model.queryProblem().get().message()).startsWith("There is no token 50: the last one is 49");
        model.query().set("");
        assertThat(model.queryProblem().get()).isNull();
        assertThat(model.neighbours().isPending()).isTrue();
    }

    @Test
    void vectorsAreAddedAndSubtractedAndAHalfWrittenSumIsNoText() {
        model.query().set("#1 - 0.5 * token 42 + \"bad\"");
        assertThat(asked().of())
                .isEqualTo(new NeighbourQuery.Sum(List.of(
                        new NeighbourQuery.Term(1, new NeighbourQuery.Feature(Opened.A, 1)),
                        new NeighbourQuery.Term(-0.5, new NeighbourQuery.Token(Opened.MODEL, 42)),
                        new NeighbourQuery.Term(1, new NeighbourQuery.Text(Opened.MODEL, List.of(1, 0, 3))))));
        long before = opened.count(Neighbours.class);
        model.query().set("#1 - bad");
        assertThat(model.queryProblem().get().message()).contains("- bad");
        assertThat(opened.count(Neighbours.class)).isEqualTo(before);
    }

    @Test
    void aTokenThatWasClickedElsewhereIsShownUntilTheNextFeature() {
        model.askOfToken(42);
        assertThat(model.query().get()).isEqualTo("token 42");
        assertThat(asked().in()).isEqualTo(new NeighbourSpace.Tokens(Opened.MODEL));
        opened.choose(4);
        assertThat(model.query().get()).isEmpty();
        assertThat(asked().of()).isEqualTo(new NeighbourQuery.Feature(Opened.A, 4));
        assertThat(asked().in()).isEqualTo(new NeighbourSpace.Decoder(Opened.A));
        model.drawRandom();
        opened.choose(2);
        assertThat(asked().of()).isEqualTo(new NeighbourQuery.Feature(Opened.A, 2));
    }

    @Test
    void featuresAndTokensAreComparedByTheVectorsThatAreChosen() {
        model.featuresBy().set(NeighboursModel.FeaturesBy.ENCODER);
        assertThat(asked().in()).isEqualTo(new NeighbourSpace.Encoder(Opened.A));
        model.among().set(NeighboursModel.Among.TOKENS);
        model.tokensBy().set(NeighboursModel.TokensBy.UNEMBEDDING);
        assertThat(asked().in()).isEqualTo(new NeighbourSpace.Unembedding(Opened.MODEL));
        model.tokensBy().set(NeighboursModel.TokensBy.BIAS);
        assertThat(asked().in()).isEqualTo(new NeighbourSpace.Biases(Opened.A));
    }

    @Test
    void anotherFeatureMovesAnEmptyQueryAndLeavesATypedOne() {
        opened.choose(4);
        assertThat(asked().of()).isEqualTo(new NeighbourQuery.Feature(Opened.A, 4));
        model.query().set("token 7");
        opened.newest(Neighbours.class).answer(answer(2));
        long before = opened.count(Neighbours.class);
        opened.choose(2);
        assertThat(opened.count(Neighbours.class)).isEqualTo(before);
        assertThat(model.neighbours().getValue().ids()).containsExactly(2);
    }

    @Test
    void anOlderAnswerNeverReplacesANewerOne() {
        FakeService.Ask<?> first = opened.newest(Neighbours.class);
        opened.choose(4);
        opened.newest(Neighbours.class).answer(answer(1));
        first.answer(answer(5));
        assertThat(model.neighbours().getValue().ids()).containsExactly(1);
    }

    @Test
    void everyDrawIsAnotherRandomVectorAndTypingGoesBack() {
        model.drawRandom();
        NeighbourQuery first = asked().of();
        model.drawRandom();
        assertThat(asked().of()).isInstanceOf(NeighbourQuery.RandomVector.class).isNotEqualTo(first);
        model.query().set("#1");
        assertThat(model.random().get()).isFalse();
        assertThat(asked().of()).isEqualTo(new NeighbourQuery.Feature(Opened.A, 1));
    }

    @Test
    void whenTheCheckpointClosesNothingIsAskedOrLeft() {
        FakeService.Ask<?> ask = opened.newest(Neighbours.class);
        opened.workbench.closeCheckpoint(opened.workbench.a());
        assertThat(ask.cancelled).isTrue();
        assertThat(model.neighbours().getValue()).isNull();
        assertThat(model.neighbours().isPending()).isFalse();
    }

    private static final float[] EIGHT = {1, 0, 0, 0, 0, 0, 0, -1};

    private Path file(String name, float... values) {
        return Npy.floats(folder.resolve(name), "(" + values.length + ",)", values);
    }

    @Test
    void aVectorInAFileIsReadOffTheFxThreadAndStaysForOtherFeatures() {
        Deque<Runnable> files = new ArrayDeque<>();
        opened.service.files = files::add;
        model.showFile(file("own.npy", EIGHT));
        assertThat(model.status().getValue().pending()).isTrue();
        assertThat(model.neighbours().isPending()).as("not before it is read").isFalse();
        files.remove().run();
        assertThat(asked().of()).isEqualTo(new NeighbourQuery.Vector(new HostTensor(EIGHT, 8)));
        opened.newest(Neighbours.class).answer(answer(2));
        opened.choose(4);
        assertThat(files).as("read once").isEmpty();
        assertThat(model.neighbours().getValue().ids()).containsExactly(2);
        model.showFeature();
        assertThat(asked().of()).isEqualTo(new NeighbourQuery.Feature(Opened.A, 4));
    }

    @Test
    void aVectorThatCannotBeComparedIsRefusedByItsNameUntilTheSpaceHasItsWidth() {
        model.showFile(file("wide.npy", new float[32]));
        assertThat(model.queryProblem().get().message())
                .isEqualTo("wide.npy is [32], expected one vector of 8 numbers, the width of the decoder directions. "
                        + "Choose another vector.");
        assertThat(model.neighbours().isPending()).isFalse();
        float[] wide = new float[32];
        wide[3] = 1;
        file("wide.npy", wide);
        opened.workbench.closeCheckpoint(opened.workbench.a());
        opened.openA(32);
        opened.choose(3);
        assertThat(model.queryProblem().get()).isNull();
        assertThat(asked().of()).isInstanceOf(NeighbourQuery.Vector.class);
    }

    @Test
    void aChangedFileIsReadOnceMoreWhenItIsChosenAgain() {
        model.showFile(file("own.npy", EIGHT));
        model.showFile(file("own.npy", 0, 1, 0, 0, 0, 0, 0, 0));
        assertThat(asked().of())
                .isEqualTo(new NeighbourQuery.Vector(new HostTensor(new float[] {0, 1, 0, 0, 0, 0, 0, 0}, 8)));
    }

    @Test
    void aNameIsTypedBehindTheFileThatIsShownWithoutItsFolder() throws IOException {
        Path both = folder.resolve("both.safetensors");
        TinyModel.writeSafetensors(both, Map.of("a", new HostTensor(EIGHT, 8), "b", new HostTensor(EIGHT, 8)));
        model.showFile(both);
        assertThat(model.queryProblem().get().message()).contains("2 arrays").contains("both.safetensors:");
        model.askTyped("file both.safetensors:b");
        assertThat(model.queryProblem().get()).isNull();
        assertThat(asked().of()).isEqualTo(new NeighbourQuery.Vector(new HostTensor(EIGHT, 8)));
    }

    @Test
    void aFileOfASessionThatIsGoneLeavesTheFeature() {
        Path own = file("own.npy", EIGHT);
        model.showFile(own);
        String kept = model.keptQuery();
        model.showFeature();
        model.recallQuery(kept);
        assertThat(asked().of()).isEqualTo(new NeighbourQuery.Vector(new HostTensor(EIGHT, 8)));
        model.recallQuery(kept.replace("own", "gone"));
        assertThat(model.query().get()).isEmpty();
        assertThat(model.queryProblem().get()).isNull();
        assertThat(asked().of()).isEqualTo(new NeighbourQuery.Feature(Opened.A, 3));
    }

    @Test
    void aTokenThatWasClickedElsewhereIsNotKept() {
        model.askOfToken(4);
        assertThat(model.keptQuery()).isEmpty();
    }
}
