package loupe.state.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import loupe.analysis.Vectors;
import loupe.analysis.effects.Intervention;
import loupe.analysis.effects.Interventions;
import loupe.analysis.effects.Positions;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.ghost.GhostBasis;
import loupe.analysis.ghost.GhostPrompt;
import loupe.analysis.ghost.NullDivergence;
import loupe.analysis.ghost.TreeBaseline;
import loupe.analysis.ghost.Verbaliser;
import loupe.state.AnsweringDevice;
import loupe.state.Opened;
import loupe.state.ghost.ChosenVerbaliser;
import loupe.state.ghost.GhostControlsModel;
import loupe.state.ghost.GhostKnobs;
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
    void theTreeGrowsUnderTheListedInterventionsWhileThatIsSwitchedOn() {
        Interventions done = Interventions.of(List.of(new Intervention(
                new Intervention.Target.Feature(Opened.A, 2), new Intervention.Scale(0), Positions.ALL)));
        tree.listed().set(new TreeModel.Listed(done, "ablate 2"));
        assertThat(tree.inForce().get()).isEqualTo(TreeModel.Listed.NOTHING);
        tree.withListed().set(true);
        assertThat(((DefinitionTree) opened.newest(DefinitionTree.class).query).done())
                .isEqualTo(done);
        tree.cleanWanted().set(true);
        assertThat(((DefinitionTree) opened.newest(DefinitionTree.class).query).done())
                .as("the tree that it is compared with")
                .isEqualTo(Interventions.NONE);
        tree.listed().set(TreeModel.Listed.NOTHING);
        assertThat(tree.inForce().get().words()).isEmpty();
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

    @Test
    void asManyRandomDirectionsAreDrawnAsTheControlsSay() {
        tree.baseline().set(TreeBaseline.CENTROID);
        answerTree();
        answerDraws();
        controls.property(GhostKnobs.NULL_DRAWS).set(3);
        assertThat(tree.beyondChance().get()).as("of 16").isNull();
        assertThat(answerDraws().divergences()).hasSize(3);
        assertThat(tree.beyondChance().get().chance()).isIn(0.25, 0.5, 0.75, 1.0);
    }

    @Test
    void aTokenThatIsLeftOutIsInNoTree() {
        int first = tree.tree().getValue().token(1);
        controls.property(GhostKnobs.MASK_ID).set(Optional.of(first));
        answerTree();
        DefinitionTree.Answer without = tree.tree().getValue();
        assertThat(without.size()).isGreaterThan(1);
        assertThat(IntStream.range(1, without.size()).map(without::token)).doesNotContain(first);
        controls.property(GhostKnobs.MASK_ID).set(Optional.of(50));
        assertThat(tree.promptProblem().get().message())
                .isEqualTo("Token 50 is to be left out, but the model has only 50 tokens, from 0. Leave out another, "
                        + "or none");
    }

    @Test
    void theTreeOfAPromptInTokensIsThatOfItsText() {
        DefinitionTree.Answer ofText = tree.tree().getValue();
        controls.useIds(true);
        assertThat(controls.values().get().promptIds().orElseThrow())
                .isEqualTo(ofText.query().prompt());
        controls.property(GhostKnobs.PROMPT_IDS).set(Optional.of(GhostPrompt.ofIds("0 {ghost} 4")));
        answerTree();
        assertThat(tree.tree().getValue().query().prompt().ids()).containsExactly(0, 0, 4);
        controls.property(GhostKnobs.PROMPT_IDS).set(Optional.of(GhostPrompt.ofIds("{ghost} 77")));
        assertThat(tree.promptProblem().get().message()).startsWith("The prompt has token 77, but the model has only");
    }

    @Test
    void aVerbaliserBringsItsPromptAndTheLengthOfItsNorm() {
        controls.encoderMix().set(0.25);
        answerTree();
        controls.property(GhostKnobs.VERBALISER)
                .set(Optional.of(new ChosenVerbaliser("v.json", new Verbaliser("abc{ghost}", 15))));
        device.answer(GhostBasis.class);
        answerTree();
        DefinitionTree grown = tree.tree().getValue().query();
        assertThat(grown.prompt().ids()).hasSize(4);
        GhostBasis.Answer basis = (GhostBasis.Answer) device.ask(new GhostBasis(Opened.MODEL, grown.ghost()));
        assertThat(Vectors.norm(Vectors.doubles(basis.vector(grown.ghost()).ghost())))
                .isCloseTo(15, within(1e-5));
        controls.property(GhostKnobs.VERBALISER).set(Optional.empty());
        answerTree();
        assertThat(tree.tree().getValue().query().ghost().centroid()).isTrue();
    }
}
