package loupe.ui.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import javafx.beans.property.SimpleObjectProperty;
import javafx.scene.Node;
import javafx.scene.control.Label;
import javafx.scene.control.ListCell;
import javafx.scene.control.ToggleButton;
import javafx.scene.input.KeyCode;
import loupe.analysis.ablation.AblatedText;
import loupe.index.Example;
import loupe.search.SearchQuery;
import loupe.state.PlantedCorpus;
import loupe.state.corpus.ActivationsModel;
import loupe.state.corpus.ExamplesModel;
import loupe.state.window.Brush;
import loupe.state.window.SharedRange;
import loupe.ui.PaneUiTest;
import loupe.ui.pane.PaneFrame;
import loupe.ui.token.ExampleList;
import loupe.ui.token.TokenLine;
import org.controlsfx.control.SegmentedButton;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ExamplesPaneUiTest extends PaneUiTest {
    private final List<Integer> tokens = new ArrayList<>();
    private final List<Example> openedExamples = new ArrayList<>();
    private final SimpleObjectProperty<SearchQuery> sought = new SimpleObjectProperty<>(SearchQuery.parse(""));
    private PlantedCorpus corpus;
    private ExamplesModel model;

    @Override
    protected PaneFrame make() {
        corpus = new PlantedCorpus(opened, folder);
        model = new ExamplesModel(
                opened.workbench,
                new ActivationsModel(opened.workbench, opened.workbench.a(), corpus.statistics(), new SharedRange()));
        return new ExamplesPane(model, texts, sought, tokens::add, openedExamples::add, saver).node();
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

    private ExampleList list() {
        return lookup("#examples-A").query();
    }

    private List<Example> examples() {
        return model.examples().getValue().stream()
                .flatMap(group -> group.examples().stream())
                .toList();
    }

    @Test
    void everyExampleHasALineWithItsActivation() {
        assertThat(emptyText()).startsWith("Open a checkpoint");
        open();
        assertThat(emptyText()).isEmpty();
        assertThat(list().getItems())
                .extracting(TokenLine::activations)
                .isEqualTo(examples().stream().map(Example::values).toList());
        assertThat(list().getItems().get(0).texts()).isSubsetOf("a", "b", "c", "d", "e");
        assertThat(lookup(".example-figure").<Label>query().getText()).isEqualTo("2.00");
    }

    @Test
    void everyChoiceHasAButton() {
        open();
        for (ExamplesModel.Choice choice : ExamplesModel.Choice.values()) {
            clickOn("#examples-" + choice.name().toLowerCase(Locale.ROOT) + "-A");
            assertThat(model.choice().get()).isEqualTo(choice);
            assertThat(list().getItems()).hasSameSizeAs(examples());
        }
    }

    @Test
    void aPaneThatIsMadeAfterASessionWasReadShowsTheChoiceInForce() {
        onFx(() -> model.choice().set(ExamplesModel.Choice.NEAR_MISSES));
        PaneFrame later =
                onFx(() -> new ExamplesPane(model, texts, sought, tokens::add, openedExamples::add, saver).node());
        assertThat(onFx(() -> later.getActions().stream()
                        .filter(SegmentedButton.class::isInstance)
                        .flatMap(each -> ((SegmentedButton) each).getButtons().stream())
                        .filter(ToggleButton::isSelected)
                        .map(ToggleButton::getText)
                        .toList()))
                .containsExactly("Near misses");
    }

    @Test
    void aMarkedRangeIsNamedAndItsCrossRemovesIt() {
        open();
        int all = list().getItems().size();
        onFx(() -> opened.workbench.selection().brush(new Brush("histogram", "activation", 0.5, 1.5)));
        assertThat(lookup(".chip .label").<Label>query().getText()).isEqualTo("activation 0.5 to 1.5");
        assertThat(list().getItems()).allMatch(line -> line.activations()[line.peak()] == 1);
        assertThat(lookup("#examples-top-A").query().isDisabled()).isTrue();
        clickOn(".chip .icon-button");
        assertThat(opened.workbench.selection().brush().get()).isNull();
        assertThat(list().getItems()).hasSize(all);
        onFx(() -> opened.workbench.selection().brush(new Brush("histogram", "activation", 7, 8)));
        assertThat(subtitle()).isEqualTo("none in this range");
    }

    @Test
    void enterOpensAnExample() {
        open();
        onFx(() -> {
            list().getSelectionModel().select(1);
            list().requestFocus();
        });
        type(KeyCode.ENTER);
        assertThat(openedExamples).containsExactly(examples().get(1));
    }

    @Test
    void aClickOnATokenHandsItsIdOn() {
        open();
        clickOn(onFx(() -> {
            list().applyCss();
            list().layout();
            ListCell<?> first = list().lookupAll(".list-cell").stream()
                    .map(ListCell.class::cast)
                    .filter(cell -> cell.isVisible() && cell.getIndex() == 0)
                    .findFirst()
                    .orElseThrow();
            Node strip = first.lookup(".token-strip");
            return strip.localToScreen(16, strip.getLayoutBounds().getHeight() / 2);
        }));
        assertThat(tokens).hasSize(1).isSubsetOf(0, 1, 2, 3, 4);
    }

    @Test
    void theExamplesAreCopiedAndSavedWithTheirNumbers() {
        open();
        choose("Save examples as CSV");
        List<String> lines = saved("examples.csv");
        Example first = examples().get(0);
        assertThat(lines).hasSize(1 + examples().size());
        assertThat(lines.get(0)).isEqualTo("activation,document,position,token,text");
        assertThat(lines.get(1))
                .startsWith("2.0," + first.document() + "," + first.position() + ",a,")
                .contains("a");
        choose("Copy examples as CSV");
        assertThat(copied().lines()).containsExactlyElementsOf(lines);
    }

    @Test
    void theMenuOfAnExampleTakesItsTokensAwayOneByOne() {
        open();
        onFx(() -> {
            list().getSelectionModel().select(1);
            list().getContextMenu().getItems().stream()
                    .filter(item -> item.getText().startsWith("Remove each token"))
                    .findFirst()
                    .orElseThrow()
                    .fire();
        });
        assertThat(model.ablation().subject().get().example())
                .isSameAs(examples().get(1));
        assertThat(opened.count(AblatedText.class)).isEqualTo(1);
        onFx(() -> opened.choose(PlantedCorpus.AT_C));
        assertThat(model.ablation().subject().get()).as("gone with its example").isNull();
    }

    @Test
    void intervalsAndNearMissesStandUnderHeadingsThatCount() {
        open();
        onFx(() -> model.choice().set(ExamplesModel.Choice.INTERVALS));
        assertThat(headings()).hasSize(2);
        assertThat(headings().get(0)).startsWith("1.75 to 2.00: ").endsWith(" %");
        assertThat(headings().get(1)).startsWith("0.750 to 1.00: ");
        double shares = headings().stream()
                .mapToDouble(each -> Double.parseDouble(each.replaceAll(".*, ([\\d.]+) %.*", "$1")))
                .sum();
        assertThat(shares).isCloseTo(100, within(0.2));
        onFx(() -> opened.choose(PlantedCorpus.AT_E_AFTER_A));
        onFx(() -> model.choice().set(ExamplesModel.Choice.NEAR_MISSES));
        assertThat(headings())
                .singleElement()
                .asString()
                .matches("e active at \\d+ of its \\d+ places \\([\\d.]+ %\\)");
        assertThat(list().getItems()).allMatch(line -> line.texts()[line.peak()].equals("e"));
        onFx(() -> model.choice().set(ExamplesModel.Choice.TOP));
        assertThat(headings()).isEmpty();
    }

    private List<String> headings() {
        return onFx(() -> {
            list().applyCss();
            list().layout();
            return list().lookupAll(".example-heading").stream()
                    .filter(Node::isVisible)
                    .map(Label.class::cast)
                    .sorted(Comparator.comparingDouble(
                            label -> label.localToScene(0, 0).getY()))
                    .map(Label::getText)
                    .toList();
        });
    }

    @Test
    void tokensThatAreDraggedOverAreCopiedInsteadOfTheWholeText() {
        open();
        Node strip = onFx(() -> {
            list().applyCss();
            list().layout();
            return list().lookupAll(".list-cell").stream()
                    .map(ListCell.class::cast)
                    .filter(cell -> cell.isVisible() && cell.getIndex() == 1)
                    .findFirst()
                    .orElseThrow()
                    .lookup(".token-strip");
        });
        double middle = strip.getLayoutBounds().getHeight() / 2;
        drag(onFx(() -> strip.localToScreen(4, middle)))
                .moveTo(onFx(() -> strip.localToScreen(20, middle)))
                .moveTo(onFx(() -> strip.localToScreen(40, middle)))
                .drop();
        String whole = list().getItems().get(1).sentence();
        assertThat(tokens).as("nothing is chosen").isEmpty();
        push(KeyCode.CONTROL, KeyCode.C);
        assertThat(copied()).hasSizeBetween(2, whole.length() - 1).isSubstringOf(whole);
        clickOn(onFx(() -> strip.localToScreen(4, middle)));
        push(KeyCode.CONTROL, KeyCode.C);
        assertThat(copied()).isEqualTo(whole);
    }

    @Test
    void aSilentFeatureSaysThatItIs() {
        open();
        onFx(() -> opened.choose(PlantedCorpus.SILENT));
        assertThat(emptyText()).isEqualTo("This feature is not active anywhere in the corpus");
    }
}
