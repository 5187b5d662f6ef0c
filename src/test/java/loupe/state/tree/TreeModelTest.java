package loupe.state.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import loupe.TinyModel;
import loupe.analysis.TestDevice;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.NullDivergence;
import loupe.analysis.ghost.TreeBaseline;
import loupe.lm.ModelConfig;
import loupe.state.FakeService;
import loupe.state.Opened;
import loupe.state.ghost.GhostControlsModel;
import loupe.tensor.HostTensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TreeModelTest {
    private final Opened opened = new Opened();
    private final GhostControlsModel controls = new GhostControlsModel(opened.workbench);
    private TreeModel tree;
    private TestDevice device;

    @BeforeEach
    void begin() {
        device = new TestDevice();
        ModelConfig config = ModelConfig.gpt2(50, 16, 8, 2, 2);
        device.model(Opened.MODEL, config, TinyModel.weights(config, 7));
        device.sae(Opened.A, numbers(8, 6), numbers(6, 8));
        controls.prompt().set("a{ghost}b");
        controls.cutoff().set(1e-2);
        controls.depth().set(3);
        tree = new TreeModel(opened.workbench, opened.workbench.a(), controls);
        opened.openA();
        opened.choose(1);
        answerTree();
    }

    @AfterEach
    void close() {
        device.close();
    }

    private static HostTensor numbers(int rows, int columns) {
        float[] data = new float[rows * columns];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) Math.sin(7 * i + 1);
        }
        return new HostTensor(data, rows, columns);
    }

    private void answerTree() {
        FakeService.Ask<?> ask = opened.newest(DefinitionTree.class);
        ask.answer(device.ask(ask.query));
    }

    private NullDivergence.Answer answerDraws() {
        FakeService.Ask<?> ask = opened.newest(NullDivergence.class);
        Object answer = device.ask(ask.query);
        ask.answer(answer);
        return (NullDivergence.Answer) answer;
    }

    @Test
    void aWholeTreeWithABaselineIsComparedWithRandomDirections() {
        tree.baseline().set(TreeBaseline.CENTROID);
        answerTree();
        assertThat(tree.beyondChance().get()).isNull();
        NullDivergence.Answer draws = answerDraws();
        assertThat(draws.divergences()).hasSize(NullDivergence.DEFAULT_DRAWS);
        NullDivergence.Corrected corrected = tree.beyondChance().get();
        assertThat(corrected.mean()).isCloseTo(draws.mean(), within(1e-12));
        assertThat(corrected.divergence()).isCloseTo(tree.tree().getValue().divergence(), within(1e-4));
    }

    @Test
    void anotherScaleIsComparedWithItsOwnDraws() {
        tree.baseline().set(TreeBaseline.CENTROID);
        answerTree();
        double before = answerDraws().mean();
        controls.scale().set(0.5);
        answerTree();
        assertThat(tree.beyondChance().get())
                .as("until its own draws are there")
                .isNull();
        assertThat(answerDraws().mean()).isNotEqualTo(before);
        assertThat(tree.beyondChance().get()).isNotNull();
        tree.baseline().set(TreeBaseline.NONE);
        answerTree();
        assertThat(tree.beyondChance().get()).isNull();
    }
}
