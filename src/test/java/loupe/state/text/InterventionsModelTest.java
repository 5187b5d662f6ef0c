package loupe.state.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.Npy;
import loupe.analysis.effects.Intervention;
import loupe.analysis.effects.InterventionLine;
import loupe.analysis.effects.InterventionLine.Kind;
import loupe.analysis.effects.InterventionList;
import loupe.analysis.effects.Interventions;
import loupe.analysis.effects.Positions;
import loupe.base.HookPoint;
import loupe.inference.SaeId;
import loupe.state.Opened;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.window.UndoOrder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InterventionsModelTest {
    @TempDir
    Path folder;

    private final Opened opened = new Opened();
    private final UndoOrder undo = new UndoOrder();
    private InterventionsModel model;

    @BeforeEach
    void begin() {
        model = another();
        model.keepHistory(undo);
        opened.openA();
    }

    private InterventionsModel another() {
        return new InterventionsModel(opened.workbench, new CorpusStatistics(opened.workbench, folder));
    }

    private static Interventions ablating(int... features) {
        return Interventions.of(java.util.Arrays.stream(features)
                .mapToObj(feature -> new Intervention(
                        new Intervention.Target.Feature(Opened.A, feature), new Intervention.Scale(0), Positions.ALL))
                .toList());
    }

    @Test
    void whatIsListedAndSwitchedOnIsInForce() {
        model.add(Kind.ABLATE, List.of(3));
        model.add(Kind.ABLATE, List.of(4));
        assertThat(model.interventions().get()).isEqualTo(ablating(3, 4));
        model.change(list -> list.moved(1, 0));
        assertThat(model.interventions().get()).isEqualTo(ablating(4, 3));
        model.change(list -> list.with(0, list.lines().get(0).switched(false)));
        assertThat(model.interventions().get()).isEqualTo(ablating(3));
        assertThat(model.words()).isEqualTo("ablate 3");
        model.change(list -> list.without(1));
        assertThat(model.interventions().get()).isEqualTo(Interventions.NONE);
        assertThat(model.words()).isEmpty();
        model.set(new InterventionList(List.of(), false));
        assertThat(model.interventions().get()).isEqualTo(new Interventions(List.of(), Set.of(Opened.A)));
    }

    @Test
    void aLineThatCannotBeCarriedOutSaysWhyAndTheOthersAreInForce() {
        model.set(InterventionList.parse("ablate 6\nclamp-max 1 1\nadd 1 2 at blocks.9.hook_resid_pre\n"
                + "add 1 2 at blocks.0.mlp.hook_post\nadd 1/1 2\nablate 3"));
        assertThat(model.interventions().get()).isEqualTo(ablating(3));
        assertThat(model.problems().get())
                .satisfiesExactly(
                        why -> assertThat(why).contains("no feature 6", "the last one is 5"),
                        why -> assertThat(why).contains("once a corpus is counted"),
                        why -> assertThat(why).contains("no vectors at blocks.9"),
                        why -> assertThat(why).contains("32 numbers", "direction 8"),
                        why -> assertThat(why).contains("Open a checkpoint as B first"),
                        why -> assertThat(why).isEmpty());
    }

    @Test
    void featuresOfBActOnceItIsOpenAndAreSwitchedOffWithAnother() {
        model.set(InterventionList.parse("ablate 1/2\nablate 3"));
        assertThat(model.interventions().get()).isEqualTo(ablating(3));
        opened.openB();
        assertThat(model.problems().get()).containsExactly("", "");
        assertThat(model.interventions().get().list().get(0).target())
                .isEqualTo(new Intervention.Target.Feature(Opened.B, 2));
        opened.open(opened.workbench.b(), new SaeId("c", "3"));
        assertThat(model.list().get()).hasToString("off ablate 1/2\nablate 3");
        assertThat(model.interventions().get()).isEqualTo(ablating(3));
    }

    @Test
    void aVectorOfAFileActsOnceItIsRead() {
        Path file = folder.resolve("probe.npy");
        Npy.floats(file, "(8,)", 1, 0, 0, 0, 0, 0, 0, 0);
        model.set(InterventionList.parse("add-unit file " + file + " 2 at blocks.1.hook_resid_pre\n" + "add-unit file "
                + folder.resolve("none.npy") + " 2 at blocks.1.hook_resid_pre"));
        assertThat(model.interventions().get().list()).hasSize(1);
        Intervention.Target.Direction target = (Intervention.Target.Direction)
                model.interventions().get().list().get(0).target();
        assertThat(target.at()).isEqualTo(HookPoint.residPre(1));
        assertThat(target.vector().data()).startsWith(1, 0);
        assertThat(model.problems().get().get(1)).contains("none.npy");
    }

    @Test
    void anotherCheckpointSwitchesTheListOffAndTheSameDoesNot() {
        model.add(Kind.ABLATE, List.of(3));
        opened.workbench.closeCheckpoint(opened.workbench.a());
        assertThat(model.interventions().get()).isEqualTo(Interventions.NONE);
        opened.openA();
        assertThat(model.interventions().get()).isEqualTo(ablating(3));
        opened.open(opened.workbench.a(), new SaeId("c", "3"));
        assertThat(model.interventions().get()).isEqualTo(Interventions.NONE);
        assertThat(model.list().get()).hasToString("off ablate 3");
    }

    @Test
    void whatWasListedAndNamedIsTakenBack() {
        model.add(Kind.ABLATE, List.of(3));
        model.save(" colours ");
        assertThat(undo.undoable()).hasValue("naming of interventions");
        undo.undo();
        assertThat(model.named().get()).isEmpty();
        undo.redo();
        assertThat(model.named().get()).containsOnlyKeys("colours");
        undo.undo();
        assertThat(undo.undoable()).hasValue("intervention ablate 3");
        undo.undo();
        assertThat(model.list().get()).isEqualTo(InterventionList.NONE);
        undo.redo();
        assertThat(model.list().get().lines()).containsExactly(InterventionLine.of(Kind.ABLATE, List.of(3)));
    }

    @Test
    void aSessionBringsBackTheListAndTheNamedOnes() {
        model.set(InterventionList.parse("no-error\noff ablate 3\nadd 4 2 from 1"));
        model.save("two");
        model.set(InterventionList.parse("ablate 3"));
        Map<String, String> kept = model.remembered();

        InterventionsModel next = another();
        next.recall(kept);
        assertThat(next.list().get()).isEqualTo(model.list().get());
        assertThat(next.interventions().get()).isEqualTo(ablating(3));
        next.show("two");
        assertThat(next.list().get()).hasToString("no-error\noff ablate 3\nadd 4 2 from 1");
        next.forget("two");
        assertThat(next.named().get()).isEmpty();

        next.recall(Map.of("interventions.list", "what is this", "interventions.named.x", "nonsense"));
        assertThat(next.list().get()).hasToString("no-error\noff ablate 3\nadd 4 2 from 1");
        next.recall(Map.of("interventions.list", "ablate 3", "interventions.of", "of another one"));
        assertThat(next.list().get()).hasToString("off ablate 3");
    }
}
