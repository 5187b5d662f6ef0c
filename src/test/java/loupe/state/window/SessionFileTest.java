package loupe.state.window;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
                Map.of("columns", List.of(0.2, 0.7)),
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
    void aDamagedFileIsIgnored() throws IOException {
        Path file = Files.writeString(folder.resolve("session.json"), "{\"model\": \"/mod");
        assertThat(new SessionFile(file).load()).isEqualTo(Session.empty());
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
