package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import javafx.scene.control.Button;
import javafx.scene.control.ListView;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TextField;
import javafx.scene.input.KeyCode;
import loupe.labels.FeatureNotes;
import loupe.ui.UiTest;
import loupe.ui.WindowUiTest;
import org.junit.jupiter.api.Test;

/** What a person writes down about features in the window, and finds again. */
class LabelsUiTest extends WindowUiTest {
    private FeatureNotes notes(int feature) {
        return UiTest.onFx(() -> models.notes().of(models.workbench().a(), feature));
    }

    private TextField field(String id) {
        return lookup(id).query();
    }

    @Test
    void aLabelIsTypedInPlaceKeptByEnterAndTakenBackByUndo() {
        open();
        press(KeyCode.F2).release(KeyCode.F2);
        write("colours of clothes").type(KeyCode.ENTER);
        assertThat(notes(0).ownLabel()).isEqualTo("colours of clothes");
        assertThat(field("#feature-label").isFocused()).isFalse();

        UiTest.onFx(() -> view.run("undo"));
        assertThat(notes(0).ownLabel()).isEmpty();
        assertThat(field("#feature-label").getText()).isEmpty();
        UiTest.onFx(() -> view.run("redo"));
        assertThat(field("#feature-label").getText()).isEqualTo("colours of clothes");
    }

    @Test
    void escapeDropsWhatWasTypedAndTheFieldShowsTheNextFeature() {
        open();
        UiTest.onFx(() -> models.notes().label(models.workbench().a(), 1, "of one"));
        clickOn("#feature-label").write("wrong").type(KeyCode.ESCAPE);
        assertThat(notes(0).ownLabel()).isEmpty();
        UiTest.onFx(() -> models.table().jumpTo(1));
        assertThat(field("#feature-label").getText()).isEqualTo("of one");
        clickOn("#feature-label").write(" more");
        UiTest.onFx(() -> models.table().jumpTo(0));
        assertThat(notes(1).ownLabel()).startsWith("of one").contains(" more");
        assertThat(notes(0).ownLabel()).isEmpty();
    }

    /** Undoing in the field must not move the ghost, as it did. */
    @Test
    void undoInATextFieldUndoesTypingAndNothingElse() {
        open();
        double moved = UiTest.onFx(() -> {
            models.controls().nudgeScale(5);
            return models.controls().values().get().scale();
        });
        clickOn("#feature-label").write("abc");
        press(KeyCode.CONTROL, KeyCode.Z).release(KeyCode.Z, KeyCode.CONTROL);
        assertThat(models.controls().values().get().scale()).isEqualTo(moved);
        assertThat(field("#feature-label").getText()).isNotEqualTo("abc");
        type(KeyCode.ESCAPE);
    }

    @Test
    void tagsAndStarsAreSetAndTakenAway() {
        open();
        press(KeyCode.CONTROL, KeyCode.D).release(KeyCode.D, KeyCode.CONTROL);
        assertThat(notes(0).star()).isTrue();
        clickOn("#feature-tag").write("To do").type(KeyCode.ENTER);
        assertThat(notes(0).tags()).containsExactly("to-do");
        assertThat(field("#feature-tag").getText()).isEmpty();
        Button chip = lookup(".tag-chip").query();
        UiTest.onFx(chip::fire);
        assertThat(notes(0).tags()).isEmpty();
    }

    @Test
    void theTableFindsWhatIsWrittenDownAndSaysWhere() {
        open();
        UiTest.onFx(() -> {
            models.notes().label(models.workbench().a(), 3, "hundred things");
            models.notes().label(models.workbench().a(), 5, "red things");
            models.notes().star(models.workbench().a(), 5, true);
        });
        clickOn("#feature-filter").write("red");
        UiTest.waitUntil(() -> List.copyOf(table("#feature-table").getItems()).indexOf((Object) 5) == 0);
        UiTest.waitUntil(() -> List.copyOf(table("#feature-table").getItems()).contains((Object) 3));
        assertThat(UiTest.onFx(() -> table("#feature-table").getColumns().stream()
                        .map(TableColumn::getId)
                        .toList()))
                .contains("Found")
                .doesNotContain("Promotes");
        UiTest.onFx(() -> field("#feature-filter").setText("star"));
        UiTest.waitUntil(() -> table("#feature-table").getItems().size() == 1);
    }

    @Test
    void theFirstLabelBringsItsColumn() {
        open();
        UiTest.onFx(() -> models.notes().label(models.workbench().a(), 3, "hundred things"));
        UiTest.waitUntil(() -> table("#feature-table").getColumns().stream()
                .anyMatch(column -> column.getId().equals("Label")));
    }

    @Test
    void thePaletteFindsFeaturesByTheirWords() {
        open();
        UiTest.onFx(() -> models.notes().label(models.workbench().a(), 5, "zebra crossings"));
        press(KeyCode.CONTROL, KeyCode.K).release(KeyCode.K, KeyCode.CONTROL);
        write("zebra");
        ListView<?> list = lookup(".palette-list").query();
        assertThat(list.getItems().get(0).toString()).contains("Feature 5", "label: [zebra] crossings");
        type(KeyCode.ENTER);
        UiTest.waitUntil(() -> label("#feature-title").equals("Feature 5"));
    }

    @Test
    void aListIsMadeFilledAndTriedOnItsText() {
        open();
        UiTest.onFx(() -> view.run("lists"));
        clickOn("#lists-name").write("Mine").type(KeyCode.ENTER);
        UiTest.onFx(() -> view.run("list"));
        UiTest.onFx(() -> {
            models.table().jumpTo(4);
            view.run("list");
        });
        assertThat(UiTest.onFx(
                        () -> List.copyOf(table("#list-members").getItems()).toString()))
                .isEqualTo("[0, 4]");
        UiTest.onFx(() -> models.lists().text().text().set("a b c"));
        UiTest.waitUntil(() -> !Double.isNaN(models.lists().strongest(4)));
        clickOn("#lists-text").type(KeyCode.ENTER);
        assertThat(UiTest.onFx(() -> models.lists().chosen().get().text())).isEqualTo("a b c");
        UiTest.onFx(() -> models.lists().move(4, -1));
        assertThat(UiTest.onFx(() -> models.lists().chosen().get().members())).containsExactly(4, 0);
    }
}
