package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import javafx.scene.control.Menu;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.layout.StackPane;
import loupe.state.window.PaneLayout;
import loupe.state.window.ViewLayouts;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;

class ShortcutPageUiTest extends UiTest {
    @Override
    protected Parent build() {
        Commands commands = new Commands();
        commands.add("open", "Open a model", "Files", "Shortcut+O", () -> {});
        commands.add("quiet", "Something without a key", "Files", "", () -> {});
        commands.add("older", "The feature before", "Features", "Alt+Open_Bracket", () -> {});
        commands.add("save", "Save the session", "Files", "Shortcut+S", () -> {});
        return new StackPane(ShortcutPage.of(commands));
    }

    @Test
    void aMenuSetsThePartsOfAGroupOffByLines() {
        Commands commands = new Commands();
        commands.part();
        commands.add("open", "Open a model", "Files", "", () -> {});
        commands.add("close", "Close it", "Files", "", () -> {});
        commands.part();
        commands.add("save", "Save the session", "Files", "", () -> {});
        List<Menu> groups = onFx(() -> new WindowMenus(
                        commands, new ViewLayouts(Map.of("one", PaneLayout.stack("tree")), List.of("tree")))
                .groups());
        assertThat(groups.get(0).getItems().stream()
                        .map(item -> item instanceof SeparatorMenuItem ? "-" : item.getText())
                        .toList())
                .containsExactly("Open a model", "Close it", "-", "Save the session");
    }

    private List<String> texts(String query) {
        return lookup(query).queryAllAs(Label.class).stream()
                .map(Label::getText)
                .toList();
    }

    @Test
    void everyCommandWithAKeyIsListedWithIt() {
        assertThat(texts(".shortcut-grid .label"))
                .containsSubsequence("Ctrl+O", "Open a model", "Ctrl+S", "Save the session")
                .containsSubsequence("Alt+[", "The feature before")
                .doesNotContain("Something without a key");
    }

    @Test
    void commandsStandUnderTheHeadingOfTheirGroupOnce() {
        assertThat(texts(".shortcut-group"))
                .containsOnlyOnce("Files", "Features", "With the mouse", "In the definition tree");
    }
}
