package loupe.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.state.window.NamedSessions;
import loupe.state.window.Session;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionsCommandTest {
    @TempDir
    Path folder;

    @BeforeEach
    void keepSome() throws IOException {
        NamedSessions sessions = new NamedSessions(folder);
        sessions.keep(
                "colours",
                new Session(
                        "/models/glossary",
                        List.of(new Session.Checkpoint("/saes/a", Map.of())),
                        866,
                        Map.of(),
                        null,
                        null,
                        false,
                        13,
                        List.of()),
                Optional.empty());
        Files.writeString(folder.resolve("bad.json"), "{");
    }

    @Test
    void theSessionsAreListedWithWhatTheyOpenAndDamagedOnesWithWhy() {
        JsonNode listed = CommandRun.json("sessions", "--folder", folder);
        assertThat(listed.get("folder").asText()).isEqualTo(folder.toString());
        assertThat(listed.get("sessions").findValuesAsText("name")).containsExactly("bad", "colours");
        JsonNode colours = listed.get("sessions").get(1);
        assertThat(colours.get("model").asText()).isEqualTo("/models/glossary");
        assertThat(colours.get("checkpoints").get(0).asText()).isEqualTo("/saes/a");
        assertThat(colours.get("feature").asInt()).isEqualTo(866);
        assertThat(colours.has("defect")).isFalse();
        assertThat(listed.get("sessions").get(0).get("defect").asText()).isNotBlank();
        assertThat(CommandRun.of("sessions", "--folder", folder).out).contains("colours", "866");
    }

    @Test
    void aSessionIsRenamedAndDeleted() {
        JsonNode renamed = CommandRun.json("sessions", "--rename", "colours", "shades", "--folder", folder);
        assertThat(renamed.get("sessions").findValuesAsText("name")).containsExactly("bad", "shades");
        JsonNode left = CommandRun.json("sessions", "--delete", "bad", "--folder", folder);
        assertThat(left.get("sessions").findValuesAsText("name")).containsExactly("shades");
    }

    @Test
    void whatIsNotThereIsRefusedWithWhatIs() {
        CommandRun refused = CommandRun.of("sessions", "--delete", "none", "--folder", folder);
        assertThat(refused.code).isEqualTo(3);
        assertThat(refused.err).contains("There is no session none; expected one of bad, colours");
        CommandRun wrong = CommandRun.of("sessions", "--rename", "colours", "--folder", folder);
        assertThat(wrong.code).isEqualTo(2);
        assertThat(wrong.err).contains("--rename NAME NEW-NAME");
    }

    @Test
    void aSessionAndPathsDoNotGoTogether() {
        CommandRun both = CommandRun.of("--session", "colours", folder);
        assertThat(both.code).isEqualTo(2);
        assertThat(both.err).contains("--session colours opens its own files");
    }
}
