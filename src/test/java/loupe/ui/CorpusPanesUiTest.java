package loupe.ui;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import javafx.application.Platform;
import javafx.scene.Node;
import javafx.scene.control.Label;
import javafx.stage.Stage;
import loupe.TinyModel;
import loupe.TinySae;
import loupe.index.Example;
import loupe.inference.Device;
import loupe.inference.LocalInferenceService;
import loupe.sae.SaeOptions;
import loupe.state.Activity;
import loupe.state.ExamplesModel;
import loupe.state.FeatureColumn;
import loupe.state.Notices;
import loupe.state.Workbench;
import loupe.state.WorkbenchModels;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testfx.framework.junit5.ApplicationTest;

/** What the panes show of a corpus, in the whole window on a tiny model. */
@Tag("ui")
class CorpusPanesUiTest extends ApplicationTest {
    @TempDir
    static Path folder;

    private static LocalInferenceService service;
    private static Path model;
    private static Path sae;
    private static Path corpus;

    private WorkbenchModels models;
    private Workbench workbench;

    @BeforeAll
    static void files() throws IOException {
        service = new LocalInferenceService(Device.CPU);
        model = TinyModel.writeTo(folder.resolve("tiny"));
        sae = TinySae.writeTo(folder.resolve("sae"), 1);
        corpus = Files.writeString(folder.resolve("corpus.txt"), "the cat sat on the mat and the dog ran at the ball. ".repeat(40));
    }

    @AfterAll
    static void giveBack() {
        service.close();
    }

    @Override
    public void start(Stage stage) {
        workbench = new Workbench(service, Platform::runLater, new Notices(Clock.systemUTC()), new Activity(Platform::runLater, System::nanoTime));
        models = new WorkbenchModels(workbench, folder.resolve("indexes"));
        stage.setScene(new WorkbenchView(models, Map.of(), 1280, 800).scene());
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

    /** Opens everything and chooses a feature that is active somewhere and silent elsewhere. */
    private void open() {
        UiTest.onFx(() -> workbench.openModel(model, opened -> {
            models.statistics().corpus().set(corpus);
            workbench.openCheckpoint(workbench.a(), sae, SaeOptions.AS_STORED);
        }));
        UiTest.waitUntil(() -> workbench.a().feature().get() != null && models.statistics().index(workbench.a()).get() != null && !models.table().rows().isEmpty());
        UiTest.onFx(() -> {
            for (int feature = 0; feature < TinySae.FEATURES; feature++) {
                double density = models.table().number(FeatureColumn.DENSITY, feature);
                if (density > 0.05 && density < 0.6) {
                    models.table().jumpTo(feature);
                    return;
                }
            }
            throw new AssertionError("no feature is active at some tokens and silent at others");
        });
        UiTest.waitUntil(() -> examples().examples().completeProperty().get() && !examples().examples().getValue().isEmpty()
                && examples().activations().activations().getValue().feature() == workbench.a().feature().get().feature());
    }

    private ExamplesModel examples() {
        return models.a().examples();
    }

    @Test
    void everyChoiceHasAButtonThatShowsIt() {
        open();
        for (ExamplesModel.Choice choice : ExamplesModel.Choice.values()) {
            List<ExamplesModel.Group> before = choice == ExamplesModel.Choice.TOP ? List.of() : examples().examples().getValue();
            clickOn("#examples-" + choice.name().toLowerCase(java.util.Locale.ROOT) + "-A");
            assertThat(examples().choice().get()).isEqualTo(choice);
            UiTest.waitUntil(() -> examples().examples().getValue() != before && examples().examples().completeProperty().get());
            List<Example> shown = examples().examples().getValue().stream().flatMap(group -> group.examples().stream()).toList();
            UiTest.waitUntil(() -> list().getItems().stream().map(TokenLine::activations).toList().equals(shown.stream().map(Example::values).toList()));
            if (choice == ExamplesModel.Choice.NEAR_MISSES) {
                assertThat(shown).allMatch(Example::isSilent);
            } else {
                assertThat(shown).as(choice.name()).isNotEmpty().allMatch(example -> example.activation() > 0);
            }
        }
    }

    @Test
    void theMenuOfAnExampleTakesItsTokensAwayOneByOne() {
        open();
        Node strip = lookup("#ablation-A").query();
        assertThat(strip.isVisible()).isFalse();
        UiTest.onFx(() -> {
            list().getSelectionModel().select(1);
            list().getContextMenu().getItems().stream().filter(item -> item.getText().equals("Remove each token in turn")).findFirst().orElseThrow().fire();
        });
        UiTest.waitUntil(() -> examples().ablation().asked().get() != null);
        assertThat(examples().ablation().asked().get().example()).as("the chosen row's").isSameAs(examples().examples().getValue().get(0).examples().get(1));
        UiTest.waitUntil(() -> examples().ablation().answer().completeProperty().get());
        UiTest.waitUntil(strip::isVisible);
        float activation = examples().ablation().answer().getValue().activation();
        assertThat(activation).as("what the index says").isCloseTo(examples().ablation().asked().get().example().activation(), org.assertj.core.api.Assertions.within(1e-4f));
        assertThat(from(strip).lookup(".ablation-words").<Label>query().getText()).contains("removed in turn").contains(Figures.number(activation));
        clickOn(from(strip).lookup(".icon-button").<Node>query());
        assertThat(strip.isVisible()).isFalse();
    }

    @Test
    void aRangeOfDensitiesListsItsFeatures() {
        open();
        clickOn("#density-toggle");
        HistogramChart chart = lookup("#density-chart").query();
        UiTest.onFx(() -> chart.brushProperty().set(new ValueRange(0.398, 0.631)));
        UiTest.waitUntil(() -> models.table().rows().size() < TinySae.FEATURES);
        UiTest.onFx(() -> {
            for (int feature = 0; feature < TinySae.FEATURES; feature++) {
                double density = models.table().number(FeatureColumn.DENSITY, feature);
                assertThat(models.table().rows().contains(feature)).as("feature %d of density %f", feature, density).isEqualTo(density >= 0.398 && density < 0.631);
            }
        });
        UiTest.onFx(() -> lookup("#feature-filter").<javafx.scene.control.TextField>query().clear());
        UiTest.waitUntil(() -> models.table().rows().size() == TinySae.FEATURES);
        assertThat(chart.brushProperty().get()).isNull();
    }

    private ExampleList list() {
        return lookup("#examples-A").query();
    }
}
