package loupe.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import loupe.app.cli.UsageHelp;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** The groups in which {@code --help} shows options. */
class HelpGroupsTest {
    private static final int MOST = 12;

    @Test
    void noGroupIsTooLongToBeLookedThrough() {
        List<String> tooLong = new ArrayList<>();
        for (CommandLine command : commands()) {
            sections(command).forEach((heading, options) -> {
                if (options.size() > MOST) {
                    tooLong.add(command.getCommandSpec().qualifiedName() + ": " + heading + " has " + options.size());
                }
            });
        }
        assertThat(tooLong).isEmpty();
    }

    @Test
    void groupsStandInOneOrderInAllCommands() {
        Map<String, TreeSet<String>> after = new TreeMap<>();
        for (CommandLine command : commands()) {
            List<String> headings = List.copyOf(sections(command).keySet());
            for (int i = 0; i < headings.size(); i++) {
                after.computeIfAbsent(headings.get(i), heading -> new TreeSet<>())
                        .addAll(headings.subList(i + 1, headings.size()));
            }
        }
        after.forEach((heading, later) -> later.forEach(other -> assertThat(after.get(other))
                .as(heading + " stands before " + other + " in one command")
                .doesNotContain(heading)));
    }

    @Test
    void whatEveryCommandHasStandsLast() {
        assertThat(commands()).allSatisfy(command -> {
            List<String> headings = List.copyOf(sections(command).keySet());
            assertThat(headings.get(headings.size() - 1)).isEqualTo("Options of every command");
        });
    }

    @Test
    void everyOptionSaysWhatItIsFor() {
        assertThat(commands())
                .allSatisfy(command -> assertThat(command.getCommandSpec().options())
                        .allSatisfy(option -> assertThat(option.description()).isNotEmpty()));
    }

    private static Map<String, List<OptionSpec>> sections(CommandLine command) {
        return UsageHelp.sections(command.getCommandSpec());
    }

    /** The commands that do something. */
    private static List<CommandLine> commands() {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
        List<CommandLine> found = new ArrayList<>();
        Deque<CommandLine> waiting = new ArrayDeque<>(
                Main.commandLine(nowhere, nowhere).line().getSubcommands().values());
        while (!waiting.isEmpty()) {
            CommandLine next = waiting.remove();
            if (next.getSubcommands().isEmpty()) {
                found.add(next);
            }
            waiting.addAll(next.getSubcommands().values());
        }
        return found;
    }
}
