package loupe.ui.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Collectors;
import javafx.beans.binding.BooleanBinding;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.layout.StackPane;
import javafx.scene.text.Text;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;
import org.testfx.util.WaitForAsyncUtils;

/** Columns of tables have room for what is in them, however large text is. */
class ColumnWidthsUiTest extends UiTest {
    private TableView<Integer> table;
    private StackPane root;

    @Override
    protected Parent build() {
        table = Tables.make("numbers", "Numbers");
        table.getColumns().add(Tables.counts("#", "Number", Tables.NUMBER_WIDTH, number -> number));
        table.getColumns().add(Tables.numbers("Enc-dec", "Cosine", 48, number -> number / 1e6, NumberTexts::number));
        table.getColumns().add(Tables.texts("Promotes", "Tokens", 110, number -> "red blue", text -> text));
        table.getItems().add(131_071);
        root = new StackPane(table);
        return root;
    }

    private String drawn(String columnId) {
        return onFx(() -> table.lookupAll(".table-cell").stream()
                .filter(cell -> cell instanceof javafx.scene.control.TableCell<?, ?> one
                        && one.getTableColumn() != null
                        && columnId.equals(one.getTableColumn().getId())
                        && !one.isEmpty())
                .flatMap(cell -> ((Parent) cell).getChildrenUnmodifiable().stream())
                .filter(Text.class::isInstance)
                .map(text -> ((Text) text).getText())
                .collect(Collectors.joining()));
    }

    @Test
    void sixDigitsAndTitlesAreWholeAtEverySizeOfText() {
        for (int size : new int[] {13, 17, 22}) {
            onFx(() -> {
                root.setStyle("-fx-font-size: " + size + "px;");
                root.setMaxWidth(20.0 * size);
                root.applyCss();
                root.layout();
            });
            onFx(root::layout);
            assertThat(drawn("#")).as(size + " px").isEqualTo("131071");
            assertThat(drawn("Enc-dec")).as(size + " px").isEqualTo("0.131");
            double title = onFx(() -> {
                Node heading = table.getColumns().get(1).getGraphic();
                return heading.prefWidth(-1);
            });
            assertThat(onFx(() -> table.getColumns().get(1).getWidth())).isGreaterThan(title);
        }
    }

    @Test
    void aNumberIsWholeHoweverLongItIs() {
        onFx(() -> {
            table.setMaxWidth(300);
            table.getItems().setAll(131_071, 12, -1234); // \u22120.00123 is the longest there is
            root.layout();
        });
        WaitForAsyncUtils.waitForFxEvents();
        onFx(root::layout);
        assertThat(drawn("Enc-dec")).contains("0.131", "1.20e-5", "\u22120.00123");
    }

    @Test
    void numbersTakeNoMoreThanTheyNeedSoThatWordsHaveTheRest() {
        onFx(() -> {
            table.setMaxWidth(272);
            table.getItems().setAll(7, 8);
            Tables.setLongest(table.getColumns().get(0), "1535");
            root.layout();
        });
        WaitForAsyncUtils.waitForFxEvents();
        onFx(root::layout);
        assertThat(onFx(() -> table.getColumns().get(0).getWidth())).isBetween(38.0, 56.0);
        assertThat(onFx(() -> table.getColumns().get(2).getWidth())).isGreaterThan(130);
    }

    @Test
    void whatNumbersNoLongerNeedGoesToWordsAtOnce() {
        onFx(() -> {
            table.setMaxWidth(300);
            table.getItems().clear();
            Tables.setLongest(table.getColumns().get(0), "100,000,000");
            root.layout();
        });
        WaitForAsyncUtils.waitForFxEvents();
        onFx(() -> Tables.setLongest(table.getColumns().get(0), "9"));
        WaitForAsyncUtils.waitForFxEvents();
        assertThat(onFx(() -> table.getColumns().stream()
                        .mapToDouble(TableColumn::getWidth)
                        .sum()))
                .isBetween(290.0, 300.0);
    }

    @Test
    void aHeadingThatIsReplacedHasRoomToo() {
        Label heading = new Label("Correlation with it");
        onFx(() -> table.getColumns().get(1).setGraphic(heading));
        onFx(root::layout);
        assertThat(onFx(() -> table.getColumns().get(1).getWidth() > heading.prefWidth(-1)))
                .isTrue();
    }

    @Test
    void roomForMoreColumnsIsMeasuredByTheSizeOfText() {
        BooleanBinding wide = onFx(() -> Tables.isWiderThan(table, 390));
        onFx(() -> table.setMaxWidth(450));
        onFx(root::layout);
        assertThat(onFx(wide::get)).isTrue();
        onFx(() -> {
            root.setStyle("-fx-font-size: 17px;");
            root.applyCss();
        });
        onFx(root::layout);
        assertThat(onFx(wide::get)).isFalse();
    }

    @Test
    void spareRoomGoesToWords() {
        onFx(() -> {
            root.setMaxWidth(780);
            root.layout();
        });
        assertThat(onFx(() -> table.getColumns().get(2).getWidth())).isGreaterThan(500);
    }
}
