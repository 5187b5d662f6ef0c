package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javafx.scene.control.Menu;
import javafx.scene.control.MenuButton;
import javafx.scene.control.MenuItem;
import javafx.scene.control.TextArea;
import javafx.scene.input.KeyCode;
import loupe.analysis.tokens.TokenFilter;
import loupe.search.FeatureColumn;
import loupe.state.corpus.AblationModel;
import loupe.state.corpus.ExamplesModel;
import loupe.state.features.TableArrangement;
import loupe.state.ghost.SteeringValues;
import loupe.state.window.Brush;
import loupe.state.window.PaneLayout;
import loupe.ui.UiTest;
import loupe.ui.WindowUiTest;
import loupe.ui.nearest.TokenListPane;
import loupe.ui.tree.TreePane;
import org.junit.jupiter.api.Test;

/** One undo for all that is done in the window. */
class UndoUiTest extends WindowUiTest {
    private Optional<String> undoable() {
        return UiTest.onFx(() -> models.undoOrder().undoable());
    }

    /** Changes something, sees what its step is called, and that undo and redo bring back what was and what is. */
    private void changes(String called, Supplier<Object> looked, Runnable change) {
        Object before = UiTest.onFx(looked::get);
        UiTest.onFx(change);
        Object after = UiTest.onFx(looked::get);
        assertThat(after).as(called).isNotEqualTo(before);
        assertThat(undoable()).contains(called);
        UiTest.onFx(() -> view.run("undo"));
        UiTest.waitUntil(view::isArranged);
        assertThat(UiTest.onFx(looked::get)).as("undo " + called).isEqualTo(before);
        UiTest.onFx(() -> view.run("redo"));
        UiTest.waitUntil(view::isArranged);
        assertThat(UiTest.onFx(looked::get)).as("redo " + called).isEqualTo(after);
    }

    @Test
    void everyKindOfChangeIsTakenBackUnderItsNameButNoSelectionAndNoTyping() {
        open();
        assertThat(item("menu-undo").isDisable()).isTrue();
        UiTest.onFx(() -> models.table().filter().set("density>1%"));
        assertThat(item("menu-undo").getText()).isEqualTo("Undo filter density>1%");
        UiTest.onFx(() -> item("menu-undo").fire());
        assertThat(models.table().filter().get()).isEmpty();
        assertThat(item("menu-redo").getText()).isEqualTo("Redo filter density>1%");
        UiTest.onFx(() -> models.undoOrder().clear());
        UiTest.onFx(() -> models.table().filter().set("norm>0"));
        UiTest.onFx(() -> workbench.selection().brush(new Brush("histogram", "activation", 1, 2)));
        UiTest.onFx(() -> models.table().jumpTo(6));
        assertThat(undoable()).contains("filter norm>0");
        UiTest.onFx(() -> view.run("undo"));
        assertThat(workbench.selection().feature().get().feature()).isEqualTo(6);
        assertThat(undoable()).isEmpty();
        UiTest.onFx(() -> view.run("back"));
        assertThat(workbench.selection().feature().get().feature()).isNotEqualTo(6);
        everyKindOfChange();
        UiTest.onFx(() -> models.controls().topK().set(11));
        UiTest.onFx(() -> view.run("text"));
        UiTest.waitUntil(() -> lookup("#text-area-A").query().isFocused());
        write("red");
        push(KeyCode.CONTROL, KeyCode.Z);
        assertThat(lookup("#text-area-A").<TextArea>query().getText()).doesNotContain("red");
        assertThat(models.controls().values().get().topK()).isEqualTo(11);
        assertThat(undoable()).isEqualTo(Optional.of("top k 11"));
    }

    private void everyKindOfChange() {
        compare();
        TableArrangement table = models.table().arrangement();
        changes(
                "filter norm>0.1",
                () -> models.table().filter().get(),
                () -> models.table().filter().set("norm>0.1"));
        changes("change of columns", () -> table.columns().get(), () -> table.show(FeatureColumn.SKEWNESS, true));
        changes(
                "sorting by norm",
                () -> table.sorting().get(),
                () -> table.sort(new TableArrangement.Sorting(FeatureColumn.DECODER_NORM, true)));
        changes(
                "range of activations",
                () -> workbench.selection().brush().get(),
                () -> workbench.selection().brush(new Brush("histogram", "activation", 1, 2)));
        changes(
                "clearing the range of activations",
                () -> workbench.selection().brush().get(),
                () -> workbench.selection().brush(null));
        changes(
                "choice of examples",
                () -> models.a().examples().choice().get(),
                () -> models.a().examples().choice().set(ExamplesModel.Choice.RANDOM));
        changes(
                "pin of feature 3",
                () -> models.compare().pinned().get(),
                () -> models.compare().pin(OptionalInt.of(3)));
        changes(
                "unpinning feature 3",
                () -> models.compare().pinned().get(),
                () -> models.compare().pin(OptionalInt.empty()));
        changes(
                "filter",
                () -> models.controls().values().get().filter(),
                () -> models.controls().filter().set(TokenFilter.NONE.withLettersOnly(true)));
        changes(
                "steering",
                () -> models.controls().values().get().steering(),
                () -> models.controls().steering().set(SteeringValues.NONE.withCoefficient(4)));
        changes(
                "top k 9",
                () -> models.controls().values().get().topK(),
                () -> models.controls().topK().set(9));
        UiTest.waitUntil(
                () -> models.a().examples().examples().completeProperty().get());
        ExamplesModel examples = models.a().examples();
        changes(
                "ablation",
                () -> examples.ablation().subject().get(),
                () -> examples.ablate(
                        examples.examples().getValue().get(0).examples().get(0), AblationModel.How.REMOVED));
        changes(
                "star of feature 2",
                () -> models.notes().of(workbench.a(), 2).star(),
                () -> models.notes().star(workbench.a(), 2, true));
    }

    @Test
    void layoutsAndTornOffPanesComeBackWherePanesWere() {
        open();
        Supplier<Object> layout = () -> view.area().layouts().layout().get();
        changes("hiding Definition tree", layout, () -> view.run("hide-tree"));
        changes("showing Definition tree", layout, () -> view.run("show-tree"));
        changes("change of the layout", layout, () -> view.area().layouts().moveToEdge("tokens", PaneLayout.Zone.LEFT));
        changes("reset of the layout", layout, () -> view.run("reset-layout"));
        Supplier<Object> torn =
                () -> view.area().a().of(TokenListPane.class).node().isTornOff();
        changes(
                "tearing off Token list",
                torn,
                () -> view.area().a().of(TokenListPane.class).node().toggleTornOff());
        UiTest.onFx(() -> view.run("undo"));
        assertThat(torn.get()).isEqualTo(false);
        UiTest.onFx(() -> view.run("hide-tree"));
        UiTest.onFx(() -> view.run("view-corpus"));
        UiTest.waitUntil(view::isArranged);
        UiTest.onFx(() -> view.run("undo"));
        UiTest.waitUntil(view::isArranged);
        assertThat(UiTest.onFx(() -> view.area().layouts().view().get())).isEqualTo("features");
        assertThat(UiTest.onFx(() -> view.area()
                        .inFront()
                        .contains(view.area().a().of(TreePane.class).node())))
                .isTrue();
    }

    private MenuItem item(String id) {
        return UiTest.onFx(() -> {
            MenuButton menu = lookup("#menu").query();
            menu.getOnShowing().handle(null);
            return menu.getItems().stream()
                    .flatMap(item -> item instanceof Menu group ? group.getItems().stream() : Stream.of(item))
                    .filter(item -> id.equals(item.getId()))
                    .findFirst()
                    .orElseThrow();
        });
    }
}
