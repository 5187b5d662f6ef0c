package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import javafx.scene.Parent;
import javafx.scene.control.Label;
import javafx.scene.layout.StackPane;
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
