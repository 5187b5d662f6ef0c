package loupe.app.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import loupe.app.Main;
import loupe.app.cli.OptionRange;
import loupe.base.NumberRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ScopeType;

/** Every option of a number says which it takes, and refuses others before anything is opened. */
class EveryNumberIsBoundedTest {
    /** Indices, ids and lengths, which mean the same however large: what there is, is compared with them. */
    private static final Set<String> ANY_SIZE = Set.of(
            "--feature",
            "--token",
            "--at",
            "--at-least",
            "--ids",
            "--prompt-ids",
            "--token-ids",
            "--ignore-tokens",
            "--mask-id",
            "--mask-first",
            "--ghost-position",
            "--context",
            "--max-tokens",
            "--min-length",
            "--max-length",
            "--tokens",
            "--sae-tokens",
            "--corpus-tokens",
            "--null",
            "--exclude-positions",
            "--from-position",
            "--metric-position",
            "--position",
            "--clean-ids",
            "--corrupt-ids",
            "--ban-ids",
            "--bos-id",
            "--features",
            "--without",
            "--seed");

    private static final Set<Class<?>> WHOLE =
            Set.of(int.class, Integer.class, long.class, Long.class, int[].class, Set.class);
    private static final Set<Class<?>> REAL = Set.of(double.class, Double.class, double[].class);

    @ParameterizedTest
    @MethodSource("numbers")
    void itDeclaresItsRangeAndRefusesWhatIsBeyond(Numbered numbered) {
        OptionSpec option = numbered.option();
        NumberRange range = OptionRange.Check.of(option).orElseThrow(() -> new AssertionError("no @OptionRange"));

        List<String> tried = WHOLE.contains(option.type())
                ? List.of("2147483647", "-1", "0")
                : List.of("NaN", "-Infinity", "1e300", "-1", "0");

        for (String value : tried) {
            if (range.contains(Double.parseDouble(value))) {
                assertThat(!value.equals("2147483647") || ANY_SIZE.contains(option.longestName()))
                        .as("%s takes %s", option.longestName(), value)
                        .isTrue();
            } else {
                CommandRun refused = CommandRun.of(numbered.with(value));
                assertThat(refused.err)
                        .startsWith(option.longestName() + " is ")
                        .contains(", expected " + range.expected())
                        .hasSizeLessThan(300);
                assertThat(refused.code).isEqualTo(2);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --steer|0:NaN|expected a layer and a number from -1E15 to 1E15
            --steer|0:1e30|expected a layer and a number from -1E15 to 1E15
            --clamp|1:-Infinity|expected a layer and a number from -1E15 to 1E15
            --clamp|2|expected a layer and a number from -1E15 to 1E15
            --baseline|random:10001|random:N with N from 1 to 10000
            --baseline|random:0|random:N with N from 1 to 10000
            --scale|1e30|expected -1E15 to 1E15
            --null-draws|2147483647|expected 0 to 10000
            """)
    void theTreeSaysSo(String option, String value, String message) {
        CommandRun refused =
                CommandRun.of("tree", "--model", "nowhere", "--sae", "nowhere", "--feature", "0", option + "=" + value);

        assertThat(refused.err).contains(message).doesNotContain("nowhere").hasSizeLessThan(300);
        assertThat(refused.code).isEqualTo(2);
    }

    /** An option, and the arguments before it. */
    record Numbered(List<String> before, OptionSpec option) {
        Object[] with(String value) {
            return Stream.concat(before.stream(), Stream.of(option.longestName() + "=" + value))
                    .toArray();
        }

        @Override
        public String toString() {
            return before.get(0) + " " + option.longestName();
        }
    }

    static Stream<Numbered> numbers() {
        return all().stream();
    }

    private static List<Numbered> all() {
        List<Numbered> found = new ArrayList<>();
        PrintStream nowhere = new PrintStream(PrintStream.nullOutputStream());
        collect(Main.commandLine(nowhere, nowhere).line(), List.of(), found);
        return found;
    }

    private static void collect(CommandLine line, List<String> path, List<Numbered> found) {
        CommandSpec spec = line.getCommandSpec();
        for (OptionSpec option : spec.options()) {
            boolean again = !path.isEmpty() && option.scopeType() == ScopeType.INHERIT;
            if (!again && (WHOLE.contains(option.type()) || REAL.contains(option.type()))) {
                List<String> before = new ArrayList<>(path);
                before.addAll(needed(spec, option));
                found.add(new Numbered(before.isEmpty() ? List.of("--quiet") : before, option));
            }
        }
        for (Map.Entry<String, CommandLine> command : line.getSubcommands().entrySet()) {
            collect(
                    command.getValue(),
                    Stream.concat(path.stream(), Stream.of(command.getKey())).toList(),
                    found);
        }
    }

    /** What the command asks for besides the option. */
    private static List<String> needed(CommandSpec spec, OptionSpec option) {
        List<String> needed = new ArrayList<>();
        Set<ArgSpec> grouped = new HashSet<>();
        for (ArgGroupSpec group : spec.argGroups()) {
            grouped.addAll(group.allOptionsNested());
            if (group.multiplicity().min() > 0 && option.group() == null) {
                needed.add(given(group.options().get(0)));
            }
        }
        spec.options().stream()
                .filter(other -> other.required() && other != option && !grouped.contains(other))
                .forEach(other -> needed.add(given(other)));
        spec.positionalParameters().stream().filter(ArgSpec::required).forEach(parameter -> needed.add("nowhere"));
        return needed;
    }

    private static String given(OptionSpec option) {
        boolean text = option.type() == Path.class || option.type() == String.class || option.type() == List.class;
        return option.longestName() + "="
                + (text ? "nowhere" : option.type().getSimpleName().contains("Array") ? "f:n" : "1");
    }
}
