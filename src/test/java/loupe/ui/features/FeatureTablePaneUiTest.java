package loupe.ui.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javafx.event.Event;
import javafx.geometry.Bounds;
import javafx.geometry.Point2D;
import javafx.scene.Node;
import javafx.scene.control.CheckMenuItem;
import javafx.scene.control.ContextMenu;
import javafx.scene.control.Label;
import javafx.scene.control.MenuItem;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.control.skin.VirtualFlow;
import javafx.scene.input.ContextMenuEvent;
import javafx.scene.input.DragEvent;
import javafx.scene.input.KeyCode;
import javafx.scene.input.MouseButton;
import javafx.scene.input.MouseEvent;
import javafx.scene.input.TransferMode;
import javafx.scene.layout.VBox;
import loupe.analysis.features.DirectionNorms;
import loupe.analysis.lens.LogitMoments;
import loupe.search.FeatureColumn;
import loupe.state.FeatureTables;
import loupe.state.Opened;
import loupe.state.corpus.CorpusStatistics;
import loupe.state.features.FeatureTableModel;
import loupe.state.features.TableArrangement;
import loupe.ui.PaneUiTest;
import loupe.ui.pane.PaneFrame;
import org.controlsfx.control.CheckComboBox;
import org.junit.jupiter.api.Test;

class FeatureTablePaneUiTest extends PaneUiTest {
    private FeatureTableModel model;
    private FeatureTablePane pane;

    @Override
    protected PaneFrame make() {
        model = FeatureTables.of(opened, new CorpusStatistics(opened.workbench, folder), texts);
        pane = new FeatureTablePane(opened.workbench, model, () -> "tiny", saver);
        return pane.node();
    }

    /** Decoder norms 3 1 2 6 5 4; the features promote a b c a b a. */
    private void open() {
        onFx(() -> opened.openA());
        answer(
                DirectionNorms.class,
                new DirectionNorms.Answer(
                        new float[Opened.FEATURES], new float[] {3, 1, 2, 6, 5, 4}, new float[Opened.FEATURES]));
        answer(LogitMoments.class, Opened.promoted(Opened.FEATURES, new int[] {0, 1, 2, 0, 1, 0}));
    }

    private TableView<Integer> table() {
        return lookup("#feature-table").query();
    }

    private TextField filter() {
        return lookup("#feature-filter").query();
    }

    private List<Integer> rows() {
        return onFx(() -> List.copyOf(table().getItems()));
    }

    private int chosen() {
        return onFx(() -> opened.workbench.selection().feature().get().feature());
    }

    private String count() {
        return onFx(() -> lookup(".pane-actions .muted").<Label>query().getText());
    }

    @Test
    void beforeACheckpointIsOpenItSaysWhatToDo() {
        assertThat(emptyText()).startsWith("Open a checkpoint for tiny");
        open();
        assertThat(emptyText()).isEmpty();
        onFx(opened.workbench::closeModel);
        assertThat(emptyText()).startsWith("Open a model folder");
    }

    @Test
    void everyFeatureHasARowWithWhatItPromotes() {
        open();
        assertThat(rows()).containsExactly(0, 1, 2, 3, 4, 5);
        assertThat(cells(table(), "Promotes")).containsExactly("a", "b", "c", "a", "b", "a");
        assertThat(count()).isEqualTo("6");
    }

    @Test
    void wordsAndBoundsFilterAndTheCountSaysHowManyAreLeft() {
        open();
        clickOn("#feature-filter").write("norm>=3 a");
        assertThat(rows()).containsExactly(0, 3, 5);
        assertThat(count()).isEqualTo("3 of 6");
        write("zz");
        assertThat(rows()).isEmpty();
        assertThat(nothing()).isEqualTo("No feature passes the filter.\nNo feature has \u201Cazz\u201D");
        onFx(() -> filter().clear());
        assertThat(rows()).hasSize(6);
    }

    @Test
    void theWordThatWasFoundIsMarkedAndStandsInBracketsInWhatIsCopied() {
        open();
        onFx(() -> model.filter().set("b"));
        assertThat(cells(table(), "Found")).containsExactly("promotes: [b]", "promotes: [b]");
        clickOn(row(table(), 0));
        push(KeyCode.CONTROL, KeyCode.C);
        assertThat(copied()).contains("promotes: [b]");
        assertThat(marks()).containsExactly("b", "b");
        onFx(() -> model.filter().set("c"));
        assertThat(marks()).containsExactly("c");
    }

    private List<String> marks() {
        return onFx(() -> {
            table().applyCss();
            table().layout();
            return table().lookupAll(".found-mark").stream()
                    .map(mark -> ((Label) mark).getText())
                    .toList();
        });
    }

    @Test
    void aFilterThatASessionRestoredBeforeTheTableWasBuiltStandsInTheField() {
        open();
        onFx(() -> model.filter().set("a"));
        FeatureTablePane later = onFx(() -> new FeatureTablePane(opened.workbench, model, () -> "tiny", saver));
        TextField field = onFx(() -> (TextField) later.node().lookup("#feature-filter"));
        assertThat(field.getText()).isEqualTo("a");
        assertThat(onFx(() -> columns((TableView<?>) later.node().lookup("#feature-table"))))
                .contains("Found");
    }

    private String nothing() {
        return onFx(
                () -> ((Label) ((VBox) table().getPlaceholder()).getChildren().get(0)).getText());
    }

    /** What is said below the filter, all of which has to be seen. */
    private String reason() {
        Label said = lookup("#feature-filter-reason").query();
        onFx(() -> table().getScene().getRoot().layout());
        assertThat(onFx(() -> said.getHeight() >= said.prefHeight(said.getWidth()) && said.isVisible()))
                .as("seen in full")
                .isTrue();
        return said.getText();
    }

    @Test
    void aFilterThatPassesNothingSaysWhichPartAndOffersToClearIt() {
        open();
        clickOn("#feature-filter").write("a norm>9");
        assertThat(nothing()).endsWith("norm>9: norm lies between 1 and 6");
        onFx(() -> filter().setText("foo>3"));
        assertThat(reason()).contains("foo>3: there is no column foo; the columns are number, density");
        onFx(() -> filter().setText("norm>x"));
        assertThat(reason()).isEqualTo("norm>x: what stands after the sign is no number");
        onFx(() -> filter().setText("norm>=6 b"));
        assertThat(nothing()).endsWith("No feature has all of it together: norm>=6, b");
        clickOn("#clear-filter");
        assertThat(rows()).hasSize(6);
        assertThat(onFx(() -> lookup("#clear-filter").query().isVisible())).isFalse();
    }

    @Test
    void aRightClickOnAHeaderDoesNotSort() {
        open();
        rightClickOn(".column-title");
        assertThat(onFx(() -> table().getSortOrder().isEmpty())).isTrue();
        press(KeyCode.ESCAPE);
        clickOn(".column-title");
        assertThat(onFx(() -> table().getSortOrder().isEmpty())).isFalse();
    }

    @Test
    void aRightClickOnAHeaderOpensTheMenuOfItsColumn() {
        open();
        ContextMenu menu = onFx(() -> table().getColumns().get(0).getContextMenu());
        onFx(() -> lookup(".column-title").query().fireEvent(wanted(0, 0)));
        assertThat(menu.isShowing()).isTrue();
        type(KeyCode.ESCAPE);
        onFx(() -> item(menu, "Norm").fire());
        assertThat(columns(table())).containsExactly("#", "Density", "Max", "Promotes", "Norm");
        onFx(() -> item(menu, "Max").fire());
        assertThat(columns(table())).containsExactly("#", "Density", "Promotes", "Norm");
        onFx(() -> item(menu, "Sort: largest first").fire());
        assertThat(rows()).containsExactly(5, 4, 3, 2, 1, 0);
        onFx(() -> item(menu, "Usual columns").fire());
        assertThat(columns(table())).containsExactly("#", "Density", "Max", "Promotes");
    }

    /** What the window system sends for a right click. */
    private static ContextMenuEvent wanted(double x, double y) {
        return new ContextMenuEvent(ContextMenuEvent.CONTEXT_MENU_REQUESTED, x, y, x, y, false, null);
    }

    /** An entry of a menu that has just been opened. */
    private static MenuItem item(ContextMenu menu, String words) {
        menu.getOnShowing().handle(null);
        MenuItem found = menu.getItems().stream()
                .filter(item -> item.getText() != null && item.getText().startsWith(words))
                .findFirst()
                .orElseThrow();
        if (found instanceof CheckMenuItem check) {
            check.setSelected(!check.isSelected());
        }
        return found;
    }

    @Test
    void columnsKeepTheOrderAndWidthThatTheyWereDraggedTo() {
        open();
        onFx(() -> {
            TableColumn<Integer, ?> first = table().getColumns().get(0);
            List<TableColumn<Integer, ?>> moved = new ArrayList<>(table().getColumns());
            moved.remove(first);
            moved.add(first);
            table().getColumns().setAll(moved); // as the toolkit does with a dragged heading
        });
        assertThat(model.arrangement().columns().get().stream().map(TableArrangement.Column::column))
                .containsExactly(
                        FeatureColumn.DENSITY, FeatureColumn.MAX, FeatureColumn.PROMOTED, FeatureColumn.NUMBER);
        onFx(() -> model.arrangement().resize(Map.of(FeatureColumn.PROMOTED, 222)));
        TableColumn<Integer, ?> promotes = onFx(() -> table().getColumns().get(2));
        assertThat(promotes.getPrefWidth()).isEqualTo(222);
        onFx(() -> model.arrangement().reset());
        assertThat(columns(table())).containsExactly("#", "Density", "Max", "Promotes");
        assertThat(promotes.getPrefWidth()).isEqualTo(110);
    }

    @Test
    void aHeadingDraggedWiderKeepsItsWidth() {
        open();
        show(FeatureColumn.NUMBER, FeatureColumn.LABEL, FeatureColumn.PROMOTED);
        onFx(() -> {
            table().applyCss();
            table().layout();
        });
        TableColumn<Integer, ?> label = onFx(() -> table().getColumns().get(1));
        double before = label.getWidth();
        Bounds heading = onFx(() -> {
            Node title = label.getGraphic();
            return title.localToScreen(title.getBoundsInLocal());
        });
        Bounds whole = onFx(() -> table().localToScreen(table().getBoundsInLocal()));
        double border = onFx(() -> table().getColumns().subList(0, 2).stream()
                .mapToDouble(TableColumn::getWidth)
                .sum());
        drag(new Point2D(whole.getMinX() + border, heading.getCenterY()))
                .dropTo(new Point2D(whole.getMinX() + border + 30, heading.getCenterY()));
        assertThat(label.getWidth()).isGreaterThan(before + 20);
        assertThat(model.arrangement().columns().get().get(1).width()).isEqualTo((int) Math.round(label.getWidth()));
    }

    @Test
    void aRowThatIsDraggedIsNotChosen() {
        open();
        Point2D row = row(table(), 3);
        onFx(() -> table().addEventFilter(MouseEvent.DRAG_DETECTED, Event::consume)); // it has no end without a screen
        moveTo(row).press(MouseButton.PRIMARY);
        assertThat(chosen()).isZero();
        moveBy(60, 40);
        onFx(() -> table().fireEvent(dragDone()));
        release(MouseButton.PRIMARY);
        assertThat(chosen()).isZero();
        assertThat(table().getSelectionModel().getSelectedItem()).isZero();
    }

    private static DragEvent dragDone() {
        return new DragEvent(DragEvent.DRAG_DONE, null, 0, 0, 0, 0, TransferMode.COPY, null, null, null);
    }

    @Test
    void severalRowsAreMarkedAndCopiedWithTheirHeadingsWhileTheChosenFeatureStays() {
        open();
        show(FeatureColumn.NUMBER, FeatureColumn.DECODER_NORM);
        clickOn(row(table(), 1));
        press(KeyCode.SHIFT).clickOn(row(table(), 3)).release(KeyCode.SHIFT);
        assertThat(chosen()).isEqualTo(1);
        push(KeyCode.CONTROL, KeyCode.C);
        assertThat(copied()).isEqualTo("#\tNorm\n1\t1.0\n2\t2.0\n3\t6.0\n");
        onFx(() -> model.arrangement().sort(new TableArrangement.Sorting(FeatureColumn.DECODER_NORM, true)));
        assertThat(onFx(() -> List.copyOf(table().getSelectionModel().getSelectedItems())))
                .containsExactlyInAnyOrder(1, 2, 3);
        clickOn(row(table(), 0));
        assertThat(chosen()).isEqualTo(3);
        assertThat(onFx(() -> List.copyOf(table().getSelectionModel().getSelectedItems())))
                .containsExactly(3);
    }

    @Test
    void sortingShowsTheTopUnlessTheChosenFeatureIsToStayInView() {
        open();
        onFx(() -> {
            table().setPrefHeight(90);
            table().setMaxHeight(90);
            opened.choose(1);
        });
        onFx(() -> model.arrangement().sort(new TableArrangement.Sorting(FeatureColumn.DECODER_NORM, true)));
        assertThat(firstInSight()).isZero();
        onFx(() -> {
            model.arrangement().keepsInView().set(true);
            model.arrangement().sort(new TableArrangement.Sorting(FeatureColumn.NUMBER, true));
        });
        assertThat(firstInSight()).isPositive();
    }

    private int firstInSight() {
        return onFx(() -> {
            table().applyCss();
            table().layout();
            return ((VirtualFlow<?>) table().lookup(".virtual-flow"))
                    .getFirstVisibleCell()
                    .getIndex();
        });
    }

    @Test
    void aRightClickMarksARowForItsMenuAndChoosesNothing() {
        open();
        rightClickOn(row(table(), 4));
        onFx(() -> table().getContextMenu().show(table(), 10, 10));
        assertThat(chosen()).isZero();
        assertThat(table().getSelectionModel().getSelectedItem()).isEqualTo(4);
        type(KeyCode.ESCAPE);
        assertThat(table().getSelectionModel().getSelectedItem()).isZero();
    }

    @Test
    void aNumberAndEnterGoesToThatFeatureAndFiltersNothing() {
        open();
        clickOn("#feature-filter").write("4");
        assertThat(rows()).hasSize(6);
        type(KeyCode.ENTER);
        assertThat(chosen()).isEqualTo(4);
        assertThat(filter().getText()).isEmpty();
        assertThat(table().isFocused()).isTrue();
        assertThat(table().getSelectionModel().getSelectedItem()).isEqualTo(4);
    }

    @Test
    void aNumberThatNoFeatureHasIsMarkedAndChoosesNothing() {
        open();
        clickOn("#feature-filter").write("99").type(KeyCode.ENTER);
        assertThat(chosen()).isZero();
        assertThat(filter().getText()).isEqualTo("99");
        assertThat(reason()).isEqualTo("There is no feature 99: the last one is 5");
        assertThat(filter().getPseudoClassStates())
                .anyMatch(state -> state.getPseudoClassName().equals("danger"));
        type(KeyCode.BACK_SPACE);
        assertThat(filter().getPseudoClassStates())
                .noneMatch(state -> state.getPseudoClassName().equals("danger"));
    }

    @Test
    void aDigitTypedElsewhereBeginsTheNumber() {
        open();
        onFx(() -> pane.startNumber("5"));
        type(KeyCode.ENTER);
        assertThat(chosen()).isEqualTo(5);
    }

    @Test
    void aClickOnARowChoosesItsFeatureAndTheArrowsGoOn() {
        open();
        clickOn(row(table(), 2));
        assertThat(chosen()).isEqualTo(2);
        type(KeyCode.DOWN);
        assertThat(chosen()).isEqualTo(3);
        onFx(() -> opened.choose(1));
        assertThat(table().getSelectionModel().getSelectedItem()).isEqualTo(1);
    }

    @Test
    void aClickOnAColumnSortsByItThenTheOtherWayAndThenNotAnyMore() {
        open();
        show(FeatureColumn.NUMBER, FeatureColumn.DECODER_NORM);
        assertThat(columns(table())).containsExactly("#", "Norm");
        TableColumn<Integer, ?> norm = onFx(() -> table().getColumns().get(1));
        onFx(() -> {
            table().applyCss();
            table().layout();
        });
        clickOn(onFx(norm::getGraphic));
        assertThat(rows()).containsExactly(1, 2, 0, 5, 4, 3);
        clickOn(onFx(norm::getGraphic));
        assertThat(rows()).containsExactly(3, 4, 5, 0, 2, 1);
        clickOn(onFx(norm::getGraphic));
        assertThat(rows()).containsExactly(0, 1, 2, 3, 4, 5);
    }

    private void show(FeatureColumn... columns) {
        CheckComboBox<FeatureColumn> chooser = lookup("#feature-columns").query();
        onFx(() -> {
            chooser.getCheckModel().clearChecks();
            for (FeatureColumn column : columns) {
                chooser.getCheckModel().check(column);
            }
        });
    }

    @Test
    void theShownColumnsAreSavedWithTheNumbersBehindTheWords() {
        open();
        show(FeatureColumn.NUMBER, FeatureColumn.DECODER_NORM);
        onFx(() -> model.filter().set("norm>4"));
        choose("Save the rows shown as CSV");
        assertThat(saved("features.csv")).containsExactly("#,Norm", "3,6.0", "4,5.0");
        onFx(() -> model.filter().set("norm>0"));
        choose("Save all rows as CSV");
        assertThat(saved("features.csv")).hasSize(1 + 6);
    }

    @Test
    void aColumnThatFailedIsTriedAgain() {
        onFx(() -> opened.openA());
        fail(LogitMoments.class, "no memory");
        assertThat(problem()).contains("no memory");
        clickOn(".problem-retry");
        assertThat(problem()).isEmpty();
        assertThat(model.filling().get()).isTrue();
    }
}
