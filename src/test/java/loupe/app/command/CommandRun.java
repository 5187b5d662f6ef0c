package loupe.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import loupe.app.Main;
import loupe.app.cli.Cli;
import loupe.format.TensorArchive;
import loupe.format.TensorArchives;
import loupe.tensor.HostTensor;

/** One command, run whole in this process, and what it said. */
public final class CommandRun {
    public final int code;
    public final String out;
    public final String err;

    /** @param stopped whether Ctrl+C came before it began */
    CommandRun(boolean stopped, String... arguments) {
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        Cli cli = Main.commandLine(
                new PrintStream(outBytes, true, StandardCharsets.UTF_8),
                new PrintStream(errBytes, true, StandardCharsets.UTF_8));
        if (stopped) {
            cli.cancel();
        }
        code = cli.run(arguments);
        out = outBytes.toString(StandardCharsets.UTF_8);
        err = errBytes.toString(StandardCharsets.UTF_8);
    }

    public static CommandRun of(Object... arguments) {
        return new CommandRun(
                false, Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
    }

    /** The one document on standard output of a command that is expected to succeed; {@code --json} is added. */
    static JsonNode json(Object... arguments) {
        CommandRun done =
                of(Stream.concat(Arrays.stream(arguments), Stream.of("--json")).toArray());
        assertThat(done.code).as(done.err).isZero();
        try {
            return new ObjectMapper()
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .readTree(done.out);
        } catch (IOException e) {
            throw new AssertionError(done.out, e);
        }
    }

    static HostTensor read(Path file, String name) {
        try (TensorArchive archive = TensorArchives.open(file)) {
            return archive.tensor(name).toHost();
        }
    }
}
