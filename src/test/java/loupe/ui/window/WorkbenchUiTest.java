package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import javafx.scene.Node;
import javafx.scene.control.ComboBox;
import javafx.scene.control.MenuButton;
import javafx.scene.control.MenuItem;
import javafx.scene.control.TextField;
import javafx.scene.input.KeyCode;
import javafx.scene.input.MouseButton;
import javafx.scene.paint.Color;
import loupe.TinySae;
import loupe.analysis.ghost.TreeSteering;
import loupe.analysis.tokens.TokenFilter;
import loupe.search.FeatureColumn;
import loupe.state.corpus.ExamplesModel;
import loupe.state.window.Look;
import loupe.ui.UiTest;
import loupe.ui.WindowUiTest;
import loupe.ui.tree.TreeData;
import org.junit.jupiter.api.Test;

/** The whole window: what a person does with mouse and keyboard, and what every pane shows for it. */
class WorkbenchUiTest extends WindowUiTest {
    @Test
    void choosingARowShowsThatFeatureInEveryPane() {
        open();
        Object before = models.a().tree().tree().getValue();
        clickOn(rowOf("#feature-table", 3));
        UiTest.waitUntil(() -> label("#feature-title").equals("Feature 3"));
        UiTest.waitUntil(() -> models.a().tree().tree().getValue() != before
                && models.a().tree().tree().completeProperty().get());
        assertThat(models.a().tree().tree().getValue().query().ghost().source().toString())
                .contains("index=3");
        UiTest.waitUntil(() -> models.a()
                .tokens()
                .list()
                .getValue()
                .settings()
                .ghost()
                .source()
                .toString()
                .contains("index=3"));
    }

    @Test
    void typingANumberAndEnterGoesToThatFeatureAndBackLeadsBack() {
        open();
        clickOn("#feature-filter").write("7").type(KeyCode.ENTER);
        UiTest.waitUntil(() -> label("#feature-title").equals("Feature 7"));
        clickOn("#back");
        UiTest.waitUntil(() -> label("#feature-title").equals("Feature 0"));
    }

    @Test
    void digitsTypedInTheTableStartTheNumberOfAFeatureAndNoneIsTypedTwice() {
        open();
        clickOn(rowOf("#feature-table", 3)).type(KeyCode.DIGIT1, KeyCode.DIGIT1);
        assertThat(((TextField) lookup("#feature-filter").query()).getText()).isEqualTo("11");
        type(KeyCode.ENTER);
        UiTest.waitUntil(() -> label("#feature-title").equals("Feature 11"));
    }

    @Test
    void aFilterLeavesTheFeaturesThatPassIt() {
        open();
        clickOn("#feature-filter").write("norm<1000000 feature>=4");
        UiTest.waitUntil(() -> table("#feature-table").getItems().size() == TinySae.FEATURES - 4);
        assertThat(table("#feature-table").getItems().get(0)).isEqualTo(4);
    }

    @Test
    void clickingAColumnSortsByIt() {
        open();
        UiTest.onFx(() -> models.table().sortedBy().set(FeatureColumn.DECODER_NORM));
        UiTest.waitUntil(() -> {
            int a = models.table().rows().get(0);
            int b = models.table().rows().get(1);
            return models.table().number(FeatureColumn.DECODER_NORM, a)
                    <= models.table().number(FeatureColumn.DECODER_NORM, b);
        });
    }

    @Test
    void draggingTheScaleMovesTreeAndTokenListAlong() {
        open();
        double before = models.controls().scale().get();
        Node thumb = lookup("#ghost-scale .thumb").query();
        drag(thumb, MouseButton.PRIMARY).moveBy(40, 0).moveBy(40, 0).drop();
        UiTest.waitUntil(() -> models.controls().scale().get() > before);
        double now = models.controls().values().get().scale();
        UiTest.waitUntil(
                () -> models.a().tokens().list().getValue().settings().ghost().scale() == now);
        UiTest.waitUntil(() -> models.a().tree().tree().getValue() != null
                && models.a().tree().tree().getValue().query().ghost().scale() == now
                && models.a().tree().tree().completeProperty().get());
    }

    @Test
    void undoTakesAChangeOfTheControlsBack() {
        open();
        double before = models.controls().values().get().scale();
        UiTest.onFx(() -> models.controls().nudgeScale(5));
        assertThat(models.controls().values().get().scale()).isNotEqualTo(before);
        UiTest.onFx(() -> view.run("undo"));
        assertThat(models.controls().values().get().scale()).isEqualTo(before);
    }

    @Test
    void theDecoderIsAnotherGhostThanTheEncoder() {
        open();
        clickOn("#ghost-decoder");
        UiTest.waitUntil(
                () -> models.a().tokens().list().getValue().settings().ghost().encoderMix() == 0);
        clickOn("#ghost-encoder");
        UiTest.waitUntil(
                () -> models.a().tokens().list().getValue().settings().ghost().encoderMix() == 1);
    }

    @Test
    void raisingTheCutoffHidesBranchesWithoutAsking() {
        open();
        UiTest.waitUntil(() -> models.a().tree().tree().completeProperty().get());
        Object grown = models.a().tree().tree().getValue();
        UiTest.onFx(() -> models.controls().cutoff().set(1e-2));
        assertThat(models.a().tree().tree().getValue()).isSameAs(grown);
        assertThat(tree().cutoffProperty().get()).isEqualTo(1e-2);
    }

    @Test
    void aPromptWithoutAPlaceForTheGhostIsMarkedAndTheTreeSaysWhy() {
        open();
        clickOn("#ghost-prompt");
        UiTest.onFx(() -> ((TextField) lookup("#ghost-prompt").query()).setText("no place"));
        type(KeyCode.ENTER);
        assertThat(UiTest.onFx(() -> models.a().tree().promptProblem().get().message()))
                .contains("no place for the ghost");
        assertThat(lookup("#ghost-prompt").query().getPseudoClassStates())
                .anyMatch(state -> state.getPseudoClassName().equals("danger"));
    }

    @Test
    void aRangeMarkedInTheHistogramFiltersTheExamples() {
        open();
        UiTest.waitUntil(
                () -> models.a().histogram().activations().activations().getValue() != null);
        int active = activeFeature();
        UiTest.onFx(() -> models.table().jumpTo(active));
        UiTest.waitUntil(() -> models.a().examples().examples().getValue() != null
                && models.a().examples().activations().activations().getValue().feature() == active
                && models.a().histogram().histogram().completeProperty().get());
        double max = models.a().histogram().activations().range().upper().get();
        UiTest.onFx(() -> models.a().histogram().mark(max * 0.9, max));
        UiTest.waitUntil(() -> models.a().examples().examples().getValue().get(0).examples().stream()
                .allMatch(example -> example.activation() >= max * 0.9f - 1e-4));
        UiTest.onFx(() -> models.a().histogram().unmark());
        clickOn("#examples-uniform-A");
        assertThat(models.a().examples().choice().get()).isEqualTo(ExamplesModel.Choice.UNIFORM);
    }

    @Test
    void neighboursAnswerForTokensTextsAndARandomVector() {
        open();
        clickOn("#neighbours-tokens-A");
        UiTest.waitUntil(() -> models.a().neighbours().neighbours().getValue() != null
                && table("#neighbours-A").getItems().size() == 50);
        clickOn("#neighbours-query-A").write("token 5").type(KeyCode.ENTER);
        UiTest.waitUntil(
                () -> models.a().neighbours().neighbours().completeProperty().get());
        assertThat(models.a().neighbours().neighbours().getValue().ids()).doesNotContain(5);
        UiTest.onFx(() -> models.a().neighbours().query().set("token 100000"));
        assertThat(models.a().neighbours().queryProblem().get().message()).contains("no token 100000");
        clickOn("#neighbours-random-A");
        UiTest.waitUntil(() -> models.a().neighbours().random().get()
                && models.a().neighbours().neighbours().getValue() != null);
    }

    @Test
    void theTokenListIsFilteredFromTheKeyboardAndUndoListsAllAgain() {
        open();
        int all = table("#token-list-A").getItems().size();
        clickOn(rowOf("#feature-table", 2));
        press(KeyCode.CONTROL, KeyCode.SHIFT).type(KeyCode.F).release(KeyCode.SHIFT, KeyCode.CONTROL);
        write("/^ [a-z]+$/");
        UiTest.waitUntil(
                () -> models.a().tokens().list().getValue().settings().mask().count() < 100);
        UiTest.waitUntil(() -> !table("#token-list-A").getItems().isEmpty());
        for (int token : models.a().tokens().list().getValue().tokens()) {
            assertThat(models.texts().of(token)).matches(" [a-z]+");
        }
        clickOn("#token-filter-letters-A");
        assertThat(models.controls().filter().get().lettersOnly()).isTrue();
        write("");
        UiTest.onFx(() -> view.run("undo"));
        UiTest.waitUntil(() -> models.controls().filter().get().isNone()
                || !models.controls().filter().get().lettersOnly());
        clickOn("#token-filter-clear-A");
        UiTest.waitUntil(() -> table("#token-list-A").getItems().size() == all);
        assertThat(((TextField) lookup("#token-filter-text-A").query()).getText())
                .isEmpty();
    }

    @Test
    void theFirstFilterChosenIsAppliedThoughNothingFollowsIt() {
        open();
        UiTest.onFx(() -> models.controls().filter().set(TokenFilter.NONE.withLettersOnly(true)));
        UiTest.waitUntil(() -> models.a().tokens().mask().getValue() != null
                && models.a()
                        .tokens()
                        .list()
                        .getValue()
                        .settings()
                        .mask()
                        .equals(models.a().tokens().mask().getValue()));
        for (int token : models.a().tokens().list().getValue().tokens()) {
            assertThat(models.texts().of(token).strip()).matches("\\p{L}+");
        }
    }

    @Test
    void encoderAndDecoderStandSideBySideAndRanksWonAreShownWhileTheScaleMoves() {
        open();
        UiTest.onFx(() -> view.run("token-sides"));
        UiTest.waitUntil(() -> models.a().tokens().bothSides().getValue() != null);
        assertThat(columns("#token-list-A")).containsExactly("#", "Enc", "Dec #", "Dec", "Enc #");
        UiTest.onFx(() -> view.run("token-sides"));
        assertThat(columns("#token-list-A")).startsWith("#", "Token", "Score");
        UiTest.onFx(() -> models.controls().nudgeScale(20));
        UiTest.waitUntil(
                () -> models.a().tokens().list().getValue().settings().ghost().scale()
                        == models.controls().values().get().scale());
        assertThat(table("#token-list-A").getItems().toString()).containsPattern("change=[+-]\\d");
        assertThat(columns("#token-list-A")).startsWith("#", "Token", "\u0394", "Score");
    }

    @Test
    void aSecondComponentIsAddedAndTakenAwayByItsButtons() {
        open();
        clickOn("#ghost-pca-more");
        assertThat(lookup("#ghost-pc2").query().isVisible()).isTrue();
        UiTest.onFx(() -> models.controls().pca(1).set(0.4));
        UiTest.waitUntil(
                () -> models.a().tokens().list().getValue().settings().ghost().components() == 2);
        clickOn("#ghost-pca-fewer");
        UiTest.waitUntil(
                () -> models.a().tokens().list().getValue().settings().ghost().components() == 0);
        assertThat(lookup("#ghost-pc2").query().isVisible()).isFalse();
    }

    @Test
    void theTreeIsSteeredFromTheKeyboardAndLaidOverTheCleanOne() {
        open();
        UiTest.waitUntil(() -> models.a().tree().tree().completeProperty().get());
        clickOn(rowOf("#feature-table", 2));
        press(KeyCode.CONTROL, KeyCode.SHIFT).type(KeyCode.S).release(KeyCode.SHIFT, KeyCode.CONTROL);
        press(KeyCode.SHIFT).type(KeyCode.RIGHT).release(KeyCode.SHIFT);
        UiTest.waitUntil(() -> models.controls().steering().get().coefficient() == 5);
        UiTest.waitUntil(() -> models.a().tree().tree().completeProperty().get()
                && models.a().tree().tree().getValue().query().steering().isPresent());
        clickOn("#steer-compare-A");
        UiTest.waitUntil(() -> models.a().comparison().diff().getValue() != null);
        assertThat(models.a().comparison().diff().getValue().size()).isGreaterThan(1);
        UiTest.waitUntil(() -> tree().dataProperty().get().share(1) != TreeData.Share.ONE_TREE);
        clickOn("#steer-compare-A");
        UiTest.waitUntil(() -> models.a().comparison().other().get().isEmpty());
        ComboBox<TreeSteering.Kind> kind = lookup("#steer-kind-A").queryComboBox();
        UiTest.onFx(() -> kind.setValue(TreeSteering.Kind.CLAMP));
        UiTest.waitUntil(() -> models.a().tree().tree().getValue() != null
                && models.a()
                        .tree()
                        .tree()
                        .getValue()
                        .query()
                        .steering()
                        .map(TreeSteering::kind)
                        .equals(Optional.of(TreeSteering.Kind.CLAMP)));
        clickOn("#steer-ghost-A");
        UiTest.waitUntil(() -> models.a().tree().tree().getValue() != null
                && models.a().tree().tree().getValue().query().ghost().scale() == 0);
        UiTest.onFx(() -> view.run("reset-ghost"));
        UiTest.waitUntil(() -> models.a().tree().tree().getValue() != null
                && models.a().tree().tree().getValue().query().steering().isEmpty());
    }

    @Test
    void oneSliderFoldsWhatTheBaselineSaysToo() {
        open();
        assertThat(lookup("#tree-fold-A").query().isVisible())
                .as("there is nothing to compare with yet")
                .isFalse();
        UiTest.onFx(() -> models.a().tree().baseline().set(loupe.analysis.ghost.TreeBaseline.random(2)));
        UiTest.waitUntil(() -> models.a().tree().tree().completeProperty().get()
                && !Double.isNaN(models.a().tree().tree().getValue().divergence()));
        UiTest.onFx(() -> models.controls().foldUnder().set(7));
        UiTest.waitUntil(() -> tree().genericHiddenProperty().get() > 0);
        assertThat(tree().treeLayout().count())
                .isLessThan(models.a().tree().tree().getValue().size());
        UiTest.onFx(() -> view.run("undo"));
        UiTest.waitUntil(() -> tree().genericHiddenProperty().get() == 0);
    }

    @Test
    void aBatchOfTheListedFeaturesIsBegunBrowsedAndGoneOnWith() throws IOException {
        open();
        Path out = folder.resolve("window.jsonl");
        UiTest.onFx(() -> {
            models.controls().cutoff().set(0.01);
            models.table().filter().set("number<4");
            saveTo = out;
        });
        UiTest.waitUntil(() -> models.table().rows().size() == 4);
        clickOn(rowOf("#feature-table", 1));
        press(KeyCode.CONTROL, KeyCode.SHIFT).type(KeyCode.M).release(KeyCode.SHIFT, KeyCode.CONTROL);
        clickOn("#batch-start");
        UiTest.waitUntil(() ->
                models.batch().rows().size() == 4 && !models.batch().running().get());
        assertThat(Files.readAllLines(out)).hasSize(5);
        assertThat(models.batch().rows().get(2).branch()).isNotEmpty();
        assertThat(models.batch().rows().get(2).tokens()).isNotEmpty();
        assertThat(lookup("#batch-go-on").query().isDisabled())
                .as("everything is there")
                .isTrue();
        clickOn(rowOf("#batch-table", 3));
        UiTest.waitUntil(() -> workbench.a().feature().get().feature() == 3);
        assertThat(lookup("#batch-page").tryQuery()).as("a click goes there").isEmpty();

        UiTest.onFx(() -> models.table().filter().set("number<9"));
        UiTest.waitUntil(() -> models.table().rows().size() == 9);
        UiTest.onFx(() -> view.run("batch"));
        clickOn("#batch-start");
        UiTest.waitUntil(() ->
                models.batch().rows().size() == 9 && !models.batch().running().get());
        assertThat(Files.readAllLines(out))
                .as("the first four were not asked again")
                .hasSize(10);
        UiTest.onFx(() -> models.controls().topK().set(2));
        clickOn("#batch-start");
        UiTest.waitUntil(() -> models.batch().problem().get() != null);
        assertThat(models.batch().problem().get().message()).contains("top_k 5").contains("window.jsonl");
        assertThat(Files.readAllLines(out)).hasSize(10);
    }

    @Test
    void searchingTheTreeFindsTheBranchesWithAWord() {
        open();
        UiTest.waitUntil(() -> models.a().tree().tree().completeProperty().get()
                && tree().dataProperty().get().size() > 1);
        String word = tree().dataProperty().get().text(1).strip();
        clickOn(tree()).press(KeyCode.CONTROL).type(KeyCode.F).release(KeyCode.CONTROL);
        UiTest.onFx(() -> tree().find(word));
        assertThat(textsIn(lookup(".tree-find .label").queryAll())).anyMatch(text -> text.matches("\\d+ of \\d+"));
    }

    @Test
    void aChartIsSavedWhereTheUserSays() throws Exception {
        open();
        UiTest.waitUntil(() -> models.a().tree().tree().completeProperty().get());
        Path file = folder.resolve("tree.svg");
        UiTest.onFx(() -> saveTo = file);
        clickOn(tree());
        UiTest.onFx(() -> view.run("export-svg"));
        UiTest.waitUntil(() -> workbench.notices().all().stream()
                .anyMatch(notice -> notice.text().contains("Saved")));
        assertThat(Files.readString(file)).contains("<svg");
        assertThat(suggested).isEqualTo("first-" + workbench.a().feature().get().feature() + "-definition-tree.svg");
    }

    @Test
    void thePaletteGoesToAFeatureByNumberAndRunsCommands() {
        open();
        push(KeyCode.CONTROL, KeyCode.K);
        write("9");
        type(KeyCode.ENTER);
        UiTest.waitUntil(() -> label("#feature-title").equals("Feature 9"));
        push(KeyCode.CONTROL, KeyCode.K);
        write("high contrast");
        type(KeyCode.ENTER);
        UiTest.waitUntil(() -> models.look().get() == Look.DARK);
    }

    @Test
    void theMenuOfLooksHasThemAllAndTheWindowFollows() {
        open();
        for (Look look : List.of(Look.HIGH_CONTRAST, Look.DARK, Look.LIGHT)) {
            MenuButton menu = lookup("#theme").query();
            UiTest.onFx(() -> menu.getItems().stream()
                    .filter(item -> ("look-" + look.key()).equals(item.getId()))
                    .forEach(MenuItem::fire));
            assertThat(models.look().get()).isEqualTo(look);
            assertThat(UiTest.onFx(() -> tree().palette().surface()))
                    .isEqualTo(Color.web(look == Look.LIGHT ? "#ffffff" : look == Look.DARK ? "#0d1117" : "#000000"));
        }
    }

    private int activeFeature() {
        return UiTest.onFx(() -> {
            for (int feature = 0; feature < TinySae.FEATURES; feature++) {
                if (models.table().number(FeatureColumn.DENSITY, feature) > 0.05) {
                    return feature;
                }
            }
            throw new AssertionError("no feature is active on the corpus");
        });
    }

    @Test
    void aChartThatIsClickedIsTheOneThatIsSaved() {
        open();
        UiTest.waitUntil(() -> models.a().histogram().histogram().getValue() != null);
        clickOn("#histogram-A");
        UiTest.waitUntil(() -> view.focusedKind().equals(Optional.of(PaneKind.of("histogram"))));
        interact(() -> view.run("export"));
        assertThat(suggested).contains("activations");
    }
}
