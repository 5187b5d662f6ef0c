package loupe.ui.pane;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.stream.Stream;
import javafx.scene.Parent;
import javafx.scene.control.Menu;
import javafx.scene.control.MenuItem;
import javafx.scene.control.TableView;
import javafx.scene.input.Clipboard;
import javafx.scene.input.KeyCode;
import javafx.scene.layout.StackPane;
import loupe.ui.UiTest;
import loupe.ui.control.Tables;
import org.junit.jupiter.api.Test;

/** Rows of features below 100, of tokens from there on. */
class RowMenuUiTest extends UiTest {
    private final TableView<Integer> table = Tables.make("rows", "Rows");
    private final List<String> done = new ArrayList<>();
    private final TreeSet<Integer> starred = new TreeSet<>();
    private final TreeSet<Integer> listed = new TreeSet<>();

    @Override
    protected Parent build() {
        table.getColumns().setAll(List.of(Tables.<Integer>counts("#", "Number", 60, row -> row)));
        table.getItems().setAll(3, 7, 142);
        table.getSelectionModel().setSelectionMode(javafx.scene.control.SelectionMode.MULTIPLE);
        table.setContextMenu(new javafx.scene.control.ContextMenu(new MenuItem("Own")));
        Tables.onChosen(table, row -> done.add("chosen " + row));
        RowMenu.attach(
                table,
                row -> row < 100 ? OptionalInt.of(row) : OptionalInt.empty(),
                row -> row < 100 ? OptionalInt.empty() : OptionalInt.of(row),
                new RowActions() {
                    @Override
                    public void goTo(int feature) {
                        done.add("go " + feature);
                    }

                    @Override
                    public void askOfToken(int token) {
                        done.add("ask of token " + token);
                    }

                    @Override
                    public void goToToken(int token) {
                        done.add("token " + token);
                    }

                    @Override
                    public boolean canAblate() {
                        return true;
                    }

                    @Override
                    public void ablate(List<Integer> features) {
                        done.add("ablate " + features);
                    }

                    @Override
                    public boolean isStarred(int feature) {
                        return starred.contains(feature);
                    }

                    @Override
                    public void star(int feature, boolean on) {
                        put(starred, feature, on);
                    }

                    @Override
                    public List<String> lists() {
                        return List.of("mine");
                    }

                    @Override
                    public boolean isIn(String list, int feature) {
                        return listed.contains(feature);
                    }

                    @Override
                    public void put(String list, int feature, boolean in) {
                        put(listed, feature, in);
                    }

                    private void put(TreeSet<Integer> set, int feature, boolean in) {
                        if (in) {
                            set.add(feature);
                        } else {
                            set.remove(feature);
                        }
                    }

                    @Override
                    public String comparing(int feature) {
                        return "Compare with #" + feature;
                    }

                    @Override
                    public void compareWith(int feature) {
                        done.add("compare " + feature);
                    }
                });
        return new StackPane(table);
    }

    private List<String> menu(int... rows) {
        return onFx(() -> {
            table.getSelectionModel().clearSelection();
            for (int row : rows) {
                table.getSelectionModel().select(row);
            }
            table.getContextMenu().getOnShowing().handle(null);
            return table.getContextMenu().getItems().stream()
                    .map(item -> String.valueOf(item.getText()))
                    .toList();
        });
    }

    private void fire(String words) {
        onFx(() -> table.getContextMenu().getItems().stream()
                .flatMap(item -> item instanceof Menu menu ? menu.getItems().stream() : Stream.of(item))
                .filter(item -> words.equals(item.getText()))
                .findFirst()
                .orElseThrow()
                .fire());
    }

    @Test
    void aFeatureIsGoneToComparedCopiedStarredAndListed() {
        assertThat(menu(1))
                .containsExactly(
                        "Go to #7", "Compare with #7", "Copy #7", "Star #7", "Ablate #7", "Lists", "null", "Own");
        fire("Go to #7");
        fire("Compare with #7");
        fire("Star #7");
        fire("mine");
        fire("Copy #7");
        assertThat(done).containsExactly("go 7", "compare 7");
        assertThat(starred).containsExactly(7);
        assertThat(listed).containsExactly(7);
        assertThat(onFx(() -> Clipboard.getSystemClipboard().getString())).isEqualTo("#7");
        assertThat(menu(1)).contains("Take the star of #7 away");
    }

    @Test
    void severalFeaturesAreTreatedTogetherAndTokensAreLeftOut() {
        starred.add(3);
        assertThat(menu(0, 1, 2))
                .containsExactly("Copy the numbers", "Star 2 features", "Ablate 2 features", "Lists", "null", "Own");
        fire("Star 2 features");
        fire("Ablate 2 features");
        assertThat(done).containsExactly("ablate [3, 7]");
        fire("Copy the numbers");
        assertThat(starred).containsExactly(3, 7);
        assertThat(onFx(() -> Clipboard.getSystemClipboard().getString())).isEqualTo("#3 #7");
    }

    @Test
    void aTokenLeadsToItsNeighboursAndWithoutARowThereIsTheTablesOwnMenu() {
        assertThat(menu(2)).containsExactly("Neighbours of this token", "Copy \u201ctoken 142\u201d", "null", "Own");
        fire("Neighbours of this token");
        assertThat(done).containsExactly("token 142");
        assertThat(menu()).containsExactly("Own");
    }

    @Test
    void oneClickOrEnterChoosesARowAndClicksWithCtrlOrShiftOnlyMarkThem() {
        clickOn("3");
        assertThat(done).containsExactly("chosen 3");
        press(KeyCode.CONTROL).clickOn("7").release(KeyCode.CONTROL);
        press(KeyCode.SHIFT).clickOn("142").release(KeyCode.SHIFT);
        assertThat(done).containsExactly("chosen 3");
        onFx(() -> table.getSelectionModel().clearAndSelect(2));
        type(KeyCode.ENTER);
        assertThat(done).containsExactly("chosen 3", "chosen 142");
        moveTo("3").press(javafx.scene.input.MouseButton.PRIMARY);
        moveTo("142").release(javafx.scene.input.MouseButton.PRIMARY);
        assertThat(done).as("a drag chooses nothing").hasSize(2);
    }
}
