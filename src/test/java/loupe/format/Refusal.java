package loupe.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.file.Path;
import java.util.regex.Pattern;
import loupe.base.CheckpointException;

/**
 * The check that a bad file is refused with a sentence that says which file, what was found, what was expected and what
 * to do.
 */
final class Refusal {
    private Refusal() {}

    /** Opens the file, reads everything in it, and wants both what was found and what to do in the message. */
    static void ofFile(Path path, String... found) {
        of(path, () -> readAll(path), found);
    }

    /** @param path what the message must name */
    static void of(Path path, Runnable action, String... found) {
        Throwable refusal = catchThrowable(action::run);
        assertThat(refusal).isInstanceOf(CheckpointException.class);
        assertThat(refusal.getMessage()).contains(found);
        assertThat(refusal.getMessage())
                .as("file, found, expected, remedy")
                .matches(Pattern.compile(
                        Pattern.quote(path.toString()) + ": \\S.*; expected \\S.*\\. [A-Z].*\\.", Pattern.DOTALL));
        assertThat(((CheckpointException) refusal).path()).isEqualTo(path);
    }

    static void readAll(Path path) {
        try (TensorArchive archive = TensorArchives.open(path)) {
            archive.names().forEach(name -> archive.tensor(name).toHost());
        }
    }
}
