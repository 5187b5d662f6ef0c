package loupe.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import javafx.beans.value.ObservableValue;
import loupe.analysis.features.Neighbours;
import loupe.analysis.ghost.DefinitionTree;
import loupe.analysis.lens.LogitWeights;
import loupe.analysis.tokens.TokenColumns;
import loupe.state.pane.PaneStatus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every pane says of itself, from before anything is open. */
class PaneStatusesTest {
    @TempDir
    Path cache;

    private final Opened opened = new Opened();
    private WorkbenchModels models;

    @BeforeEach
    void begin() {
        models = new WorkbenchModels(opened.workbench, cache);
        models.controls().prompt().set("a {ghost} is");
    }

    @Test
    void beforeACheckpointIsOpenEveryPaneSaysWhatToDo() {
        statuses()
                .forEach((pane, status) -> assertThat(status.getValue().shown())
                        .as(pane)
                        .isInstanceOf(PaneStatus.Empty.class)
                        .extracting(shown -> ((PaneStatus.Empty) shown).why())
                        .asString()
                        .matches("(Choose|Open) .*"));
    }

    @Test
    void withoutACorpusWhatShowsActivationsSaysSo() {
        opened.openA();
        for (String pane : new String[] {"histogram", "examples", "together"}) {
            assertThat(why(pane)).as(pane).startsWith("No corpus is open");
        }
    }

    @Test
    void aPaneWhoseAnswerIsOnItsWayWaits() {
        opened.openA();
        for (String pane : new String[] {"logits", "tree", "tokens", "neighbours"}) {
            PaneStatus status = statuses().get(pane).getValue();
            assertThat(status.pending()).as(pane).isTrue();
            assertThat(status.shown()).as(pane).isInstanceOf(PaneStatus.Content.class);
        }
        assertThat(statuses().get("table").getValue().shown()).isInstanceOf(PaneStatus.Content.class);
    }

    @Test
    void aPaneWhoseQuestionFailedSaysWhyAndAsksAgain() {
        opened.openA();
        Map<String, Class<?>> questions = Map.of(
                "logits", LogitWeights.class,
                "tree", DefinitionTree.class,
                "tokens", TokenColumns.class,
                "neighbours", Neighbours.class);
        questions.forEach((pane, question) -> {
            opened.newest(question).fail(new IllegalStateException(pane + " cannot be worked out"));
            PaneStatus.Failed failed =
                    (PaneStatus.Failed) statuses().get(pane).getValue().shown();
            assertThat(failed.problem().message()).contains(pane + " cannot be worked out");
            long asked = opened.count(question);
            failed.retry().orElseThrow().run();
            assertThat(opened.count(question)).as(pane).isEqualTo(asked + 1);
            assertThat(statuses().get(pane).getValue().shown()).as(pane).isInstanceOf(PaneStatus.Content.class);
        });
    }

    @Test
    void aPromptThatCannotBeUsedIsNotTriedAgain() {
        opened.openA();
        models.controls().prompt().set("abc {ghost} " + "x".repeat(40));
        PaneStatus.Failed failed =
                (PaneStatus.Failed) statuses().get("tree").getValue().shown();
        assertThat(failed.problem().message()).contains("sees only 16");
        assertThat(failed.retry()).isEmpty();
    }

    @Test
    void aCheckpointBesideTheResidualStreamHasNoLogitWeightsAndThePaneSaysWhy() {
        opened.openA(32);
        assertThat(opened.count(LogitWeights.class)).isZero();
        assertThat(why("logits"))
                .startsWith("This checkpoint writes vectors of 32 numbers")
                .contains("residual stream, which has 8");
    }

    @Test
    void whatClosesTakesThePanesBackToWhereTheyBegan() {
        Map<String, PaneStatus> before = now();
        opened.openA();
        opened.workbench.closeCheckpoint(opened.workbench.a());
        assertThat(now()).isEqualTo(before);
    }

    private String why(String pane) {
        return ((PaneStatus.Empty) statuses().get(pane).getValue().shown()).why();
    }

    private Map<String, PaneStatus> now() {
        Map<String, PaneStatus> now = new LinkedHashMap<>();
        statuses().forEach((pane, status) -> now.put(pane, status.getValue()));
        return now;
    }

    private Map<String, ObservableValue<PaneStatus>> statuses() {
        SideModels a = models.a();
        Map<String, ObservableValue<PaneStatus>> all = new LinkedHashMap<>();
        all.put("table", models.table().status());
        all.put("scatter", models.scatter().status());
        all.put("histogram", a.histogram().status());
        all.put("logits", a.logits().status());
        all.put("examples", a.examples().status());
        all.put("text", a.text().status());
        all.put("tree", a.comparison().status());
        all.put("tokens", a.tokens().status());
        all.put("neighbours", a.neighbours().status());
        all.put("together", a.together().status());
        return all;
    }
}
