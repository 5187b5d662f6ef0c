package loupe.ui.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import javafx.beans.property.SimpleBooleanProperty;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.input.KeyCode;
import loupe.state.PlantedCorpus;
import loupe.state.corpus.ActivationsModel;
import loupe.state.corpus.CoActivationModel;
import loupe.state.corpus.CoActivationModel.Measure;
import loupe.state.corpus.CoActivationModel.Row;
import loupe.state.corpus.CoActivationModel.With;
import loupe.state.window.SharedRange;
import loupe.ui.PaneUiTest;
import loupe.ui.pane.PaneFrame;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CoActivationPaneUiTest extends PaneUiTest {
    private final List<Integer> chosen = new ArrayList<>();
    private PlantedCorpus corpus;
    private CoActivationModel model;
    private CoActivationPane pane;

    @Override
    protected PaneFrame make() {
        corpus = new PlantedCorpus(opened, folder);
        model = new CoActivationModel(
                opened.workbench,
                new ActivationsModel(opened.workbench, opened.workbench.a(), corpus.statistics(), new SharedRange()),
                texts);
        pane = new CoActivationPane(chosen::add, model, feature -> "words of " + feature, saver);
        return pane.node();
    }

    @AfterEach
    void close() {
        onFx(corpus.statistics()::close);
    }

    private void open() {
        onFx(() -> opened.openA());
        onFx(corpus::count);
        onFx(() -> opened.choose(PlantedCorpus.AT_A_AND_B));
    }

    private TableView<Row> table() {
        return lookup("#together-A").query();
    }

    private String foot() {
        return onFx(() -> lookup(".pane-foot").<Label>query().getText());
    }

    private String placeholder() {
        return onFx(() -> ((Label) table().getPlaceholder()).getText());
    }

    @Test
    void featuresAreListedBestFirstWithTheirWords() {
        assertThat(emptyText()).startsWith("Open a checkpoint");
        open();
        assertThat(cells(table(), "#")).containsExactly(PlantedCorpus.AT_A, PlantedCorpus.EVERYWHERE);
        assertThat(cells(table(), "Promotes")).containsExactly("words of 2", "words of 0");
        assertThat(foot())
                .startsWith((corpus.occurrences('a') + corpus.occurrences('b')) + " tokens, 2 other features");
    }

    @Test
    void anotherRankingReordersTheRowsAndNamesItsColumn() {
        open();
        ComboBox<Measure> by = lookup("#together-by-A").query();
        onFx(() -> by.setValue(Measure.BOTH));
        assertThat(table().getItems()).extracting(Row::tokens).isSortedAccordingTo(Comparator.reverseOrder());
        assertThat(onFx(() -> ((Label) table().getColumns().get(0).getGraphic()).getText()))
                .isEqualTo(Measure.BOTH.title());
    }

    @Test
    void atATokenTheFeaturesActiveThereAreListed() {
        open();
        assertThat(lookup("#together-query-A").query().isVisible()).isFalse();
        clickOn("#together-token-A");
        assertThat(placeholder()).isEqualTo("Type a token, or click one in an example");
        clickOn("#together-query-A").write("b").type(KeyCode.ENTER);
        assertThat(cells(table(), "#")).containsExactly(PlantedCorpus.EVERYWHERE, PlantedCorpus.AT_A_AND_B);
        assertThat(foot()).startsWith("Occurs " + corpus.occurrences('b') + " times; 2 features");
        assertThat(lookup("#together-by-A").<ComboBox<Measure>>query().getItems())
                .isEqualTo(Measure.of(With.TOKEN));
        clickOn("#together-feature-A");
        assertThat(cells(table(), "#")).containsExactly(PlantedCorpus.AT_A, PlantedCorpus.EVERYWHERE);
    }

    @Test
    void aTextOfSeveralTokensIsRefusedBelowTheTable() {
        open();
        clickOn("#together-token-A");
        clickOn("#together-query-A").write("bad").type(KeyCode.ENTER);
        assertThat(foot()).startsWith("This is 3 tokens; ask for one");
        assertThat(table().getItems()).isEmpty();
        assertThat(lookup("#together-query-A").query().getPseudoClassStates())
                .anyMatch(state -> state.getPseudoClassName().equals("danger"));
    }

    @Test
    void aQuestionAskedFromElsewhereIsSeenInTheField() {
        open();
        clickOn("#together-token-A");
        onFx(() -> model.query().set("token 2"));
        assertThat(lookup("#together-query-A").<TextField>query().getText()).isEqualTo("token 2");
        assertThat(cells(table(), "#")).contains(PlantedCorpus.AT_C);
    }

    @Test
    void aDoubleClickOrEnterChoosesAFeature() {
        open();
        clickOn(row(table(), 1));
        type(KeyCode.ENTER);
        assertThat(chosen).containsExactly(PlantedCorpus.EVERYWHERE, PlantedCorpus.EVERYWHERE);
    }

    @Test
    void behindAnotherTabNothingIsReadUntilItIsInFront() {
        SimpleBooleanProperty inFront = new SimpleBooleanProperty(false);
        onFx(() -> pane.standsIn(inFront));
        open();
        assertThat(model.reading().getValue()).isNull();
        onFx(() -> inFront.set(true));
        assertThat(cells(table(), "#")).containsExactly(PlantedCorpus.AT_A, PlantedCorpus.EVERYWHERE);
    }

    @Test
    void aFeatureThatSharesNothingSaysSo() {
        open();
        onFx(() -> opened.choose(PlantedCorpus.SILENT));
        assertThat(emptyText()).isEqualTo("This feature is not active anywhere in the corpus");
        assertThat(table().getItems()).isEmpty();
    }
}
