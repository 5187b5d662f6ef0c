package loupe.state.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionFileTest {
    @TempDir
    Path folder;

    @Test
    void whatWasSavedIsLoaded() throws IOException {
        Session session = new Session(
                "/models/glossary",
                List.of(new Session.Checkpoint("/saes/a", Map.of("k", "32"))),
                1042,
                Map.of("ghost.scale", "3.8"),
                new Session.Window(10, 20, 1280, 800, true),
                new ViewLayouts(Map.of("trees", PaneLayout.stack("tree")), List.of("tree")).remembered(),
                true,
                14,
                List.of(new Session.Recent("/saes/a", false)));
        SessionFile file = new SessionFile(folder.resolve("deeper/session.json"));
        file.save(session);
        assertThat(file.load()).isEqualTo(session);
        try (var files = Files.list(folder.resolve("deeper"))) {
            assertThat(files).hasSize(1);
        }
    }

    @Test
    void withoutAFileTheSessionIsEmpty() {
        assertThat(new SessionFile(folder.resolve("none.json")).load()).isEqualTo(Session.empty());
    }

    @Test
    void aPlaceThatCannotBeWrittenIsSaidBeforeAnythingIsToBeRemembered() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "no folder");
        SessionFile nowhere = new SessionFile(file.resolve("sae-loupe/session.json"));
        assertThat(nowhere.load()).isEqualTo(Session.empty());
        assertThat(nowhere.notice())
                .get()
                .asString()
                .contains("will not be remembered (" + file, "XDG_CONFIG_HOME=FOLDER")
                .doesNotContain("Exception");
        SessionFile somewhere = new SessionFile(folder.resolve("sae-loupe/session.json"));
        somewhere.load();
        assertThat(somewhere.notice()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\": \"/mod",
                "null",
                "",
                "[]",
                "{\"model\": \"/a\\u0000b\"}",
                "{\"checkpoints\": [{\"path\": null}]}",
                "{\"checkpoints\": [null]}",
                "{\"recent\": [{\"path\": \"\\u0000\"}]}",
                "{\"settings\": {\"corpus\": \"\\u0000\"}}"
            })
    void aDamagedOrForeignFileIsSetAsideWithANotice(String content) throws IOException {
        Path file = folder.resolve("session.json");
        for (int i = 1; i <= 2; i++) {
            Files.writeString(file, content);
            SessionFile memory = new SessionFile(file);
            assertThat(memory.load()).isEqualTo(Session.empty());
            assertThat(file).doesNotExist();
            Path aside = folder.resolve("session.json.damaged-" + i);
            assertThat(aside).hasContent(content);
            assertThat(memory.notice())
                    .hasValueSatisfying(notice ->
                            assertThat(notice).contains("could not be used").contains(aside.toString()));
        }
    }

    @Test
    void theFirstOfTwoWindowsKeepsTheSessionAndTheLastClosedHasTheLastWord() throws IOException {
        Path path = folder.resolve("session.json");
        Session one = new Session("/one", List.of(), -1, Map.of(), null, null, false, 13, List.of());
        Session two = new Session("/two", List.of(), -1, Map.of(), null, null, false, 13, List.of());
        SessionFile second = new SessionFile(path);
        try (SessionFile first = new SessionFile(path)) {
            assertThat(first.keep(one)).isTrue();
            assertThat(second.keep(two)).isFalse();
            assertThat(second.load()).isEqualTo(one);
        }
        assertThat(second.keep(two)).isTrue();
        assertThat(second.load()).isEqualTo(two);
        second.close();
        second.save(one);
        assertThat(second.load()).isEqualTo(one);
        assertThat(folder.toFile().list()).containsExactly("session.json");
    }

    @Test
    void aSettingOfANewerVersionDoesNotHurt() throws IOException {
        Path file = Files.writeString(
                folder.resolve("session.json"), "{\"model\": \"/m\", \"fontSize\": 400, \"hologram\": {}}");
        Session session = new SessionFile(file).load();
        assertThat(session.model()).isEqualTo("/m");
        assertThat(session.fontSize()).isEqualTo(13);
    }
}
