package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import javafx.scene.control.ListView;
import javafx.scene.input.KeyCode;
import javafx.scene.layout.StackPane;
import loupe.search.FeatureSearch;
import loupe.search.SearchField;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;

/** The palette while some of its entries are still being searched for. */
class CommandPaletteUiTest extends UiTest {
    private final List<String> run = new ArrayList<>();
    private List<String> found = List.of();
    private boolean searching;
    private CommandPalette palette;

    @Override
    protected Parent build() {
        palette = new CommandPalette(
                typed -> Stream.concat(
                                CommandPalette.matching(List.of(entry("Redo"), entry("Undo"), entry("Quit")), typed)
                                        .stream()
                                        .filter(entry -> !typed.isEmpty() || found.isEmpty()),
                                found.stream().map(this::entry))
                        .toList(),
                () -> {},
                () -> searching);
        return new StackPane(palette.node());
    }

    private CommandPalette.Entry entry(String title) {
        return new CommandPalette.Entry(title, "", () -> run.add(title));
    }

    private List<String> shown() {
        ListView<CommandPalette.Entry> list = lookup(".palette-list").query();
        return onFx(
                () -> list.getItems().stream().map(CommandPalette.Entry::title).toList());
    }

    private void foundNow(String... titles) {
        onFx(() -> {
            found = List.of(titles);
            searching = false;
            palette.refill();
        });
    }

    @Test
    void whatIsKnownIsShownAtOnceAndEnterWaitsForWhatIsSearched() {
        onFx(() -> {
            searching = true;
            palette.begin("rd");
        });
        assertThat(shown()).containsExactly("Redo");
        type(KeyCode.ENTER);
        assertThat(run).as("its letters are only scattered in a title").isEmpty();
        foundNow("Feature 7");
        assertThat(run).containsExactly("Redo");
        assertThat(shown()).containsExactly("Redo", "Feature 7");
    }

    @Test
    void anEntryThatHasWhatWasTypedNeedsNoWaiting() {
        onFx(() -> {
            searching = true;
            palette.begin("und");
        });
        type(KeyCode.ENTER);
        assertThat(run).containsExactly("Undo");
        foundNow("Feature 7");
        assertThat(run).containsExactly("Undo");
    }

    @Test
    void theEntryThatWasGoneToStaysChosenWhenMoreAreFound() {
        onFx(() -> {
            searching = true;
            palette.begin("do");
        });
        assertThat(shown()).containsExactly("Redo", "Undo");
        type(KeyCode.DOWN);
        foundNow("Feature 7", "Feature 8");
        type(KeyCode.ENTER);
        assertThat(run).containsExactly("Undo");
    }

    @Test
    void typingOnTakesTheEnterBack() {
        onFx(() -> {
            searching = true;
            palette.begin("rd");
        });
        type(KeyCode.ENTER);
        onFx(() -> palette.begin("qt"));
        foundNow();
        assertThat(run).isEmpty();
    }

    @Test
    void whatWasFoundIsMarkedAndCommandsAreFoundByOtherNames() {
        CommandPalette.Entry feature = new CommandPalette.Entry(
                "Feature 3",
                "label: [red] things",
                List.of(new FeatureSearch.Reason(SearchField.LABEL, "red things", List.of(0, 3))),
                "",
                () -> {});
        CommandPalette.Entry tour =
                new CommandPalette.Entry("Five minutes' walk", "", List.of(), "tutorial introduction", () -> {});
        assertThat(CommandPalette.matching(List.of(feature, tour), "tutor")).containsExactly(tour);
        onFx(() -> {
            palette.begin("");
            ListView<CommandPalette.Entry> list = lookup(".palette-list").query();
            list.getItems().setAll(feature);
        });
        onFx(() -> palette.node().layout());
        assertThat(onFx(() -> lookup(".found-mark").<Label>queryAll().stream()
                        .filter(Label::isVisible)
                        .map(Label::getText)
                        .toList()))
                .containsExactly("red");
        assertThat(onFx(() -> lookup(".palette-row .label").<Label>queryAll().stream()
                        .map(Label::getText)
                        .toList()))
                .noneMatch(text -> text.contains("["));
    }
}
