package loupe.ui.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import javafx.scene.control.Label;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.control.TextArea;
import javafx.scene.input.KeyCode;
import loupe.analysis.prompts.TextActivations;
import loupe.sae.SparseFeatures;
import loupe.state.Opened;
import loupe.state.corpus.ActivationsModel;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.corpus.OwnText;
import loupe.state.corpus.OwnTextModel;
import loupe.state.window.SharedRange;
import loupe.ui.PaneUiTest;
import loupe.ui.pane.PaneFrame;
import loupe.ui.token.TokenStrip;
import org.junit.jupiter.api.Test;

class TextPaneUiTest extends PaneUiTest {
    private final List<Integer> chosen = new ArrayList<>();
    private OwnText text;
    private OwnTextModel model;

    @Override
    protected PaneFrame make() {
        text = new OwnText(opened.workbench);
        model = new OwnTextModel(
                opened.workbench,
                new ActivationsModel(
                        opened.workbench,
                        opened.workbench.a(),
                        new CorpusStatistics(opened.workbench, folder),
                        new SharedRange()),
                text);
        return new TextPane(
                        model,
                        texts,
                        chosen::add,
                        feature -> "words of " + feature,
                        feature -> feature == 4 ? 6 : Double.NaN,
                        saver)
                .node();
    }

    /** At the first of two tokens features 1 and 4 are active, at the second feature 2. */
    private static TextActivations.Answer twoTokens() {
        return new TextActivations.Answer(
                List.of(0, 1),
                new SparseFeatures(
                        2, Opened.FEATURES, new int[] {0, 2, 3}, new int[] {1, 4, 2}, new float[] {1, 3, 2}));
    }

    private void read() {
        onFx(() -> opened.openA());
        onFx(() -> opened.choose(4));
        clickOn("#text-area-A").write("ab");
        // the second letter is asked for when the first has been answered
        answer(TextActivations.class, twoTokens());
        answer(TextActivations.class, twoTokens());
    }

    private TableView<?> table() {
        return lookup("#text-features-A").query();
    }

    private String foot() {
        return onFx(() -> lookup(".pane-foot").<Label>query().getText());
    }

    @Test
    void withoutACheckpointItSaysWhatToOpen() {
        assertThat(emptyText()).isEqualTo("Open a checkpoint to see its features in a text");
        onFx(() -> opened.openA());
        assertThat(emptyText()).isEmpty();
    }

    @Test
    void noHeadingOfItsTableIsCutHoweverWideThePaneIs() {
        onFx(() -> opened.openA());
        PaneFrame frame = lookup(node -> node instanceof PaneFrame).query();
        for (int width = 230; width <= 650; width += 20) {
            double wanted = width;
            onFx(() -> frame.setMaxWidth(wanted));
            onFx(() -> frame.getScene().getRoot().layout()); // columns that come and go are laid out a step later
            for (TableColumn<?, ?> column : onFx(() -> List.copyOf(table().getVisibleLeafColumns()))) {
                Label heading = (Label) column.getGraphic();
                assertThat(onFx(() -> column.getWidth() - heading.prefWidth(-1)))
                        .as("room beside %s at %d", heading.getText(), width)
                        .isGreaterThanOrEqualTo(8);
                assertThat(onFx(() -> table().sceneToLocal(heading.localToScene(heading.getLayoutBounds()))
                                .getMaxX()))
                        .as("end of %s at %d", heading.getText(), width)
                        .isLessThanOrEqualTo(onFx(() -> table().getWidth()));
            }
        }
    }

    @Test
    void aTypedTextIsReadAndCountedInTokens() {
        read();
        assertThat(((TextActivations) opened.newest(TextActivations.class).query).ids())
                .containsExactly(0, 1);
        assertThat(subtitle()).isEqualTo("2 tokens");
        assertThat(lookup("#text-tokens-A").query().isVisible()).isTrue();
    }

    @Test
    void theFeaturesOfAChosenTokenAreListedAndAClickChoosesOne() {
        read();
        type(KeyCode.TAB);
        TokenStrip strip = lookup("#text-tokens-A").query();
        assertThat(strip.isFocused()).isTrue();
        type(KeyCode.RIGHT);
        assertThat(text.token().get()).isZero();
        assertThat(cells(table(), "#")).containsExactly(4, 1);
        assertThat(cells(table(), "Act.")).containsExactly(3.0, 1.0);
        assertThat(cells(table(), "Of max")).containsExactly(0.5, Double.NaN);
        assertThat(foot()).isEqualTo("\u201ca\u201d: 2 features active");
        clickOn(row(table(), 1));
        assertThat(chosen).containsExactly(1);
    }

    @Test
    void theRowOfTheFeatureThatEverythingShowsIsMarked() {
        read();
        onFx(() -> text.token().set(0));
        assertThat(table().getSelectionModel().getSelectedIndex()).isZero();
        onFx(() -> opened.choose(1));
        assertThat(table().getSelectionModel().getSelectedIndex()).isEqualTo(1);
        onFx(() -> opened.choose(5));
        assertThat(table().getSelectionModel().getSelectedIndex()).isEqualTo(-1);
    }

    @Test
    void theFeaturesActivationsAreSavedTokenByToken() {
        read();
        choose("Save the feature's activations as CSV");
        assertThat(saved("text.csv"))
                .containsExactly("position,token id,token,feature,activation", "0,0,a,4,3.0", "1,1,b,4,0.0");
    }

    @Test
    void clearingTheTextEmptiesThePane() {
        read();
        onFx(() -> text.token().set(0));
        choose("Clear the text");
        assertThat(lookup("#text-area-A").<TextArea>query().getText()).isEmpty();
        assertThat(table().getItems()).isEmpty();
        assertThat(subtitle()).isEmpty();
        assertThat(foot()).isEmpty();
    }

    @Test
    void aReadingThatFailsIsShownAndTriedAgain() {
        read();
        onFx(() -> text.text().set("abc"));
        fail(TextActivations.class, "no memory");
        assertThat(problem()).contains("no memory");
        clickOn(".problem-retry");
        answer(TextActivations.class, twoTokens());
        assertThat(problem()).isEmpty();
    }
}
