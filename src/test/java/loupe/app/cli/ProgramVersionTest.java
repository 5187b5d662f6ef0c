package loupe.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgramVersionTest {
    private static String said(String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream printed = new PrintStream(out, true, StandardCharsets.UTF_8);
        assertThat(new Cli(printed, printed, List.of()).run(arguments)).isZero();
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void theVersionsAreThoseOfTheBuild() {
        ProgramVersion current = ProgramVersion.current();

        assertThat(List.of(current.version(), current.libtorch(), current.djl()))
                .allMatch(version -> version.matches("\\d+\\.\\d+.*"));
        assertThat(current.java()).isEqualTo(System.getProperty("java.version"));
    }

    @Test
    void theVersionIsSaidInTwoLines() {
        assertThat(said("--version")).isEqualTo(said("-V")).startsWith("SAE Loupe ");
        assertThat(said("--version").lines()).hasSize(2).last().asString().contains("Java ", "libtorch ", "DJL ");
    }

    @Test
    void theVersionIsADocumentWhereOneIsAskedFor() throws IOException {
        for (String[] order : new String[][] {{"--version", "--json"}, {"--json", "--version"}}) {
            assertThat(new ObjectMapper().readValue(said(order), ProgramVersion.class))
                    .isEqualTo(ProgramVersion.current());
        }
    }
}
