package loupe.app.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

class UsageHelpTest {
    @OptionSection("Seldom")
    static final class Seldom {
        @Option(names = "--seldom", description = "Seldom given.")
        private String seldom;
    }

    @OptionSection("Model")
    abstract static class Model {
        @Option(names = "--begin", description = "How it begins.")
        private String begin;
    }

    static final class Needed extends Model {
        @Option(names = "--model", required = true, paramLabel = "DIR", description = "The model.")
        private String model;
    }

    @OptionSection(value = "Text", choice = "(--text=T | --ids=I)")
    static final class Either {
        @Option(names = "--text", paramLabel = "T", description = "A text.")
        private String text;

        @Option(names = "--ids", paramLabel = "I", description = "Or ids.")
        private String ids;
    }

    @Command(name = "read", description = "Reads.")
    static final class Read implements Runnable {
        @Mixin
        private Seldom seldom;

        @Option(names = "--out", description = "A file.")
        private String out;

        @Mixin
        private Needed model;

        @Mixin
        private Either text;

        @Override
        public void run() {}
    }

    private static String help() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream printed = new PrintStream(out, true, StandardCharsets.UTF_8);
        assertThat(new Cli(printed, printed, List.of(new Read())).run("read", "--help"))
                .isZero();
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void theSynopsisSaysWhatTheCommandCannotRunWithout() {
        assertThat(help())
                .startsWith(
                        "Usage: sae-loupe read --model=DIR (--text=T | --ids=I) [OPTIONS]" + System.lineSeparator());
    }

    @Test
    void whatIsNeededStandsFirstAndWhatIsSeldomGivenLast() {
        assertThat(help().lines().filter(line -> line.matches("\\w.*") && !line.startsWith("Usage")))
                .containsExactly("Reads.", "Model", "Text", "Options", "Seldom", "Options of every command");
        assertThat(help().indexOf("--model=DIR  ")).isLessThan(help().indexOf("--begin"));
    }

    @Test
    void requiredOptionsAreMarked() {
        assertThat(help().lines().filter(line -> line.startsWith("*")))
                .hasSize(2)
                .first()
                .asString()
                .contains("--model");
        assertThat(help()).endsWith("* required" + System.lineSeparator());
    }
}
