package loupe.lm.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import loupe.TinyModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The short form of {@link TokenizerFuzz}. */
@Timeout(120)
class TokenizerFuzzTest {
    private static final int FILES = 40;

    @TempDir
    Path folder;

    @Test
    void damagedFilesAreReadOrRefused() throws IOException {
        byte[] tiny = Files.readAllBytes(TinyModel.writeTo(folder).resolve("tokenizer.json"));
        TokenizerFuzz fuzz = new TokenizerFuzz(folder, List.of(tiny), false);
        for (int number = 1; number <= FILES; number++) {
            assertThat(fuzz.file(number)).isEmpty();
        }
        assertThat(fuzz.summary()).contains("opened here", "opened apart", "refused");
    }
}
