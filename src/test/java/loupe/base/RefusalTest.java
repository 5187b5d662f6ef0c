package loupe.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What the sentences of a refusal become when a file says something long or hostile. */
class RefusalTest {
    private static final Path FILE = Path.of("models", "gpt", "config.json");

    @Test
    void aSentenceIsAsItWasWrittenWhereItIsShort() {
        assertThat(new CheckpointException(FILE, "W is [2, 3]", "[3, 2]", "Transpose it"))
                .hasMessage(FILE + ": W is [2, 3]; expected [3, 2]. Transpose it.");
    }

    @Test
    void whateverAFileSaysTheMessageStaysShortAndKeepsItsAdvice() {
        String huge = "x".repeat(100_000);
        for (Refusal refusal : new Refusal[] {
            new CheckpointException(FILE, "model_type is '" + huge + "'", "gpt2 or llama", "Choose another model"),
            new CheckpointException(FILE, "it has no text", "one of " + huge, "Choose another model"),
            new Refusal(huge, huge, "Choose another model"),
        }) {
            assertThat(refusal.getMessage()).hasSizeLessThan(300).endsWith("Choose another model.");
        }
        assertThat(new CheckpointException(FILE, "model_type is '" + huge + "'", "gpt2 or llama", "").getMessage())
                .startsWith(FILE + ": model_type is 'xxx")
                .contains("xxx'; expected gpt2 or llama.");
    }

    @Test
    void theFileIsNamedWholeHoweverDeepItLies() {
        Path deep = Path.of("d".repeat(250), "e".repeat(250), "config.json");
        assertThat(new CheckpointException(deep, "y".repeat(5_000), "an object", "Choose another").getMessage())
                .startsWith(deep + ": yyy")
                .endsWith("expected an object. Choose another.")
                .hasSizeLessThan(deep.toString().length() + 300);
    }

    @Test
    void controlCharactersAndLineBreaksOfAFileAreVisible() {
        assertThat(new CheckpointException(Path.of("a\nb"), "its kind is \u001b[2J", "", ""))
                .hasMessage("a\\nb: its kind is \u20391b\u203a[2J.");
    }

    @Test
    void aBugsMessageIsCutTooAndItsDetailsAreWhole() {
        Problem problem = Problem.of(new IllegalStateException("no " + "z".repeat(5_000) + "\u001b"));
        assertThat(problem.message()).hasSizeLessThan(300).doesNotContain("\u001b");
        assertThat(problem.details()).contains("z".repeat(5_000));
    }
}
