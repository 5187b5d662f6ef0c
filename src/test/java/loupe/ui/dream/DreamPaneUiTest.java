package loupe.ui.dream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javafx.scene.control.TableView;
import loupe.analysis.dream.Dream;
import loupe.analysis.dream.DreamState;
import loupe.analysis.dream.DreamText;
import loupe.analysis.dream.TextMeasures;
import loupe.state.WorkbenchModels;
import loupe.state.dream.DreamModel;
import loupe.ui.PaneUiTest;
import loupe.ui.pane.PaneFrame;
import loupe.ui.token.TokenStrip;
import org.junit.jupiter.api.Test;

class DreamPaneUiTest extends PaneUiTest {
    private WorkbenchModels models;
    private DreamModel dream;

    @Override
    protected PaneFrame make() {
        models = new WorkbenchModels(opened.workbench, folder);
        dream = models.dream();
        return new DreamPane(dream, texts, () -> "model", saver).node();
    }

    @Test
    void whatIsFoundIsListedDrawnAndSentToThePrompt() {
        assertThat(onFx(() -> lookup("#dream-stop").query().isDisabled())).isTrue();
        onFx(() -> {
            opened.openA();
            opened.choose(3);
            dream.length().set("2");
            dream.start();
        });
        DreamText likely = new DreamText(List.of(1, 0), 2, 2, 0, 1.5);
        DreamText strong = new DreamText(List.of(1, 4), 5, 5, 0, 4);
        DreamText random = new DreamText(List.of(6, 6), -1, 0, 0, 8);
        onFx(() -> opened.newest(Dream.class)
                .part(
                        new DreamState(
                                2,
                                Collections.nCopies(8, strong),
                                List.of(likely, strong),
                                List.of(random),
                                Optional.empty(),
                                576,
                                12,
                                Map.of()),
                        0.01));

        TableView<?> table = lookup("#dream-texts").query();
        assertThat(cells(table, "From")).containsExactly("found", "found", "random");
        assertThat(cells(table, "Text")).first().asString().isEqualTo("be");
        assertThat(subtitle()).isEqualTo("feature 3, seed 0");
        assertThat(onFx(() -> lookup("#dream-stop").query().isDisabled())).isFalse();

        onFx(() -> table.getSelectionModel().select(1));
        assertThat(((TextMeasures) opened.newest(TextMeasures.class).query).texts())
                .containsExactly(new TextMeasures.Text(List.of(), List.of(1, 0)));
        answer(TextMeasures.class, List.of(new TextMeasures.Measured(likely, List.of(0f, 2f))));
        TokenStrip strip = lookup(".token-strip").query();
        assertThat(onFx(strip::isVisible)).isTrue();
        assertThat(models.prompt().pair().get().clean()).isEmpty();
        clickOn(row(table, 1));
        assertThat(models.prompt().pair().get().clean()).isEqualTo("ba");
    }
}
