package loupe.ui.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import javafx.scene.Parent;
import javafx.scene.control.Labeled;
import javafx.scene.control.TableView;
import javafx.scene.layout.VBox;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;

class TablesUiTest extends UiTest {
    private static final String TEXT = "a\u0006\ufffe\nb";

    private TableView<String> table;

    @Override
    protected Parent build() {
        table = Tables.make("texts", "Texts of a file");
        table.getColumns().add(Tables.texts("Text", "A text", 200, text -> text, text -> text));
        table.getItems().add(TEXT);
        return new VBox(table);
    }

    @Test
    void charactersWithoutAPictureAreShownAsTheirCodesAndStayInTheData() {
        List<String> shown = onFx(() -> lookup("#texts .table-cell").queryAllAs(Labeled.class).stream()
                .map(Labeled::getText)
                .filter(text -> text != null)
                .toList());
        assertThat(shown).containsExactly("a\u203906\u203a\u2039fffe\u203a\\nb");
        assertThat(onFx(() -> table.getColumns().get(0).getCellData(0))).isEqualTo(TEXT);
    }
}
