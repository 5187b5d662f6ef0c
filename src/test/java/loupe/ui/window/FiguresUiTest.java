package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import javafx.scene.control.SplitPane;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.input.ContextMenuEvent;
import javafx.scene.input.KeyCode;
import loupe.analysis.compare.EvaluationFigure;
import loupe.analysis.ghost.ScaleSweep;
import loupe.search.FeatureColumn;
import loupe.state.corpus.CoActivationModel;
import loupe.state.ghost.GhostKnobs;
import loupe.ui.WindowUiTest;
import loupe.ui.control.HelpEvent;
import loupe.ui.control.Tables;
import loupe.ui.help.HelpEntry;
import loupe.ui.help.HelpTexts;
import loupe.ui.pane.Pane;
import org.junit.jupiter.api.Test;

/** Every figure that the window shows is explained in the help, and its place leads there. */
class FiguresUiTest extends WindowUiTest {
    private HelpTexts texts() {
        return HelpTexts.with(List.of());
    }

    private static Stream<TableView<?>> tablesIn(Node node) {
        if (node instanceof TableView<?> table) {
            return Stream.of(table);
        }
        if (node instanceof SplitPane split) { // has no children until it has been shown
            return split.getItems().stream().flatMap(FiguresUiTest::tablesIn);
        }
        return node instanceof Parent parent
                ? parent.getChildrenUnmodifiable().stream().flatMap(FiguresUiTest::tablesIn)
                : Stream.empty();
    }

    private static Stream<String> headings(TableView<?> table) {
        return table.getColumns().stream().map(Tables::heading);
    }

    private Stream<Map.Entry<PaneKind, Pane>> panes() {
        return view.area().a().kinds().entrySet().stream();
    }

    @Test
    void everyColumnOfEveryPaneHasAnEntryOfItsPane() {
        open();
        HelpTexts texts = texts();
        List<String> unexplained = panes().flatMap(pane -> {
                    String title = pane.getKey().title();
                    return tablesIn(pane.getValue().node())
                            .flatMap(FiguresUiTest::headings)
                            .filter(heading -> !heading.isEmpty())
                            .filter(heading ->
                                    texts.in(title).stream().noneMatch(entry -> names(entry, title, heading)))
                            .map(heading -> title + ": " + heading);
                })
                .toList();
        assertThat(unexplained).isEmpty();
        assertThat(panes().flatMap(pane -> tablesIn(pane.getValue().node()))
                        .flatMap(table -> table.getColumns().stream())
                        .filter(column -> column.getContextMenu().getItems().stream()
                                .noneMatch(item -> "What is this column?".equals(item.getText()))))
                .as("columns whose menu does not lead to the help")
                .isEmpty();
    }

    private static boolean names(HelpEntry entry, String place, String heading) {
        return entry.shownIn().getOrDefault(place, List.of()).contains(heading);
    }

    @Test
    void everyColumnAndMeasureThatCanBeChosenHasAnEntryWithAFormula() {
        HelpTexts texts = texts();
        assertThat(Arrays.stream(FeatureColumn.values())
                        .filter(column -> texts.in("Features").stream()
                                .noneMatch(entry -> names(entry, "Features", column.title()))))
                .as("columns of the feature table")
                .isEmpty();
        assertThat(Arrays.stream(CoActivationModel.Measure.values())
                        .filter(measure -> texts.in("Active together").stream()
                                .noneMatch(entry -> names(entry, "Active together", measure.title())
                                        && !entry.formula().isEmpty())))
                .as("measures of features that are active together")
                .isEmpty();
        assertThat(Arrays.stream(EvaluationFigure.values())
                        .filter(figure -> texts.in("Evaluation").stream()
                                .noneMatch(entry -> names(entry, "Evaluation", figure.title())
                                        && entry.formula().equals(figure.formula()))))
                .as("figures of the evaluation")
                .isEmpty();
    }

    @Test
    void whatChartsAndControlsShowHasAnEntryOfItsPane() {
        HelpTexts texts = texts();
        for (PaneKind kind : PaneKind.ALL) {
            assertThat(texts.in(kind.title())).as(kind.title()).isNotEmpty();
        }
        assertThat(texts.in(HelpLinks.HEADER).stream().map(HelpEntry::title))
                .contains(
                        "Density",
                        "Interval of the density",
                        "Maximum and minimum",
                        "Promoted tokens and logit weights");
        for (ScaleSweep.Curve curve : ScaleSweep.Curve.values()) {
            String words =
                    curve.label().replace('_', ' ').replace("self ", "self-").replace("first token", "first-token");
            assertThat(texts.in("Ghost").stream()
                            .map(entry -> (entry.title() + " " + entry.text()).toLowerCase(java.util.Locale.ROOT)))
                    .as(words)
                    .anyMatch(text -> text.contains(words));
        }
        assertThat(GhostKnobs.ALL.stream()
                        .flatMap(knob -> knob.slider().stream())
                        .map(slider -> slider.label().replaceAll(" \\d+ weight", ""))
                        .filter(title -> !title.isEmpty() && texts.find(title).isEmpty()))
                .as("sliders")
                .isEmpty();
    }

    @Test
    void noEntryNamesAPlaceOrAColumnThatIsNotThere() {
        open();
        TreeSet<String> places =
                new TreeSet<>(List.of(HelpLinks.HEADER, "Batch", "Evaluation", "Inspect", "Checkpoint page"));
        Map<String, List<String>> columns = new java.util.HashMap<>();
        panes().forEach(pane -> {
            places.add(pane.getKey().title());
            columns.put(
                    pane.getKey().title(),
                    tablesIn(pane.getValue().node())
                            .flatMap(FiguresUiTest::headings)
                            .toList());
        });
        List<String> together = new ArrayList<>(columns.get("Active together"));
        Arrays.stream(CoActivationModel.Measure.values())
                .map(CoActivationModel.Measure::title)
                .forEach(together::add);
        columns.put("Active together", together);
        columns.put(
                "Features",
                Arrays.stream(FeatureColumn.values()).map(FeatureColumn::title).toList());
        columns.remove("Token list"); // it has those of both directions only while it shows them
        for (HelpEntry entry : texts().entries()) {
            assertThat(places).as(entry.title()).containsAll(entry.shownIn().keySet());
            columns.forEach((place, headings) -> assertThat(headings)
                    .as(entry.title())
                    .containsAll(entry.shownIn().getOrDefault(place, List.of())));
        }
    }

    private String opened() {
        return lookup(".help-entry").queryAll().stream()
                .filter(entry -> entry.getPseudoClassStates().stream()
                        .anyMatch(state -> state.getPseudoClassName().equals("opened")))
                .map(entry -> ((Label) entry.lookup(".help-title")).getText())
                .findFirst()
                .orElse("");
    }

    @Test
    void theMenuOfAHeadingOpensTheHelpAtItsFigure() {
        open();
        Node score = lookup("#token-list-A")
                .lookup((Label label) -> label.getText().equals("Score"))
                .query();
        interact(() -> score.fireEvent(new ContextMenuEvent(
                ContextMenuEvent.CONTEXT_MENU_REQUESTED, 0, 0, 100, 100, false, null))); // the robot sends none
        clickOn("What is this column?");
        assertThat(opened()).isEqualTo("Score, nearness");
        type(KeyCode.ESCAPE);
        onlyOpens("Cosine", "Cosine");
    }

    private void onlyOpens(String heading, String entry) {
        TableView<?> table = table("#token-list-A");
        TableColumn<?, ?> column = table.getColumns().stream()
                .filter(one -> Tables.heading(one).equals(heading))
                .findFirst()
                .orElseThrow();
        interact(() -> column.getContextMenu().getItems().get(0).fire());
        assertThat(opened()).isEqualTo(entry);
        type(KeyCode.ESCAPE);
    }

    @Test
    void theMenuOfAPaneAndTheIdentityCardTellWhatTheyShow() {
        open();
        interact(() -> view.area().a().of(PaneKind.of("together")).node().getMenuItems().stream()
                .filter(item -> String.valueOf(item.getText()).startsWith("What is shown here?"))
                .findFirst()
                .orElseThrow()
                .fire());
        assertThat(textsIn(lookup(".help-title").queryAll()))
                .contains("Phi and Jaccard")
                .doesNotContain("Entropy");
        type(KeyCode.ESCAPE);
        clickOn("#feature-figures");
        assertThat(textsIn(lookup(".help-title").queryAll())).contains("Interval of the density");
        type(KeyCode.ESCAPE);
        clickOn("#feature-table").type(KeyCode.F1, KeyCode.F1);
        assertThat(lookup("#help-search").tryQuery()).isPresent();
    }

    @Test
    void helpThatIsAskedForOnAPageComesBackToThePage() {
        open();
        interact(() -> view.run("batch"));
        TableView<?> table = table("#batch-table");
        assertThat(headings(table)
                        .filter(heading -> texts().ofColumn("Batch", heading)
                                .filter(entry -> names(entry, "Batch", heading))
                                .isEmpty()))
                .isEmpty();
        interact(() -> HelpEvent.ask(table, "Divergence"));
        assertThat(opened()).isEqualTo("Divergence from the baseline");
        type(KeyCode.ESCAPE);
        assertThat(lookup("#batch-table").tryQuery()).isPresent();
        type(KeyCode.ESCAPE);
        assertThat(lookup("#batch-table").tryQuery()).isEmpty();
    }
}
