package loupe.ui.nearest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import javafx.scene.control.Label;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.input.KeyCode;
import loupe.analysis.tokens.NullTokenList;
import loupe.analysis.tokens.RandomLists;
import loupe.analysis.tokens.TokenCoherence;
import loupe.analysis.tokens.TokenColumns;
import loupe.analysis.tokens.TokenFilter;
import loupe.state.AnsweringDevice;
import loupe.state.ghost.GhostControlsModel;
import loupe.state.nearest.TokenListModel;
import loupe.ui.PaneUiTest;
import loupe.ui.pane.PaneFrame;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TokenListPaneUiTest extends PaneUiTest {
    private final AnsweringDevice device = new AnsweringDevice(opened);
    private final GhostControlsModel controls = new GhostControlsModel(opened.workbench);
    private TokenListModel model;
    private TokenListPane pane;

    @Override
    protected PaneFrame make() {
        model = new TokenListModel(opened.workbench, opened.workbench.a(), controls);
        pane = new TokenListPane(model, texts, saver);
        return pane.node();
    }

    @AfterEach
    void close() {
        device.close();
    }

    private void open() {
        device.answers(TokenColumns.class);
        device.answers(NullTokenList.class);
        device.answers(TokenCoherence.class);
        device.answers(RandomLists.class);
        onFx(() -> opened.openA());
        onFx(() -> opened.choose(1));
    }

    private TableView<?> table() {
        return lookup("#token-list-A").query();
    }

    @Test
    void theTokensNearestToTheGhostAreListedBestFirst() {
        assertThat(emptyText()).startsWith("Open a checkpoint");
        open();
        assertThat(emptyText()).isEmpty();
        List<Object> expected = Arrays.stream(model.list().getValue().tokens())
                .mapToObj(texts::of)
                .map(Object.class::cast)
                .toList();
        assertThat(expected).isNotEmpty();
        assertThat(cells(table(), "Token")).isEqualTo(expected);
        assertThat(cells(table(), "#")).startsWith(1, 2, 3);
        assertThat(columns(table())).startsWith("#", "Token", "Score"); // no column of changes that are not there
    }

    @Test
    void whileTheGhostMovesTheRanksWonAndLostAreShown() {
        open();
        assertThat(cells(table(), "\u0394")).containsOnly("");
        List<Object> before = cells(table(), "Token");
        onFx(() -> controls.scale().set(0.3));
        assertThat(columns(table())).startsWith("#", "Token", "\u0394", "Score");
        List<Object> changes = cells(table(), "\u0394");
        List<Object> now = cells(table(), "Token");
        assertThat(now).isNotEqualTo(before);
        for (int row = 0; row < now.size(); row++) {
            int was = before.indexOf(now.get(row));
            assertThat(changes.get(row))
                    .as("row %d", row)
                    .isEqualTo(was < 0 ? "new" : was == row ? "" : String.format("%+d", was - row));
        }
        choose("Use this list as reference for rank changes");
        assertThat(cells(table(), "\u0394")).containsOnly("");
    }

    @Test
    void encoderAndDecoderStandSideBySide() {
        open();
        choose("Encoder and decoder side by side");
        assertThat(columns(table())).containsExactly("#", "Enc", "Dec #", "Dec", "Enc #");
        assertThat(cells(table(), "Dec"))
                .isEqualTo(Arrays.stream(model.bothSides().getValue().decoder().tokens())
                        .mapToObj(texts::of)
                        .toList());
        assertThat(subtitle()).endsWith(" in both");
        choose("Encoder and decoder side by side");
        assertThat(columns(table())).startsWith("#", "Token");
        assertThat(subtitle()).isEmpty();
    }

    @Test
    void theDetailsAreColumnsOfTheirOwn() {
        open();
        choose("Stability, and a random direction's list beside");
        assertThat(columns(table())).contains("\u00b110 %", "Random");
        assertThat(cells(table(), "Random")).doesNotContain("");
        assertThat(cells(table(), "\u00b110 %")).doesNotContain("");
        assertThat(subtitle()).startsWith("pairs' centred cosine ").contains("1,000 random lists ", ", z ", ", above ");
    }

    @Test
    void aFilterIsOpenedAndTypedAndSaysHowManyTokensPass() {
        open();
        onFx(pane::startFilter);
        write("a").type(KeyCode.ENTER);
        assertThat(cells(table(), "Token")).containsExactly("a");
        assertThat(subtitle()).isEqualTo("1 tokens pass");
        onFx(() -> controls.filter().set(TokenFilter.NONE.withLettersOnly(true)));
        assertThat(cells(table(), "Token")).hasSize(26);
    }

    private String reason() {
        return onFx(() -> ((Label) lookup("#token-filter-reason-A").query()).getText());
    }

    private void filterBy(String field, String typed) {
        onFx(() -> ((TextField) lookup(field).query()).setText(typed));
    }

    @Test
    void theFilterSaysHowItReadWhatIsNoRegularExpressionAndWhyItRefuses() {
        open();
        onFx(pane::startFilter);
        filterBy("#token-filter-text-A", "/^re");
        assertThat(reason()).isEqualTo("Read as text; a regular expression has a slash at its end too: /^re/");
        filterBy("#token-filter-text-A", "/^(re/");
        assertThat(reason()).startsWith("Invalid regular expression: ^(re");
        filterBy("#token-filter-text-A", "/^re/");
        assertThat(reason()).isEmpty();
        filterBy("#token-filter-length-A", "8-3");
        assertThat(reason()).startsWith("A length is a number of characters");
        filterBy("#token-filter-length-A", "3-8");
        assertThat(reason()).isEmpty();
    }

    @Test
    void aFilterThatNoTokenPassesSaysSo() {
        open();
        onFx(pane::startFilter);
        write("zzz").type(KeyCode.ENTER);
        assertThat(table().getItems()).isEmpty();
        assertThat(onFx(() -> ((Label) table().getPlaceholder()).getText())).isEqualTo("No token passes the filter");
    }

    @Test
    void aFailureIsShownAndTriedAgain() {
        onFx(() -> opened.openA());
        fail(TokenColumns.class, "no memory");
        assertThat(problem()).contains("no memory");
        device.answers(TokenColumns.class);
        clickOn(".problem-retry");
        assertThat(problem()).isEmpty();
        assertThat(table().getItems()).isNotEmpty();
    }
}
