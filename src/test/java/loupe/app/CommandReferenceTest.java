package loupe.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The page of the commands, against the commands. */
class CommandReferenceTest {
    private static final Path PAGE = Path.of("src/site/markdown/commands.md");

    @Test
    void theReferenceSaysWhatTheCommandsSay() throws IOException {
        String made = new CommandReference().text();
        if (Boolean.getBoolean("loupe.write.reference")) {
            Files.writeString(PAGE, made);
        }

        assertThat(Files.readString(PAGE))
                .as("mvn test -Dtest=CommandReferenceTest -Dloupe.write.reference=true writes it anew")
                .isEqualTo(made);
    }
}
