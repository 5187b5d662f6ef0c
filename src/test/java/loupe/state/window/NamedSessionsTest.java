package loupe.state.window;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.base.Refusal;
import loupe.base.WriterLock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamedSessionsTest {
    @TempDir
    Path folder;

    private NamedSessions sessions;

    @BeforeEach
    void open() {
        sessions = NamedSessions.beside(folder.resolve("session.json"));
    }

    private static Session of(String model) {
        return new Session(model, List.of(), 7, Map.of("text", "red"), null, null, false, 13, List.of());
    }

    private List<String> names() throws IOException {
        return sessions.list().stream().map(NamedSessions.Named::name).toList();
    }

    @Test
    void whatIsKeptUnderANameIsListedAndComesBackFromAnOpenFileOfThatName() throws IOException {
        assertThat(names()).isEmpty();
        sessions.keep("colours, v2", of("/one"), Optional.empty());
        sessions.keep("Ärger", of("/two"), Optional.empty());
        assertThat(names()).containsExactly("colours, v2", "Ärger");
        assertThat(sessions.open("colours, v2").session()).isEqualTo(of("/one"));
        Path file = folder.resolve("sessions/colours, v2.json");
        assertThat(file).content().contains("\"model\" : \"/one\"", "\"text\" : \"red\"");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .as("the user's own texts are in it")
                .isEqualTo("rw-------");
        assertThat(folder.resolve("sessions").toFile().list()).hasSize(2);
    }

    @Test
    void twoWindowsDoNotReplaceEachOthersSessionUnseen() throws IOException {
        String first = sessions.keep("mine", of("/one"), Optional.empty());
        assertThatThrownBy(() -> sessions.keep("mine", of("/two"), Optional.empty()))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("A session mine is there already");
        String second = sessions.keep("mine", of("/two"), Optional.of(first));
        assertThatThrownBy(() -> sessions.keep("mine", of("/three"), Optional.of(first)))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("kept anew by another window meanwhile");
        assertThat(sessions.open("mine").session()).isEqualTo(of("/two"));
        sessions.keep("mine", of("/three"), Optional.of(second));
        assertThat(sessions.list())
                .singleElement()
                .matches(named -> of("/three").equals(named.session()));
    }

    @Test
    void whileAnotherWritesASessionItIsNotWritten() throws IOException {
        sessions.keep("mine", of("/one"), Optional.empty());
        try (WriterLock other = WriterLock.take(folder.resolve("sessions/mine.json"))) {
            assertThat(other.isHeld()).isTrue();
            assertThatThrownBy(() -> sessions.delete("mine")).hasMessageContaining("somebody else is writing");
        }
        assertThat(names()).containsExactly("mine");
    }

    @Test
    void aSessionIsRenamedUnlessAnotherHasTheName() throws IOException {
        sessions.keep("one", of("/one"), Optional.empty());
        sessions.keep("two", of("/two"), Optional.empty());
        assertThatThrownBy(() -> sessions.rename("one", "two")).hasMessageContaining("A session two is there already");
        sessions.rename("one", "three");
        assertThat(names()).containsExactly("three", "two");
        assertThat(sessions.open("three").session()).isEqualTo(of("/one"));
        sessions.rename("three", "three");
        assertThatThrownBy(() -> sessions.rename("one", "four"))
                .hasMessageStartingWith("There is no session one; expected one of three, two");
    }

    @Test
    void aSessionIsDeleted() throws IOException {
        sessions.keep("one", of("/one"), Optional.empty());
        sessions.delete("one");
        assertThat(folder.resolve("sessions").toFile().list()).isEmpty();
        assertThatThrownBy(() -> sessions.delete("one")).isInstanceOf(Refusal.class);
    }

    @Test
    void aDamagedSessionIsListedAsThatAndStaysAsItIs() throws IOException {
        Path file = Files.createDirectories(folder.resolve("sessions")).resolve("bad.json");
        Files.writeString(file, "{\"model\": \"/mod");
        assertThat(sessions.list()).singleElement().satisfies(named -> {
            assertThat(named.session()).isNull();
            assertThat(named.defect()).isNotBlank();
        });
        assertThatThrownBy(() -> sessions.open("bad"))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("The session bad cannot be used (")
                .hasMessageContaining("bad.json");
        assertThat(file).hasContent("{\"model\": \"/mod");
        assertThatThrownBy(() -> sessions.keep("bad", of("/one"), Optional.empty()))
                .as("its owner may want to mend it")
                .isInstanceOf(Refusal.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a/b", "..", ".hidden", "a\\b", "a\nb", "nul", "COM1.x", " a", "a."})
    void aNameThatNoFileMayHaveIsRefusedInOneSentence(String name) {
        assertThatThrownBy(() -> sessions.keep(name, of("/one"), Optional.empty()))
                .isInstanceOf(Refusal.class);
        assertThat(folder.resolve("sessions")).doesNotExist();
        assertThatThrownBy(() -> sessions.open(name)).isInstanceOf(Refusal.class);
    }

    @Test
    void aNameIsNoLongerThanAFileSystemTakes() throws IOException {
        String longest = "\u00e4".repeat(NamedSessions.LONGEST_NAME);
        sessions.keep(longest, of("/one"), Optional.empty());
        assertThat(names()).containsExactly(longest);
        assertThat(NamedSessions.defect(longest + "a"))
                .hasValueSatisfying(why -> assertThat(why).contains("61 characters"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\ud800", "\u202egpj", "a\u200bb"})
    void aNameOfLettersThatNobodySeesIsRefusedInASentence(String name) {
        assertThatThrownBy(() -> sessions.keep(name, of("/one"), Optional.empty()))
                .isInstanceOf(Refusal.class)
                .hasMessage("The name has characters that nobody sees: type it anew.");
        assertThat(folder.resolve("sessions")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"checkpoints\":[null]}",
                "{\"checkpoints\":[{\"path\":\"x\",\"options\":{\"k\":null}}]}",
                "{\"recent\":[null]}",
                "{\"feature\":\"red\"}",
                "[]",
                "7"
            })
    void whatIsWrongWithADamagedOneIsSaidWithoutTheProgramsWords(String json) throws IOException {
        sessions.keep("bad", of("/one"), Optional.empty());
        Files.writeString(folder.resolve("sessions/bad.json"), json);
        assertThatThrownBy(() -> sessions.open("bad"))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining(" a session")
                .hasMessageNotContainingAny("loupe.", "java.", "Exception", "token");
    }

    @Test
    void aPlaceWhereNoWindowCanBeIsLeftOut() {
        for (double[] place : new double[][] {{Double.NaN, 0, 9, 9}, {0, 0, 0, 9}, {0, 0, Double.NaN, 9}}) {
            Session.Window nowhere = new Session.Window(place[0], place[1], place[2], place[3], false);
            assertThat(new Session(null, List.of(), -1, Map.of(), nowhere, null, false, 13, List.of()).window())
                    .isNull();
        }
    }
}
