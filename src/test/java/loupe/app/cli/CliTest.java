package loupe.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import loupe.base.CheckpointException;
import loupe.base.OutOfDeviceMemoryException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What becomes of a command that fails: one message on standard error, and an exit code that says of what kind. */
class CliTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    /** Fails as it is told to, or ends well. */
    @Command(name = "try")
    private static final class Attempt implements Callable<Integer> {
        private final Exception failure;

        @Option(names = "--count")
        private int count;

        Attempt(Exception failure) {
            this.failure = failure;
        }

        @Override
        public Integer call() throws Exception {
            if (failure != null) {
                throw failure;
            }
            return ExitCode.DONE;
        }
    }

    private int run(Exception failure, String... arguments) {
        return new Cli(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        List.of(new Attempt(failure)))
                .run(arguments);
    }

    private String said() {
        return err.toString(StandardCharsets.UTF_8).strip();
    }

    private static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(new UsageException("give one of the two"), ExitCode.USAGE, "give one of the two."),
                Arguments.of(
                        new CheckpointException(Path.of("f"), "it has 3 rows", "4", "Choose another"),
                        ExitCode.REFUSED,
                        "f: it has 3 rows"),
                Arguments.of(
                        new CompletionException(
                                new ExecutionException(new CheckpointException(Path.of("f"), "it is empty", "", ""))),
                        ExitCode.REFUSED,
                        "f: it is empty."),
                Arguments.of(new CancellationException(), ExitCode.STOPPED, ""),
                Arguments.of(new OutOfDeviceMemoryException("no room", null), ExitCode.STOPPED, ""),
                Arguments.of(new NoSuchFileException("gone.txt"), ExitCode.USAGE, "gone.txt does not exist."),
                Arguments.of(
                        new UncheckedIOException(new AccessDeniedException("mine.txt")),
                        ExitCode.REFUSED,
                        "mine.txt cannot be read or written: permission denied."),
                Arguments.of(
                        new FileAlreadyExistsException("there.txt"),
                        ExitCode.REFUSED,
                        "there.txt cannot be read or written: something else is there."),
                Arguments.of(
                        new FileSystemException("full.txt", null, "no space left"),
                        ExitCode.REFUSED,
                        "full.txt cannot be read or written: no space left."),
                Arguments.of(
                        new IOException("the pipe broke"),
                        ExitCode.REFUSED,
                        "Reading or writing failed: the pipe broke."),
                Arguments.of(new IllegalStateException("a bug"), ExitCode.INTERNAL, "Please report it"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aFailureIsOneMessageAndACodeOfItsKind(Exception failure, int code, String message) {
        assertThat(run(failure, "try")).isEqualTo(code);
        assertThat(said()).contains(message).doesNotContain("\tat ").hasSizeBetween(5, 300);
        assertThat(out.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    @Test
    void aCommandThatEndsWellSaysNothingOfItself() {
        assertThat(run(null, "try", "--count", "3")).isEqualTo(ExitCode.DONE);
        assertThat(said()).isEmpty();
    }

    @Test
    void aWrongOptionNamesTheCommandWhoseHelpSaysMore() {
        assertThat(run(null, "try", "--count", "many")).isEqualTo(ExitCode.USAGE);
        assertThat(said()).contains("--count").contains("many").endsWith("See sae-loupe try --help.");
        assertThat(run(null, "try", "--cuont", "3")).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void anOptionGivenTwiceIsRefused() {
        assertThat(run(null, "try", "--count", "3", "--count", "4")).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void aWordThatIsNeitherACommandNorAPathIsRefusedBeforeAWindowOpens() {
        assertThat(run(null, "nowhere")).isEqualTo(ExitCode.USAGE);
        assertThat(said()).isEqualTo("Unknown command or path: nowhere. See sae-loupe --help.");
    }

    @Test
    void helpIsAResultAndNoFailure() {
        assertThat(run(null, "try", "--help")).isEqualTo(ExitCode.DONE);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("--count");
        assertThat(said()).isEmpty();
    }
}
