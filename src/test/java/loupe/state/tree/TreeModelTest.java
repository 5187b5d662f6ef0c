package loupe.state.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.NullDivergence;
import loupe.analysis.ghost.TreeBaseline;
import loupe.state.AnsweringDevice;
import loupe.state.Opened;
import loupe.state.ghost.GhostControlsModel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TreeModelTest {
    private final Opened opened = new Opened();
    private final GhostControlsModel controls = new GhostControlsModel(opened.workbench);
    private TreeModel tree;
    private final AnsweringDevice device = new AnsweringDevice(opened);

    @BeforeEach
    void begin() {
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

    private void answerTree() {
        device.answer(DefinitionTree.class);
    }

    private NullDivergence.Answer answerDraws() {
        return (NullDivergence.Answer) device.answer(NullDivergence.class);
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
