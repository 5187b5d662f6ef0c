package loupe.app.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Lets options stand before the command they belong to: puts the command's name first, as picocli requires, and drops
 * repetitions of a switch. Ambiguous arguments stay as they are, for picocli to report.
 */
final class ArgumentOrder {
    private final CommandSpec root;
    /** The most values that each option takes in any command. */
    private final Map<String, Integer> values = new HashMap<>();

    ArgumentOrder(CommandSpec root) {
        this.root = root;
        collect(root);
    }

    private void collect(CommandSpec command) {
        for (OptionSpec option : command.options()) {
            Arrays.stream(option.names())
                    .forEach(name -> values.merge(name, option.arity().max(), Math::max));
            if (option.negatable()) {
                Arrays.stream(option.names()).forEach(name -> values.put(name.replaceFirst("^--", "--no-"), 0));
            }
        }
        command.subcommands().values().forEach(subcommand -> collect(subcommand.getCommandSpec()));
    }

    String[] commandFirst(String... arguments) {
        List<String> ordered = new ArrayList<>(Arrays.asList(arguments));
        Map<String, CommandLine> commands = root.subcommands();
        for (int first = 0; !commands.isEmpty(); first++) {
            int at = command(ordered, first, commands.keySet());
            if (at < 0) {
                break;
            }
            commands = Objects.requireNonNull(commands.get(ordered.get(at))).getSubcommands();
            ordered.add(first, ordered.remove(at));
        }
        return withoutRepeatedSwitches(ordered).toArray(String[]::new);
    }

    /** Index of the first argument that is neither an option nor an option's value, if it names a command; else -1. */
    private int command(List<String> arguments, int from, Set<String> commands) {
        for (int i = from; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (!argument.startsWith("-")) {
                return commands.contains(argument) ? i : -1;
            }
            if (!argument.contains("=") && !values.containsKey(argument)) {
                return -1;
            }
            i += valuesAfter(arguments, i, commands);
        }
        return -1;
    }

    private int valuesAfter(List<String> arguments, int option, Set<String> commands) {
        int most = values.getOrDefault(arguments.get(option), 0);
        int taken = Math.min(1, Math.min(most, arguments.size() - option - 1));
        while (taken > 0
                && taken < most
                && option + taken + 1 < arguments.size()
                && !arguments.get(option + taken + 1).startsWith("-")
                && !commands.contains(arguments.get(option + taken + 1))) {
            taken++;
        }
        return taken;
    }

    private List<String> withoutRepeatedSwitches(List<String> arguments) {
        List<String> kept = new ArrayList<>();
        Set<String> switches = new HashSet<>();
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (Integer.valueOf(0).equals(values.get(argument)) && !switches.add(argument)) {
                continue;
            }
            kept.add(argument);
            int taken = valuesAfter(arguments, i, Set.of());
            kept.addAll(arguments.subList(i + 1, i + 1 + taken));
            i += taken;
        }
        return kept;
    }
}
