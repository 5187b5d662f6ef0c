package loupe.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import loupe.base.CheckpointException;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Texts of files that would clear a terminal, turn a line around or begin a new one. */
class HostileTextTest {
    private static final String HOSTILE = "\u001b[2J\u202e\r\nexit\u0007";
    private static final String SHOWN = "\u20391b\u203a[2J\u2039202e\u203a\\r\\nexit\u203907\u203a";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    /** A result with a hostile value. */
    record Result(String name, List<Token> tokens) {}

    /** A row of it. */
    record Token(int id, String text) {}

    /** Prints, warns of and refuses hostile texts. */
    @Command(name = "try")
    private static final class Hostile extends LoupeCommand<Result> {
        @Option(names = "--refuse")
        private boolean refuse;

        @Override
        public Result run(CommandContext context) {
            context.warn("odd " + HOSTILE);
            context.progress().printLine("reading " + HOSTILE);
            if (refuse) {
                throw new CheckpointException(Path.of(HOSTILE), "it is " + HOSTILE, "", "");
            }
            return new Result(HOSTILE, List.of(new Token(1, HOSTILE), new Token(22, "plain")));
        }

        @Override
        protected ResultPrinter table(Result result) {
            ResultPrinter table = super.table(result);
            return lines -> {
                table.print(lines);
                lines.add("end " + result.name());
            };
        }
    }

    private int run(String... arguments) {
        return new Cli(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        List.of(new Hostile()))
                .run(arguments);
    }

    @Test
    void aTableShowsWhatATerminalWouldObey() {
        assertThat(run("try")).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8).lines())
                .containsExactly(
                        "name    " + SHOWN, "tokens", "  id  text", "   1  " + SHOWN, "  22  plain", "end " + SHOWN);
        assertThat(err.toString(StandardCharsets.UTF_8).lines())
                .containsExactly("try: reading " + SHOWN, "warning: odd " + SHOWN);
    }

    @Test
    void messagesShowItToo() {
        assertThat(run("try", "--refuse")).isEqualTo(ExitCode.REFUSED);
        assertThat(run("try\u001b[2J")).isEqualTo(ExitCode.USAGE);
        assertThat(run("try", "--no\u001b[2J")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains(SHOWN + ": it is " + SHOWN)
                .doesNotContain("\u001b", "\u202e", "\u0007", "\r");
    }

    @Test
    void jsonHasTheTextItself() throws Exception {
        assertThat(run("try", "--json")).isZero();
        assertThat(new JsonMapper()
                        .readTree(out.toByteArray())
                        .at("/tokens/0/text")
                        .textValue())
                .isEqualTo(HOSTILE);
    }
}
