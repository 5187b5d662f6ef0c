package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javafx.application.Platform;
import javafx.geometry.Point2D;
import javafx.scene.Node;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.TabPane;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.input.KeyCode;
import javafx.scene.input.MouseButton;
import javafx.stage.Stage;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.analysis.ghost.TreeSteering;
import loupe.analysis.tokens.TokenFilter;
import loupe.inference.Device;
import loupe.inference.LocalInferenceService;
import loupe.sae.checkpoint.SaeOptions;
import loupe.state.WorkbenchModels;
import loupe.state.corpus.ExamplesModel;
import loupe.state.features.FeatureColumn;
import loupe.state.window.Activity;
import loupe.state.window.Notices;
import loupe.state.window.Workbench;
import loupe.ui.UiTest;
import loupe.ui.tree.TreeCanvas;
import loupe.ui.tree.TreeData;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testfx.framework.junit5.ApplicationTest;

/** The whole window on a tiny model: what a person does with mouse and keyboard, and what every pane shows for it. */
@Tag("ui")
class WorkbenchUiTest extends ApplicationTest {
    @TempDir
    static Path folder;

    private static LocalInferenceService service;
    private static Path model;
    private static Path first;
    private static Path second;
    private static Path corpus;

    private WorkbenchModels models;
    private WorkbenchView view;
    private Path saveTo;
    private Workbench workbench;

    @BeforeAll
    static void files() throws IOException {
        service = new LocalInferenceService(Device.CPU);
        model = TinyModel.writeTo(folder.resolve("tiny"));
        first = TinySae.writeTo(folder.resolve("first"), 1);
        second = TinySae.writeTo(folder.resolve("second"), 2);
        corpus = Files.writeString(
                folder.resolve("corpus.txt"), "the cat sat on the mat and the dog ran at the ball. ".repeat(40));
    }

    @AfterAll
    static void giveBack() {
        service.close();
    }

    @Override
    public void start(Stage stage) {
        workbench = new Workbench(
                service,
                Platform::runLater,
                new Notices(Clock.systemUTC()),
                new Activity(Platform::runLater, System::nanoTime));
        models = new WorkbenchModels(workbench, folder.resolve("indexes"));
        view = new WorkbenchView(models, (owner, name, kind) -> Optional.ofNullable(saveTo), Map.of(), 1280, 800);
        stage.setScene(view.scene());
        stage.setWidth(1280);
        stage.setHeight(800);
        stage.show();
    }

    @AfterEach
    void closeAll() {
        UiTest.onFx(() -> {
            models.close();
            workbench.closeModel();
        });
    }

    @Test
    void beforeAnythingIsOpenTheTableSaysWhatToDo() {
        assertThat(textsIn(lookup(".empty-state").queryAll())).anyMatch(text -> text.contains("Open a model folder"));
    }

    @Test
    void openingAModelAndACheckpointFillsEveryPane() {
        open();
        assertThat(table("#feature-table").getItems()).hasSize(TinySae.FEATURES);
        assertThat(table("#token-list-A").getItems()).isNotEmpty();
        assertThat(table("#neighbours-A").getItems()).hasSize(TinySae.FEATURES - 1);
        UiTest.waitUntil(() -> tree().dataProperty().get().size() > 1);
        UiTest.waitUntil(() -> models.a().logits().weights().getValue() != null);
        UiTest.waitUntil(() -> models.a().histogram().histogram().getValue() != null);
        UiTest.waitUntil(() -> models.a().examples().examples().getValue() != null);
        UiTest.waitUntil(() -> !Double.isNaN(models.table().number(FeatureColumn.DENSITY, 0)));
    }

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
    void aPromptWithoutAPlaceForTheGhostIsRefusedInTheField() {
        open();
        clickOn("#ghost-prompt");
        UiTest.onFx(() -> ((TextField) lookup("#ghost-prompt").query()).setText("no place"));
        type(KeyCode.ENTER);
        assertThat(models.controls().prompt().get()).contains("{ghost}");
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
        assertThat(columns("#token-list-A")).startsWith("#", "Token", "\u0394", "Score");
        UiTest.onFx(() -> models.controls().nudgeScale(20));
        UiTest.waitUntil(
                () -> models.a().tokens().list().getValue().settings().ghost().scale()
                        == models.controls().values().get().scale());
        assertThat(table("#token-list-A").getItems().toString()).containsPattern("change=[+-]\\d");
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
        type(KeyCode.ENTER);
        UiTest.waitUntil(() -> lookup("#batch-page").tryQuery().isEmpty());

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
    void aSecondCheckpointStandsBesideTheFirstAndFollowsIt() {
        open();
        compare();
        UiTest.waitUntil(() -> lookup("#token-list-B").tryQuery().isPresent());
        UiTest.waitUntil(() -> workbench.b().feature().get() != null
                && !Double.isNaN(models.compare().cosine().get()));
        assertThat(label("#match-title")).contains("cosine");
        UiTest.waitUntil(() -> models.b().tree().tree().getValue() != null
                && models.b().tokens().list().getValue() != null
                && models.b().neighbours().neighbours().getValue() != null
                && models.b().logits().weights().getValue() != null);
        UiTest.waitUntil(() -> models.b().histogram().histogram().getValue() != null);
        assertThat(models.a().histogram().activations().range())
                .isSameAs(models.b().histogram().activations().range());
        UiTest.onFx(() -> models.table().jumpTo(5));
        UiTest.waitUntil(() -> models.compare().match().completeProperty().get());
        clickOn("#pin-feature").write("2").type(KeyCode.ENTER);
        UiTest.waitUntil(() -> workbench.b().feature().get().feature() == 2);
        UiTest.onFx(() -> models.table().jumpTo(6));
        assertThat(workbench.b().feature().get().feature()).isEqualTo(2);
        UiTest.onFx(() -> workbench.closeCheckpoint(workbench.b()));
        UiTest.waitUntil(() -> lookup("#token-list-B").tryQuery().isEmpty());
    }

    @Test
    void aFileThatIsNoCheckpointIsRefusedInItsPlaceAndTheRestGoesOn() throws IOException {
        open();
        Path bad = Files.writeString(folder.resolve("page.pt"), "<!DOCTYPE html><html></html>");
        UiTest.onFx(() -> workbench.openCheckpoint(workbench.a(), bad, SaeOptions.AS_STORED));
        UiTest.waitUntil(() -> workbench.a().problem().get() != null);
        assertThat(textsIn(lookup(".problem-message").queryAll())).anyMatch(text -> text.contains("page.pt"));
        assertThat(workbench.a().sae().get().path()).isEqualTo(first);
        clickOn(lookup(".problem-close").match(Node::isVisible).<Node>query());
        UiTest.waitUntil(() -> workbench.a().problem().get() == null);
        assertThat(table("#feature-table").getItems()).hasSize(TinySae.FEATURES);
    }

    @Test
    void whatACheckpointDoesNotSayIsAskedWithAProposalAndThenKnown() throws IOException {
        open();
        Path silent = TinySae.writeTo(folder.resolve("silent"), 3);
        Path settings = silent.resolve("cfg.json");
        Files.writeString(
                settings, Files.readString(settings).replace(", \"hook_name\": \"blocks.1.hook_resid_pre\"", ""));
        UiTest.onFx(() -> workbench.openCheckpoint(workbench.a(), silent, SaeOptions.AS_STORED));
        UiTest.waitUntil(() -> lookup("#checkpoint-form").tryQuery().isPresent());
        clickOn("#form-open");
        UiTest.waitUntil(() -> workbench.a().sae().get().path().equals(silent)
                && workbench.a().sae().get().config().hook().isPresent());
        UiTest.waitUntil(() -> lookup("#checkpoint-form").tryQuery().isEmpty());
        assertThat(workbench.a().sae().get().config().hook()).contains(loupe.base.HookPoint.residPre(1));
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
    }

    @Test
    void countingCanBeStoppedAndGoesOnWhenAskedAgain() throws IOException {
        Path longer = Files.writeString(
                folder.resolve("longer.txt"), "the cat sat on the mat and the dog ran at the ball. ".repeat(20_000));
        open();
        UiTest.onFx(() -> models.statistics().corpus().set(longer));
        UiTest.waitUntil(() -> workbench.activity().jobs().stream()
                .anyMatch(job ->
                        job.title().startsWith("Counting") && job.fraction().get() > 0));
        clickOn(UiTest.onFx(() -> lookup(".job-stop").<Node>query()));
        UiTest.waitUntil(() -> workbench.activity().jobs().isEmpty());
        assertThat(models.statistics().problem(workbench.a()).get().message()).contains("Paused");
        UiTest.onFx(() -> models.statistics().corpus().set(corpus));
        UiTest.waitUntil(() -> models.statistics().index(workbench.a()).get() != null);
    }

    @Test
    void thePaletteGoesToAFeatureByNumberAndRunsCommands() {
        open();
        push(KeyCode.CONTROL, KeyCode.K);
        write("9");
        type(KeyCode.ENTER);
        UiTest.waitUntil(() -> label("#feature-title").equals("Feature 9"));
        push(KeyCode.CONTROL, KeyCode.K);
        write("light and dark");
        type(KeyCode.ENTER);
        UiTest.waitUntil(() -> models.dark().get());
    }

    @Test
    void aPaneIsMaximisedByADoubleClickOnItsTitleAndBackByEscape() {
        open();
        Node title = lookup(".pane-title")
                .match(node -> ((Label) node).getText().equals("Definition tree"))
                .<Node>query();
        doubleClickOn(title);
        UiTest.waitUntil(() -> tree().getWidth() > 1100);
        type(KeyCode.ESCAPE);
        UiTest.waitUntil(() -> tree().getWidth() < 900);
    }

    @Test
    void aNarrowWindowFoldsTheListsIntoTabs() {
        open();
        UiTest.onFx(() -> {
            view.scene().getWindow().setWidth(1024);
            view.scene().getWindow().setHeight(700);
        });
        UiTest.waitUntil(() -> lookup("#tabs-lists").<javafx.scene.control.TabPane>query().getTabs().stream()
                .map(javafx.scene.control.Tab::getText)
                .toList()
                .equals(java.util.List.of("Token list", "Neighbours", "Active together")));
        Node controls = lookup("#ghost-scale").query();
        assertThat(controls.localToScene(controls.getBoundsInLocal()).getMaxX()).isLessThanOrEqualTo(1024);
    }

    @Test
    void theFeatureTableHasRoomForItsColumnsAfterTheWindowWasSmall() {
        open();
        for (double width : new double[] {720, 1280}) {
            UiTest.onFx(() -> view.scene().getWindow().setWidth(width));
            TableView<?> table = lookup("#feature-table").query();
            UiTest.waitUntil(() -> {
                double columns = table.getVisibleLeafColumns().stream()
                        .mapToDouble(column -> column.getWidth())
                        .sum();
                return view.scene().getWidth() == width && columns <= table.getWidth();
            });
        }
    }

    @Test
    void aPaneIsCalledAsItsKindIsListed() {
        for (PaneKind kind : PaneKind.ALL) {
            String title = UiTest.onFx(
                    () -> view.columns().a().of(kind).node().titleProperty().get());
            assertThat(kind.title()).as(kind.id()).startsWith(title); // a frame without room shows the first word
        }
    }

    @Test
    void everyPaneIsMaximisedByItsKindAndBroughtBack() {
        for (PaneKind kind : PaneKind.ALL) {
            UiTest.onFx(() -> view.maximise(kind.type(), true));
            assertThat(UiTest.onFx(() -> view.columns().a().of(kind).node().isMaximised()))
                    .as(kind.id())
                    .isTrue();
            UiTest.onFx(() -> view.maximise(kind.type(), false));
        }
    }

    @Test
    void theTabInFrontOutlivesANewArrangement() {
        open();
        UiTest.onFx(() -> {
            view.run("together");
            view.scene().getWindow().setWidth(1024);
        });
        UiTest.waitUntil(() -> lookup("#tabs-lists").<TabPane>query().getTabs().size() == 3);
        assertThat(UiTest.onFx(() -> lookup("#tabs-lists")
                        .<TabPane>query()
                        .getSelectionModel()
                        .getSelectedItem()
                        .getId()))
                .isEqualTo("tab-together-A");
    }

    // ---- what the tests share ----

    private void open() {
        UiTest.onFx(() -> workbench.openModel(model, opened -> {
            models.statistics().corpus().set(corpus);
            workbench.openCheckpoint(workbench.a(), first, SaeOptions.AS_STORED);
        }));
        UiTest.waitUntil(() -> workbench.a().feature().get() != null);
        UiTest.waitUntil(() -> models.a().tokens().list().getValue() != null
                && models.a().neighbours().neighbours().getValue() != null
                && !models.table().rows().isEmpty()
                && models.a().tree().tree().getValue() != null);
        UiTest.waitUntil(() -> models.statistics().index(workbench.a()).get() != null);
        UiTest.waitUntil(view::isArranged);
    }

    private void compare() {
        UiTest.onFx(() -> workbench.openCheckpoint(workbench.b(), second, SaeOptions.AS_STORED));
        UiTest.waitUntil(() -> workbench.b().sae().get() != null);
        UiTest.waitUntil(() -> models.statistics().index(workbench.b()).get() != null);
        UiTest.waitUntil(view::isArranged);
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

    private TreeCanvas tree() {
        return lookup("#tree-A").query();
    }

    private TableView<?> table(String id) {
        return lookup(id).query();
    }

    private java.util.List<String> columns(String id) {
        return table(id).getVisibleLeafColumns().stream()
                .map(javafx.scene.control.TableColumnBase::getId)
                .toList();
    }

    private Point2D rowOf(String id, int row) {
        TableView<?> table = table(id);
        double header =
                table.lookup(".column-header-background").getLayoutBounds().getHeight();
        return table.localToScreen(20, header + (row + 0.5) * table.getFixedCellSize());
    }

    private String label(String id) {
        return ((Label) lookup(id).query()).getText();
    }

    private static java.util.List<String> textsIn(Set<Node> nodes) {
        return nodes.stream()
                .flatMap(node -> node instanceof Label label
                        ? java.util.stream.Stream.of(label.getText())
                        : node.lookupAll(".label").stream().map(inner -> ((Label) inner).getText()))
                .toList();
    }
}
