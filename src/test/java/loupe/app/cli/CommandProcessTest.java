package loupe.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine.Command;

/** The end of a process that is told to stop. */
class CommandProcessTest {
    /** What a user waits for without doubt; the orderly close of a window is given more. */
    private static final int SOON_MS = 1_000;

    /** A step that polls nothing: native code, for one. */
    @Command(name = "wait")
    static final class Deaf implements Callable<Integer> {
        @Override
        public Integer call() throws InterruptedException {
            System.out.println("waiting");
            new CountDownLatch(1).await();
            return ExitCode.DONE;
        }

        public static void main(String[] arguments) {
            CommandProcess.run(new Cli(System.out, System.err, List.of(new Deaf())), arguments);
        }
    }

    @TempDir
    private Path folder;

    @Test
    void aStepThatDoesNotListenDoesNotHoldUpTheEnd() throws IOException, InterruptedException {
        Path said = folder.resolve("said");
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Deaf.class.getName(),
                        "wait")
                .redirectError(said.toFile())
                .start();
        try {
            assertThat(child.inputReader(StandardCharsets.UTF_8).readLine()).isEqualTo("waiting");
            child.destroy(); // the same hook as Ctrl+C
            // of whose length a loaded machine says nothing
            assertThat(child.waitFor(100, TimeUnit.SECONDS)).as("it ended").isTrue();
            assertThat(child.exitValue()).isEqualTo(ExitCode.STOPPED);
            assertThat(said).hasContent("Stopped, though a step was still running");
            assertThat(new Cli(System.out, System.err, List.of(new Deaf())).millisToStop())
                    .isLessThan(SOON_MS);
        } finally {
            child.destroyForcibly();
        }
    }
}
