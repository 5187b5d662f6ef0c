package loupe.ui.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javafx.scene.Node;
import javafx.scene.control.Label;
import loupe.TinySae;
import loupe.index.Example;
import loupe.sae.checkpoint.SaeOptions;
import loupe.search.FeatureColumn;
import loupe.state.corpus.ExamplesModel;
import loupe.ui.UiTest;
import loupe.ui.WindowUiTest;
import loupe.ui.chart.BoxBrush;
import loupe.ui.chart.HistogramChart;
import loupe.ui.chart.ScatterChart;
import loupe.ui.chart.ValueRange;
import loupe.ui.control.NumberTexts;
import loupe.ui.token.ExampleList;
import loupe.ui.token.TokenLine;
import loupe.ui.token.TokenStrip;
import org.junit.jupiter.api.Test;

/** What the panes show of a corpus, in the whole window on a tiny model. */
class CorpusPanesUiTest extends WindowUiTest {
    /** Opens everything and chooses a feature that is active somewhere and silent elsewhere. */
    private void openAndChoose() {
        open();
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
        UiTest.waitUntil(() -> examples().examples().completeProperty().get()
                && !examples().examples().getValue().isEmpty()
                && examples().activations().activations().getValue().feature()
                        == workbench.a().feature().get().feature());
    }

    private ExamplesModel examples() {
        return models.a().examples();
    }

    @Test
    void everyChoiceHasAButtonThatShowsIt() {
        openAndChoose();
        for (ExamplesModel.Choice choice : ExamplesModel.Choice.values()) {
            List<ExamplesModel.Group> before = choice == ExamplesModel.Choice.TOP
                    ? List.of()
                    : examples().examples().getValue();
            clickOn("#examples-" + choice.name().toLowerCase(java.util.Locale.ROOT) + "-A");
            assertThat(examples().choice().get()).isEqualTo(choice);
            UiTest.waitUntil(() -> examples().examples().getValue() != before
                    && examples().examples().completeProperty().get());
            List<Example> shown = examples().examples().getValue().stream()
                    .flatMap(group -> group.examples().stream())
                    .toList();
            UiTest.waitUntil(() -> list().getItems().stream()
                    .map(TokenLine::activations)
                    .toList()
                    .equals(shown.stream().map(Example::values).toList()));
            if (choice == ExamplesModel.Choice.NEAR_MISSES) {
                assertThat(shown).allMatch(Example::isSilent);
            } else {
                assertThat(shown).as(choice.name()).isNotEmpty().allMatch(example -> example.activation() > 0);
            }
        }
    }

    @Test
    void theMenuOfAnExampleTakesItsTokensAwayOneByOne() {
        openAndChoose();
        assertThat(lookup("#ablation-A").tryQuery()).isEmpty();
        UiTest.onFx(() -> {
            list().getSelectionModel().select(1);
            list().getContextMenu().getItems().stream()
                    .filter(item -> item.getText().equals("Remove each token in turn"))
                    .findFirst()
                    .orElseThrow()
                    .fire();
        });
        UiTest.waitUntil(() -> examples().ablation().subject().get() != null);
        assertThat(examples().ablation().subject().get().example())
                .as("the chosen row's")
                .isSameAs(examples().examples().getValue().get(0).examples().get(1));
        UiTest.waitUntil(() -> examples().ablation().answer().completeProperty().get());
        UiTest.waitUntil(() -> lookup("#ablation-A").tryQuery().isPresent());
        Node strip = lookup("#ablation-A").query();
        assertThat(strip.getParent().getParent())
                .as("the cell of its example")
                .isInstanceOfSatisfying(
                        javafx.scene.control.ListCell.class,
                        cell -> assertThat(cell.getIndex()).isEqualTo(1));
        float activation = examples().ablation().answer().getValue().activation();
        assertThat(activation)
                .as("what the index says")
                .isCloseTo(
                        examples().ablation().subject().get().example().activation(),
                        org.assertj.core.api.Assertions.within(1e-4f));
        assertThat(from(strip).lookup(".ablation-words").<Label>query().getText())
                .contains("removed in turn")
                .contains(NumberTexts.number(activation));
        clickOn(from(strip).lookup(".icon-button").<Node>query());
        UiTest.waitUntil(() -> lookup("#ablation-A").tryQuery().isEmpty());
    }

    @Test
    void aRangeOfDensitiesListsItsFeatures() {
        openAndChoose();
        clickOn("#density-toggle");
        HistogramChart chart = lookup("#density-chart").query();
        UiTest.onFx(() -> chart.brushProperty().set(new ValueRange(0.398, 0.631)));
        UiTest.waitUntil(() -> models.table().rows().size() < TinySae.FEATURES);
        UiTest.onFx(() -> {
            for (int feature = 0; feature < TinySae.FEATURES; feature++) {
                double density = models.table().number(FeatureColumn.DENSITY, feature);
                assertThat(models.table().rows().contains(feature))
                        .as("feature %d of density %f", feature, density)
                        .isEqualTo(density >= 0.398 && density < 0.631);
            }
        });
        UiTest.onFx(() -> lookup("#feature-filter")
                .<javafx.scene.control.TextField>query()
                .clear());
        UiTest.waitUntil(() -> models.table().rows().size() == TinySae.FEATURES);
        assertThat(chart.brushProperty().get()).isNull();
    }

    @Test
    void theDistributionOfDensitiesIsSavedByItsOwnMenu() throws IOException {
        openAndChoose();
        clickOn("#density-toggle");
        saveTo = folder.resolve("densities.svg");
        fireMenuItem(lookup("#density-chart").query(), "Save picture as SVG...");
        UiTest.waitUntil(() -> Files.exists(saveTo));
        assertThat(suggested).endsWith("-densities.svg");
        assertThat(Files.readString(saveTo)).contains("words.txt");
    }

    @Test
    void anExampleOpensInYourTextWithTheFeaturesOfItsToken() {
        openAndChoose();
        Example example = examples().examples().getValue().get(0).examples().get(0);
        UiTest.onFx(() -> {
            list().getSelectionModel().select(0);
            list().requestFocus();
        });
        type(javafx.scene.input.KeyCode.ENTER);
        UiTest.waitUntil(() -> models.a().text().reading().completeProperty().get()
                && !models.a().text().active().isEmpty());
        assertThat(lookup("#text-area-A").<javafx.scene.control.TextArea>query().getText())
                .isNotBlank();
        UiTest.onFx(() -> {
            List<Integer> ids = models.a().text().reading().getValue().ids();
            assertThat(ids.get(models.text().token().get()))
                    .as("the example's token")
                    .isEqualTo(example.ids()[example.focus()]);
            assertThat(ids)
                    .as("the example's own tokens")
                    .isEqualTo(
                            java.util.stream.IntStream.of(example.ids()).boxed().toList());
            assertThat(lookup("#tabs-examples")
                            .<javafx.scene.control.TabPane>query()
                            .getSelectionModel()
                            .getSelectedItem()
                            .getText())
                    .isEqualTo("Your text");
        });
        javafx.scene.control.TableView<loupe.analysis.prompts.TextActivations.Active> features =
                lookup("#text-features-A").query();
        UiTest.waitUntil(() -> features.getItems().equals(models.a().text().active()));
        loupe.analysis.prompts.TextActivations.Active other = features.getItems().stream()
                .filter(active ->
                        active.feature() != workbench.a().feature().get().feature())
                .findFirst()
                .orElseThrow();
        UiTest.onFx(() -> {
            features.getSelectionModel().select(other);
            features.requestFocus();
        });
        type(javafx.scene.input.KeyCode.ENTER);
        UiTest.waitUntil(() -> workbench.a().feature().get().feature() == other.feature());
    }

    @Test
    void aTypedTextIsReadAndItsTokensAreChosenByKeyboard() {
        openAndChoose();
        clickOn(
                list()
                        .getScene()
                        .getRoot()
                        .lookup("#tabs-examples")
                        .lookup(".tab-header-area")
                        .lookupAll(".tab")
                        .stream()
                        .skip(1)
                        .findFirst()
                        .orElseThrow());
        clickOn("#text-area-A").write("the cat sat");
        UiTest.waitUntil(() -> models.a().text().reading().completeProperty().get()
                && models.text().text().get().equals("the cat sat")
                && models.a()
                        .text()
                        .reading()
                        .getValue()
                        .ids()
                        .equals(models.text().tokens().getValue().ids()));
        TokenStrip strip = lookup("#text-tokens-A").query();
        type(javafx.scene.input.KeyCode.TAB);
        assertThat(UiTest.onFx(() -> strip.isFocused())).isTrue();
        type(javafx.scene.input.KeyCode.RIGHT);
        UiTest.waitUntil(() -> models.text().token().get() >= 0);
        assertThat(strip.selectedProperty().get())
                .isEqualTo(models.text().token().get());
        UiTest.onFx(() -> models.text().text().set(""));
        UiTest.waitUntil(() -> models.a().text().reading().getValue() == null);
        assertThat(UiTest.onFx(() -> lookup("#text-features-A")
                        .<javafx.scene.control.TableView<?>>query()
                        .getItems()
                        .isEmpty()))
                .isTrue();
    }

    @Test
    void aRectangleInTheScatterListsItsFeaturesAndAClickChoosesOne() {
        openAndChoose();
        UiTest.onFx(() -> lookup("#tabs-histogram")
                .<javafx.scene.control.TabPane>query()
                .getSelectionModel()
                .selectLast());
        ScatterChart chart = lookup("#feature-scatter").query();
        UiTest.onFx(() -> {
            lookup("#scatter-across")
                    .<javafx.scene.control.ComboBox<FeatureColumn>>query()
                    .setValue(FeatureColumn.NUMBER);
            lookup("#scatter-across-log")
                    .<javafx.scene.control.ToggleButton>query()
                    .setSelected(false);
            lookup("#scatter-up")
                    .<javafx.scene.control.ComboBox<FeatureColumn>>query()
                    .setValue(FeatureColumn.DECODER_NORM);
        });
        UiTest.waitUntil(() -> chart.hasPlot()
                && chart.plot().getDomainAxis().getLabel().equals("feature")
                && chart.plot().getRangeAxis().getLabel().equals("decoder norm")
                && chart.dataArea().getWidth() > 100);
        UiTest.onFx(() -> chart.boxProperty().set(new BoxBrush.Box(new ValueRange(2.5, 6.2), new ValueRange(0, 100))));
        UiTest.waitUntil(() -> models.table().rows().equals(List.of(3, 4, 5, 6)));
        assertThat(lookup("#feature-filter")
                        .<javafx.scene.control.TextField>query()
                        .getText())
                .isEqualTo("number>=3 number<=6 norm>=0.0 norm<=100.0");
        double norm = UiTest.onFx(() -> models.table().number(FeatureColumn.DECODER_NORM, 5));
        clickOn(UiTest.onFx(() -> chart.localToScreen(chart.toPixelX(5), chart.toPixelY(norm))));
        UiTest.waitUntil(() -> workbench.a().feature().get().feature() == 5);
        UiTest.onFx(() -> lookup("#feature-filter")
                .<javafx.scene.control.TextField>query()
                .clear());
        UiTest.waitUntil(() -> models.table().rows().size() == TinySae.FEATURES);
        assertThat(UiTest.onFx(() -> chart.boxProperty().get()))
                .as("the mark goes with the filter")
                .isNull();
    }

    @Test
    void featuresActiveTogetherAreListedForAFeatureAndForAToken() {
        openAndChoose();
        UiTest.onFx(() -> view.run("together"));
        javafx.scene.control.TableView<loupe.state.corpus.CoActivationModel.Row> table =
                lookup("#together-A").query();
        UiTest.waitUntil(() ->
                !table.getItems().isEmpty() && !models.a().together().listing().isPending());
        int chosen = workbench.a().feature().get().feature();
        loupe.index.FeatureActivations own =
                examples().activations().activations().getValue();
        loupe.state.corpus.CoActivationModel.Row first = table.getItems().get(0);
        loupe.index.FeatureActivations other =
                models.statistics().index(workbench.a()).get().activations(0, first.feature());
        long both = java.util.Arrays.stream(own.tokens())
                .filter(token -> own.at(token) > 0 && other.at(token) > 0)
                .count();
        assertThat(first.feature()).isNotEqualTo(chosen);
        assertThat(first.tokens()).isEqualTo(both);
        assertThat(first.share()).isEqualTo((double) both / own.count());
        UiTest.onFx(() -> lookup("#together-by-A")
                .<javafx.scene.control.ComboBox<loupe.state.corpus.CoActivationModel.Measure>>query()
                .setValue(loupe.state.corpus.CoActivationModel.Measure.BOTH));
        UiTest.waitUntil(
                () -> table.getItems().get(0).value() == table.getItems().get(0).tokens());
        assertThat(table.getItems())
                .extracting(loupe.state.corpus.CoActivationModel.Row::tokens)
                .isSortedAccordingTo(java.util.Comparator.reverseOrder());

        Example example = examples().examples().getValue().get(0).examples().get(0);
        int id = example.ids()[example.focus()];
        clickOn("#together-token-A");
        clickOn("#together-query-A").write("token " + id).type(javafx.scene.input.KeyCode.ENTER);
        UiTest.waitUntil(() -> models.a().together().listing().getValue() != null
                && models.a().together().listing().getValue().by().with()
                        == loupe.state.corpus.CoActivationModel.With.TOKEN);
        UiTest.waitUntil(() -> table.getItems().stream().anyMatch(row -> row.feature() == chosen));
        loupe.state.corpus.CoActivationModel.Row row = table.getItems().stream()
                .filter(one -> one.feature() != chosen)
                .findFirst()
                .orElseThrow();
        UiTest.onFx(() -> {
            table.getSelectionModel().select(row);
            table.requestFocus();
        });
        type(javafx.scene.input.KeyCode.ENTER);
        UiTest.waitUntil(() -> workbench.a().feature().get().feature() == row.feature());
    }

    @Test
    void aTokenThatIsSeveralIsRefusedInWords() {
        openAndChoose();
        UiTest.onFx(() -> {
            models.a().together().with().set(loupe.state.corpus.CoActivationModel.With.TOKEN);
            models.a().together().query().set("the cat sat on");
        });
        assertThat(models.a().together().queryProblem().get().message()).contains("tokens; ask for one");
        assertThat(models.a().together().listing().getValue()).isNull();
    }

    @Test
    void theHistogramsMenuChangesBinsAxisAndSumsOfBothSides() {
        openAndChoose();
        loupe.index.FeatureActivations own =
                examples().activations().activations().getValue();
        UiTest.onFx(() -> {
            models.histogram().bins().set(20);
            models.histogram().logarithmicValues().set(true);
            models.histogram().cumulative().set(true);
        });
        UiTest.waitUntil(
                () -> models.a().histogram().histogram().completeProperty().get()
                        && models.a().histogram().histogram().getValue().counts().length == 20
                        && models.a().histogram().histogram().getValue().edges()[0] > 0);
        loupe.index.FeatureActivations.Histogram shown =
                models.a().histogram().histogram().getValue();
        UiTest.waitUntil(() -> models.a().histogram().histogram().getValue().counts()[19] == own.count());
        assertThat(shown.edges()[0]).isEqualTo(own.minPositive());
        assertThat(shown.edges()[20]).isEqualTo(own.max());
        assertThat(shown.edges()[11] / shown.edges()[10])
                .isCloseTo(shown.edges()[6] / shown.edges()[5], org.assertj.core.api.Assertions.within(1e-9));
        HistogramChart chart = lookup("#histogram-A").query();
        UiTest.waitUntil(() -> chart.plot().getRangeAxis().getLabel().equals("tokens, summed, log")
                && chart.plot().getDomainAxis().getLabel().equals("activation, log"));
    }

    @Test
    void twoCheckpointsShareHistogramAxesScatterAndText() throws IOException {
        openAndChoose();
        Path other = TinySae.writeTo(folder.resolve("other"), 2);
        UiTest.onFx(() -> workbench.openCheckpoint(workbench.b(), other, SaeOptions.AS_STORED));
        UiTest.waitUntil(() -> models.statistics().index(workbench.b()).get() != null
                && workbench.b().feature().get() != null
                && models.b().histogram().histogram().getValue() != null);
        UiTest.onFx(() -> {
            models.histogram().logarithmicValues().set(true);
            models.histogram().bins().set(10);
            models.text().text().set("the cat sat");
        });
        UiTest.waitUntil(() -> List.of(models.a(), models.b()).stream()
                .allMatch(
                        side -> side.histogram().histogram().completeProperty().get()
                                && side.histogram().histogram().getValue().counts().length == 10
                                && side.histogram().histogram().getValue().edges()[0] > 0));
        UiTest.waitUntil(() -> java.util.Arrays.equals(
                models.a().histogram().histogram().getValue().edges(),
                models.b().histogram().histogram().getValue().edges()));
        UiTest.waitUntil(() -> models.a().text().reading().completeProperty().get()
                && models.b().text().reading().completeProperty().get());
        assertThat(models.a().text().reading().getValue().ids())
                .isEqualTo(models.b().text().reading().getValue().ids());
        assertThat(models.a().text().reading().getValue().features())
                .isNotEqualTo(models.b().text().reading().getValue().features());

        UiTest.onFx(() -> {
            models.scatter().across().set(FeatureColumn.NUMBER);
            models.scatter().logAcross().set(false);
            models.scatter().up().set(FeatureColumn.DECODER_NORM);
            lookup("#tabs-histogram")
                    .<javafx.scene.control.TabPane>query()
                    .getSelectionModel()
                    .selectLast();
        });
        ScatterChart chart = lookup("#feature-scatter").query();
        UiTest.waitUntil(() -> chart.hasPlot()
                && chart.plot().getSeriesCount() == 2
                && chart.plot().getDomainAxis().getLabel().equals("feature")
                && chart.plot().getRangeAxis().getLabel().equals("decoder norm")
                && models.scatter().points().getValue().bUp().length == TinySae.FEATURES
                && !Double.isNaN(models.scatter().points().getValue().bUp()[0])
                && chart.dataArea().getWidth() > 100);
        loupe.state.features.FeatureScatterModel.Points points =
                models.scatter().points().getValue();
        int apart = 0;
        for (int feature = 1; feature < TinySae.FEATURES; feature++) {
            apart = Math.abs(points.aUp()[feature] - points.bUp()[feature])
                            > Math.abs(points.aUp()[apart] - points.bUp()[apart])
                    ? feature
                    : apart;
        }
        int chosen = apart;
        clickOn(UiTest.onFx(() -> chart.localToScreen(chart.toPixelX(chosen), chart.toPixelY(points.bUp()[chosen]))));
        UiTest.waitUntil(
                () -> Integer.valueOf(chosen).equals(models.compare().pinned().get()));
        UiTest.waitUntil(() -> workbench.b().feature().get().feature() == chosen);
    }

    @Test
    void theChosenFeatureStaysInSightWhenTheTableIsFilteredAndWhereWantedWhenSorted() throws IOException {
        Path large = TinySae.writeTo(folder.resolve("large"), 3, 400);
        UiTest.onFx(() -> workbench.openModel(
                model, opened -> workbench.openCheckpoint(workbench.a(), large, SaeOptions.AS_STORED)));
        UiTest.waitUntil(() ->
                models.table().rows().size() == 400 && !models.table().filling().get());
        UiTest.onFx(() -> models.table().jumpTo(200));
        javafx.scene.control.TableView<Integer> table = lookup("#feature-table").query();
        UiTest.waitUntil(() -> isInSight(table, 200));
        UiTest.onFx(() -> models.table().filter().set("norm>0.1 number>=190"));
        UiTest.waitUntil(() -> models.table().rows().size() < 400 && isInSight(table, 200));
        UiTest.onFx(() -> models.table().filter().set(""));
        UiTest.waitUntil(() -> models.table().rows().size() == 400 && isInSight(table, 200));
        UiTest.onFx(() -> {
            models.table().arrangement().keepsInView().set(true);
            models.table().sortedBy().set(FeatureColumn.NUMBER);
            models.table().descending().set(true);
        });
        UiTest.waitUntil(() -> models.table().rows().get(0) == 399 && isInSight(table, 200));
        UiTest.onFx(() -> models.table().sortedBy().set(FeatureColumn.DECODER_NORM));
        UiTest.waitUntil(() -> models.table().rows().get(0) != 399 && isInSight(table, 200));
    }

    private static boolean isInSight(javafx.scene.control.TableView<Integer> table, int feature) {
        javafx.scene.control.skin.VirtualFlow<?> flow =
                (javafx.scene.control.skin.VirtualFlow<?>) table.lookup(".virtual-flow");
        int row = table.getItems().indexOf(feature);
        return flow != null
                && flow.getFirstVisibleCell() != null
                && row >= flow.getFirstVisibleCell().getIndex()
                && row <= flow.getLastVisibleCell().getIndex()
                && Integer.valueOf(feature).equals(table.getSelectionModel().getSelectedItem());
    }

    private ExampleList list() {
        return lookup("#examples-A").query();
    }
}
