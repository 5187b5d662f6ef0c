package loupe.ui.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javafx.scene.Parent;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.TextField;
import javafx.scene.input.KeyCode;
import javafx.scene.layout.StackPane;
import loupe.state.Opened;
import loupe.state.window.NamedSessions;
import loupe.state.window.Session;
import loupe.state.window.SessionsModel;
import loupe.ui.UiTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionsPageUiTest extends UiTest {
    @TempDir
    Path folder;

    private final Opened opened = new Opened();
    private final List<Session> shown = new ArrayList<>();
    private Session now = of("/now");
    private int left;
    private NamedSessions files;
    private SessionsPage page;

    private static Session of(String model) {
        return new Session(model, List.of(), -1, Map.of(), null, null, false, 13, List.of());
    }

    @Override
    protected Parent build() {
        files = new NamedSessions(folder);
        SessionsModel model = new SessionsModel(opened.workbench, Optional.of(files));
        assertThat(model.isAvailable()).isFalse();
        model.connect(() -> now, shown::add);
        page = new SessionsPage(model, () -> left++);
        return new StackPane(page.node());
    }

    private Button keep() {
        return lookup("#session-keep").query();
    }

    private String said() {
        return lookup("#session-said").<Label>query().getText();
    }

    private void type(String name) {
        onFx(() -> lookup("#session-name").<TextField>query().setText(name));
    }

    private List<String> names() throws IOException {
        return files.list().stream().map(NamedSessions.Named::name).toList();
    }

    @Test
    void whatIsShownIsKeptReplacedOpenedRenamedAndDeleted() throws IOException {
        assertThat(keep().isDisabled()).isTrue();
        type("a/b");
        assertThat(said()).contains("becomes a file's name");
        assertThat(keep().isDisabled()).isTrue();
        type("mine");
        assertThat(keep().getText()).isEqualTo("Keep it");
        clickOn(keep());
        assertThat(left).isEqualTo(1);
        assertThat(files.open("mine").session()).isEqualTo(of("/now"));

        now = of("/later");
        type("min");
        type("mine");
        assertThat(keep().getText()).isEqualTo("Replace it");
        assertThat(said()).startsWith("The session of this name, kept ").endsWith(", is replaced");
        clickOn(keep());
        assertThat(files.open("mine").session()).isEqualTo(of("/later"));

        clickOn("#session-open-mine");
        assertThat(shown).containsExactly(of("/later"));
        onFx(() -> lookup("#session-title-mine").<TextField>query().setText("yours"));
        clickOn("#session-title-mine").type(KeyCode.ENTER);
        assertThat(names()).containsExactly("yours");
        clickOn("#session-delete-yours");
        assertThat(names()).as("asked once more").containsExactly("yours");
        clickOn("#session-delete-yours");
        assertThat(names()).isEmpty();
    }

    @Test
    void aSessionThatAnotherWindowHasKeptMeanwhileIsNotReplaced() throws IOException {
        type("mine");
        files.keep("mine", of("/other"), Optional.empty());
        clickOn(keep());
        assertThat(said()).contains("A session mine is there already");
        assertThat(left).isZero();
        assertThat(files.open("mine").session()).isEqualTo(of("/other"));
        assertThat(keep().getText()).as("it is listed now").isEqualTo("Replace it");
    }

    @Test
    void aDamagedSessionCannotBeOpenedAndSaysWhy() throws IOException {
        Files.writeString(folder.resolve("bad.json"), "{");
        type("bad");
        onFx(() -> page.focus());
        clickOn(keep());
        assertThat(lookup("#session-open-bad").<Button>query().isDisabled()).isTrue();
        assertThat(lookup(".label").queryAllAs(Label.class))
                .anyMatch(label -> label.getText().contains("damaged: "));
        assertThat(folder.resolve("bad.json")).hasContent("{");
    }
}
