package loupe.state.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalDouble;
import loupe.analysis.effects.Intervention;
import loupe.analysis.effects.InterventionLine.Kind;
import loupe.analysis.effects.InterventionList;
import loupe.analysis.effects.Interventions;
import loupe.analysis.effects.MovedTokens;
import loupe.analysis.effects.Positions;
import loupe.analysis.effects.PromptEffects;
import loupe.analysis.effects.TokenEffects;
import loupe.state.Opened;
import loupe.state.WorkbenchModels;
import loupe.state.pane.PaneStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EffectsModelTest {
    @TempDir
    Path folder;

    private final Opened opened = new Opened();
    private WorkbenchModels models;
    private EffectsModel model;

    @BeforeEach
    void begin() {
        models = new WorkbenchModels(opened.workbench, folder);
        model = models.effects();
        opened.openA();
        opened.choose(3);
        models.prompt().pair().set(PromptPair.of("bad"));
    }

    private static Interventions ablating(int feature) {
        return Interventions.of(List.of(new Intervention(
                new Intervention.Target.Feature(Opened.A, feature), new Intervention.Scale(0), Positions.ALL)));
    }

    private String why() {
        return model.status().getValue().shown() instanceof PaneStatus.Empty empty ? empty.why() : "";
    }

    @Test
    void nothingIsAskedWhileNobodyLooks() {
        assertThat(opened.count(PromptEffects.class)).isZero();
        model.setShown(true);
        assertThat(((PromptEffects) opened.newest(PromptEffects.class).query).ids())
                .containsExactly(1, 0, 3);
        assertThat(((TokenEffects) opened.newest(TokenEffects.class).query).position())
                .isEqualTo(2);
    }

    @Test
    void theChosenFeatureIsAblatedUntilInterventionsAreInForce() {
        model.setShown(true);
        assertThat(((PromptEffects) opened.newest(PromptEffects.class).query).done())
                .isEqualTo(ablating(3));
        assertThat(model.done().get().words()).isEqualTo("ablate 3");
        opened.choose(4);
        assertThat(model.done().get().interventions()).isEqualTo(ablating(4));
        models.interventions().add(Kind.ABLATE, List.of(1));
        assertThat(model.done().get().interventions()).isEqualTo(ablating(1));
        assertThat(model.done().get().isChosen()).isFalse();
        models.interventions().set(InterventionList.NONE);
        assertThat(model.done().get().interventions()).isEqualTo(ablating(4));
    }

    @Test
    void anotherTokenAsksForItsTokensOnly() {
        model.setShown(true);
        opened.newest(PromptEffects.class)
                .answer(new PromptEffects.Answer(
                        new double[2],
                        new double[2],
                        new double[3],
                        new PromptEffects.Likely[3],
                        new PromptEffects.Likely[3],
                        3,
                        3));
        long before = opened.count(PromptEffects.class);
        opened.newest(TokenEffects.class).answer(new MovedTokens(List.of(), List.of(), OptionalDouble.empty()));
        models.prompt().position().set(1);
        assertThat(((TokenEffects) opened.newest(TokenEffects.class).query).position())
                .isEqualTo(1);
        assertThat(opened.count(PromptEffects.class)).isEqualTo(before);
    }

    @Test
    void whatIsMissingIsSaid() {
        models.prompt().pair().set(PromptPair.EMPTY);
        assertThat(why()).startsWith("Type a clean prompt");
        model.over().set(EffectsModel.Over.EXAMPLES);
        assertThat(why()).startsWith("No corpus is open");
        model.over().set(EffectsModel.Over.CORPUS);
        assertThat(why()).startsWith("No corpus is open to measure over");
        model.over().set(EffectsModel.Over.EXAMPLES);
        opened.workbench.closeCheckpoint(opened.workbench.a());
        assertThat(why()).startsWith("Open a checkpoint");
        model.over().set(EffectsModel.Over.PROMPT);
        assertThat(why()).startsWith("Choose a feature");
        opened.workbench.closeModel();
        assertThat(why()).startsWith("Open a model");
    }
}
