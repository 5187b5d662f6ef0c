package loupe.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import loupe.state.Opened;
import loupe.state.corpus.HistogramView;
import loupe.state.ghost.GhostControlsModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** Where the window and the command line begin with a number, it is the same one. */
class DefaultsTest {
    private static final GhostControlsModel WINDOW = new GhostControlsModel(new Opened().workbench);

    static Stream<Arguments> optionsWithAControlInTheWindow() {
        return Stream.of(
                Arguments.of(new TreeCommand(), "--cutoff", WINDOW.cutoff().get()),
                Arguments.of(new TreeCommand(), "--top-k", WINDOW.topK().get()),
                Arguments.of(new TreeCommand(), "--max-depth", WINDOW.depth().get()),
                Arguments.of(new BatchCommand(), "--cutoff", WINDOW.cutoff().get()),
                Arguments.of(new BatchCommand(), "--top-k", WINDOW.topK().get()),
                Arguments.of(new BatchCommand(), "--max-depth", WINDOW.depth().get()),
                Arguments.of(new BatchCommand(), "--exponent", WINDOW.exponent().get()),
                Arguments.of(
                        new TokensCommand(), "--exponent", WINDOW.exponent().get()),
                Arguments.of(
                        new FeatureCommand(),
                        "--bins",
                        new HistogramView().bins().get()));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("optionsWithAControlInTheWindow")
    void anOptionsDefaultIsWhereTheControlStands(Object command, String option, Number control) {
        CommandLine line = new CommandLine(command);

        String shown = line.getCommandSpec().findOption(option).defaultValueString();
        assertThat(Double.parseDouble(shown)).isEqualTo(control.doubleValue());
        assertThat(line.getUsageMessage(CommandLine.Help.Ansi.OFF).replaceAll("\\s+", " "))
                .contains("(default: " + shown + ")");
    }

    @Test
    void thePromptIsTheSameToo() {
        assertThat(new CommandLine(new TreeCommand())
                        .getUsageMessage(CommandLine.Help.Ansi.OFF)
                        .replaceAll("\\s+", " "))
                .contains("(default: " + WINDOW.prompt().get() + ")");
    }
}
