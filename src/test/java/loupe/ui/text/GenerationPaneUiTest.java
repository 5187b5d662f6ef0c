package loupe.ui.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import javafx.scene.control.Button;
import javafx.scene.control.Labeled;
import javafx.scene.control.TextField;
import loupe.analysis.effects.Generation;
import loupe.analysis.effects.Generation.Text;
import loupe.analysis.effects.InterventionLine.Kind;
import loupe.state.WorkbenchModels;
import loupe.state.text.PromptPair;
import loupe.ui.PaneUiTest;
import loupe.ui.pane.PaneFrame;
import loupe.ui.token.TokenStrip;
import org.junit.jupiter.api.Test;

class GenerationPaneUiTest extends PaneUiTest {
    private WorkbenchModels models;

    @Override
    protected PaneFrame make() {
        opened.openA();
        models = new WorkbenchModels(opened.workbench, folder);
        models.prompt().pair().set(PromptPair.of("bad"));
        return new GenerationPane(models.generation(), texts).node();
    }

    private static Text text(int... ids) {
        Random random = new Random(ids.length);
        List<Integer> list = java.util.Arrays.stream(ids).boxed().toList();
        return new Text(
                list, list.stream().map(id -> -random.nextDouble() - 0.5).toList(), Optional.empty());
    }

    private Generation asked() {
        return (Generation) opened.newest(Generation.class).query;
    }

    @Test
    void textsStreamSideBySideWithTheirLogProbabilitiesAndCanBeStopped() {
        assertThat(asked().ids()).containsExactly(1, 0, 3);
        assertThat(asked().tokens()).as("the context of 16 has room for 13").isEqualTo(13);
        onFx(() -> models.interventions().add(Kind.ABLATE, List.of(3)));
        onFx(() -> opened.newest(Generation.class).part(new Generation.Answer(text(0, 1), text(2, 3), 5), 0.2));
        assertThat(asked().interventions().list()).hasSize(1);
        assertThat(subtitle()).isEqualTo("2 tokens");
        assertThat(onFx(() -> lookup("#generation-steered").<TokenStrip>query().isVisible()))
                .isTrue();
        assertThat(onFx(() -> lookup(".pane-foot").<Labeled>query().getText()))
                .startsWith("Interventions were applied 5 times");
        choose("Copy the texts");
        assertThat(copied()).isEqualTo("badab\n\nbadcd");
        choose("Copy the tokens");
        assertThat(copied().lines()).hasSize(5);

        onFx(() -> lookup("#generation-stop").<Button>query().fire());
        assertThat(subtitle()).isEqualTo("2 tokens");
        assertThat(onFx(() -> models.generation().texts().isPending())).isFalse();

        onFx(() -> lookup("#generation-next").<Button>query().fire());
        assertThat(asked().sampling().seed()).isEqualTo(1);
        answer(Generation.class, new Generation.Answer(text(4), text(5), 4));
        type("#generation-temperature", "-1");
        assertThat(onFx(() -> lookup("#generation-reason").<Labeled>query().getText()))
                .contains("Temperature is -1");
        type("#generation-temperature", "0.5");
        assertThat(asked().sampling().temperature()).isEqualTo(0.5);

        WorkbenchModels again = onFx(() -> {
            WorkbenchModels other = new WorkbenchModels(opened.workbench, folder);
            other.recall(models.remembered());
            return other;
        });
        assertThat(onFx(() -> again.generation().settings().get()))
                .isEqualTo(onFx(() -> models.generation().settings().get()));
    }

    private void type(String id, String text) {
        onFx(() -> {
            TextField field = lookup(id).query();
            field.setText(text);
            field.getOnAction().handle(null);
        });
    }
}
