package loupe.app.cli;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.ScopeType;

/**
 * The usage help of a command: a synopsis of its required options, and its options under the headings of their
 * {@link OptionSection}s, below each the required ones first.
 */
public final class UsageHelp {
    private static final String OWN = "Options";
    private static final String COMMON = "Options of every command";
    private static final String READING = "Checkpoint, to complete or override what its files say";
    /** The headings, in the order in which every command has them: what is asked about, how, and what is made of it. */
    private static final List<String> HEADINGS = List.of(
            "Model",
            "Ghost",
            "Prompt",
            "Text",
            "Question, one of",
            "Index",
            "Corpus",
            "Tokens left out",
            OWN,
            "Limits of the tree",
            "Token list",
            "Token filter",
            "Table",
            "Where more is known of the features",
            "Labels",
            "Picture",
            READING,
            COMMON);

    private static final char REQUIRED = '*';

    private UsageHelp() {}

    /** Installs this help in a command line and all commands below it. */
    static void install(CommandLine line) {
        line.getCommandSpec()
                .usageMessage()
                .requiredOptionMarker(REQUIRED)
                .descriptionHeading("%n")
                .parameterListHeading("%nArguments%n")
                .commandListHeading("%nCommands%n");
        if (line.getSubcommands().isEmpty()) {
            line.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_SYNOPSIS, UsageHelp::synopsis);
        }
        line.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, UsageHelp::options);
        line.getSubcommands().values().forEach(UsageHelp::install);
    }

    /** The options of a command by heading, in the order of {@link #HEADINGS}. */
    public static Map<String, List<OptionSpec>> sections(CommandSpec command) {
        Map<String, List<OptionSpec>> sections =
                new TreeMap<>(Comparator.comparingInt(UsageHelp::place).thenComparing(Comparator.naturalOrder()));
        command.options()
                .forEach(option -> sections.computeIfAbsent(heading(option), heading -> new ArrayList<>())
                        .add(option));
        sections.values()
                .forEach(options ->
                        options.sort(Comparator.comparing(option -> option.required() ? 0 : isNeeded(option) ? 1 : 2)));
        return sections;
    }

    /** Where a heading stands; one that is not listed, before how a checkpoint is read. */
    private static int place(String heading) {
        int listed = HEADINGS.indexOf(heading);
        return listed < 0 ? HEADINGS.indexOf(READING) : listed;
    }

    private static boolean isCommon(OptionSpec option) {
        return option.scopeType() == ScopeType.INHERIT;
    }

    private static String heading(OptionSpec option) {
        return isCommon(option)
                ? COMMON
                : section(option).map(OptionSection::value).orElse(OWN);
    }

    /** Whether the option, or one of its section, is required. */
    private static boolean isNeeded(OptionSpec option) {
        return option.required()
                || (option.group() != null && option.group().multiplicity().min() > 0)
                || section(option)
                        .filter(section -> !section.choice().isEmpty())
                        .isPresent();
    }

    /**
     * The parts of a command's synopsis: required options, and a placeholder for others; without the command's name.
     */
    public static List<String> parts(CommandSpec command) {
        List<String> parts = new ArrayList<>();
        Set<String> choices = new LinkedHashSet<>();
        for (OptionSpec option : command.options()) {
            if (option.required() && option.group() == null) {
                parts.add(option.longestName() + "=" + option.paramLabel()
                        + (option.arity().max() > 1 ? "..." : ""));
            }
            section(option)
                    .map(OptionSection::choice)
                    .filter(choice -> !choice.isEmpty())
                    .ifPresent(choices::add);
        }
        command.argGroups().stream()
                .filter(group -> group.multiplicity().min() > 0)
                .map(ArgGroupSpec::synopsis)
                .forEach(choices::add);
        parts.addAll(choices);
        parts.add("[OPTIONS]");
        for (PositionalParamSpec parameter : command.positionalParameters()) {
            String label = parameter.paramLabel() + (parameter.arity().max() > 1 ? "..." : "");
            parts.add(parameter.required() ? label : "[" + label + "]");
        }
        return parts;
    }

    private static String synopsis(Help help) {
        CommandSpec command = help.commandSpec();
        int width = command.usageMessage().width();
        String begin = command.qualifiedName();
        StringBuilder text = new StringBuilder(begin);
        int column = "Usage: ".length() + begin.length();
        for (String part : parts(command)) {
            if (column + 1 + part.length() > width) {
                text.append(System.lineSeparator()).append(" ".repeat("Usage: ".length() + 2));
                column = "Usage: ".length() + 2;
            } else {
                text.append(' ');
                column++;
            }
            text.append(part);
            column += part.length();
        }
        return text + System.lineSeparator();
    }

    private static String options(Help help) {
        CommandSpec command = help.commandSpec();
        Map<String, List<OptionSpec>> sections = sections(command);
        StringBuilder text = new StringBuilder();
        sections.forEach((heading, options) -> {
            Help.Layout layout =
                    help.createDefaultLayout(command.options(), command.positionalParameters(), help.colorScheme());
            layout.addOptions(options, help.createDefaultParamLabelRenderer());
            text.append(System.lineSeparator())
                    .append(heading)
                    .append(System.lineSeparator())
                    .append(layout);
        });
        if (command.args().stream().anyMatch(ArgSpec::required)) {
            text.append(System.lineSeparator()).append(REQUIRED + " required").append(System.lineSeparator());
        }
        return text.toString();
    }

    private static Optional<OptionSection> section(ArgSpec option) {
        return option.userObject() instanceof Field field
                ? Optional.ofNullable(field.getDeclaringClass().getAnnotation(OptionSection.class))
                : Optional.empty();
    }
}
