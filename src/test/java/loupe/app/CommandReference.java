package loupe.app;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.SerializationConfig;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import loupe.app.cli.LoupeCommand;
import loupe.app.cli.ResultJson;
import loupe.app.cli.UsageHelp;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The page that lists every command with its options and the keys of its JSON, made from the commands themselves. */
final class CommandReference {
    private static final SerializationConfig JSON = ResultJson.MAPPER.getSerializationConfig();
    /** So many commands must have the same options for them to be listed once. */
    private static final int SEVERAL = 3;

    private final CommandSpec root;
    private final List<CommandSpec> commands = new ArrayList<>();
    /** Tables of options that several commands have, by heading. */
    private final Map<String, String> shared = new LinkedHashMap<>();

    CommandReference() {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
        root = Main.commandLine(nowhere, nowhere).line().getCommandSpec();
        collect(root);
        Map<String, List<String>> tables = new LinkedHashMap<>();
        commands.forEach(command -> UsageHelp.sections(command)
                .forEach((heading, options) -> tables.computeIfAbsent(heading, any -> new ArrayList<>())
                        .add(table(options))));
        tables.forEach((heading, all) -> all.stream()
                .filter(table -> Collections.frequency(all, table) >= SEVERAL)
                .findFirst()
                .ifPresent(table -> shared.put(heading, table)));
    }

    private void collect(CommandSpec command) {
        for (CommandLine below : command.subcommands().values()) {
            if (below.getSubcommands().isEmpty()) {
                commands.add(below.getCommandSpec());
            }
            collect(below.getCommandSpec());
        }
    }

    /** The whole page as Markdown. */
    String text() {
        StringBuilder text = new StringBuilder("""
                # Commands

                What `sae-loupe COMMAND --help` says, and the JSON that `--json` prints. It is made from the commands:
                `mvn test -Dtest=CommandReferenceTest -Dloupe.write.reference=true` writes it, and a test compares it.

                Options may stand before or after the command. Those marked with * are required; of the alternatives in
                parentheses in a synopsis, one is. Array arguments are `FILE.safetensors:NAME`.

                In the JSON, `key?` is left out where it does not apply, `key or null` is null there; `[..]` is a list.
                Numbers that are not finite are null.

                | exit code | meaning |
                |---|---|
                | 0 | done |
                | 1 | internal error: a bug of this program |
                | 2 | wrong usage, or a path that does not exist |
                | 3 | the input or its content was refused |
                | 4 | cancelled, or out of memory |

                """);
        commands.forEach(command -> command(text, command));
        text.append("## Options of several commands\n");
        shared.forEach((heading, table) ->
                text.append("\n### ").append(heading).append("\n\n").append(table));
        text.append("\n## Without a command\n\n")
                .append("`sae-loupe [PATH...]` opens the workbench; `sae-loupe --version` shows the versions.\n");
        return text.toString();
    }

    private void command(StringBuilder text, CommandSpec command) {
        text.append("## ")
                .append(command.qualifiedName().replaceFirst("\\S+ ", ""))
                .append("\n\n");
        text.append(String.join(" ", command.usageMessage().description())).append("\n\n");
        text.append("    ")
                .append(command.qualifiedName())
                .append(' ')
                .append(String.join(" ", UsageHelp.parts(command)))
                .append("\n\n");
        command.positionalParameters()
                .forEach(parameter -> text.append("`")
                        .append(parameter.paramLabel())
                        .append("`: ")
                        .append(markdown(parameter.description()))
                        .append("\n\n"));
        List<String> also = new ArrayList<>();
        UsageHelp.sections(command).forEach((heading, options) -> {
            if (table(options).equals(shared.get(heading))) {
                also.add("*" + heading + "*");
            } else {
                text.append("**")
                        .append(heading)
                        .append("**\n\n")
                        .append(table(options))
                        .append('\n');
            }
        });
        text.append("Also: ").append(String.join("; ", also)).append(".\n\n");
        JavaType type = JSON.constructType(command.userObject().getClass())
                .findSuperType(LoupeCommand.class)
                .containedType(0);
        text.append("JSON: ");
        text.append(alternatives(type).stream()
                .map(each -> "`" + shape(each, List.of()) + "`")
                .collect(Collectors.joining(" or ")));
        text.append("\n\n");
    }

    private static String table(List<OptionSpec> options) {
        StringBuilder text = new StringBuilder("| option | |\n|---|---|\n");
        for (OptionSpec option : options) {
            String value = "=" + option.paramLabel() + (option.splitRegex().isEmpty() ? "" : ",...");
            String label = option.arity().max() == 0 ? "" : option.arity().min() == 0 ? "[" + value + "]" : value;
            text.append("| ")
                    .append(option.required() && option.group() == null ? "* " : "")
                    .append('`')
                    .append(Arrays.stream(option.names()).collect(Collectors.joining("`, `")))
                    .append(label)
                    .append(option.negatable() ? "`, `" + option.longestName().replaceFirst("--", "--no-") : "")
                    .append("` | ")
                    .append(markdown(option.description()))
                    .append(" |\n");
        }
        return text.toString();
    }

    private static String markdown(String[] description) {
        return String.join(" ", description)
                .replace("|", "\\|")
                .replace("<", "&lt;")
                .replace("~", "\\~");
    }

    /** The records a sealed type stands for; any other type itself. */
    private static List<JavaType> alternatives(JavaType type) {
        Class<?>[] permitted = type.getRawClass().getPermittedSubclasses();
        return permitted == null
                ? List.of(type)
                : Arrays.stream(permitted).map(JSON::constructType).toList();
    }

    /** A value as it looks in JSON; empty for a single value. */
    private static String shape(JavaType type, List<Class<?>> above) {
        Class<?> raw = type.getRawClass();
        if (raw == Optional.class) {
            return shape(type.containedType(0), above);
        }
        if (type.isMapLikeType()) {
            return "{NAME" + value(type.getContentType(), above) + "}";
        }
        if (type.isCollectionLikeType() || type.isArrayType()) {
            String element = shape(type.getContentType(), above);
            return "[" + (element.isEmpty() ? ".." : element) + "]";
        }
        if (raw.getPermittedSubclasses() != null) {
            return alternatives(type).stream().map(each -> shape(each, above)).collect(Collectors.joining(" or "));
        }
        if (!raw.isRecord()) {
            return "";
        }
        if (above.contains(raw)) {
            return "...";
        }
        List<Class<?>> deeper = new ArrayList<>(above);
        deeper.add(raw);
        return "{" + String.join(", ", keys(type, deeper)) + "}";
    }

    private static List<String> keys(JavaType type, List<Class<?>> above) {
        BeanDescription record = JSON.introspect(type);
        List<String> keys = new ArrayList<>();
        for (BeanPropertyDefinition property : record.findProperties()) {
            JavaType of = property.getPrimaryType();
            if (JSON.getAnnotationIntrospector().findUnwrappingNameTransformer(property.getAccessor()) != null) {
                keys.add(alternatives(of).stream()
                        .map(each -> String.join(", ", keys(each, above)))
                        .collect(Collectors.joining(") or (", "(", ")"))
                        .replaceFirst("^\\(([^()]*)\\)$", "$1"));
            } else if (record.findAnyGetter() == null
                    || !record.findAnyGetter().getName().equals(property.getInternalName())) {
                keys.add(property.getName() + mark(record, property) + value(of, above));
            }
        }
        if (record.findAnyGetter() != null) {
            keys.add("NAME" + value(record.findAnyGetter().getType().getContentType(), above));
        }
        return keys;
    }

    private static String mark(BeanDescription record, BeanPropertyDefinition property) {
        JsonInclude.Include inclusion = record.findPropertyInclusion(JsonInclude.Value.empty())
                .withOverrides(property.findInclusion())
                .getValueInclusion();
        if (inclusion != JsonInclude.Include.USE_DEFAULTS
                && !property.getRawPrimaryType().isPrimitive()) {
            return "?";
        }
        return property.getRawPrimaryType() == Optional.class ? " or null" : "";
    }

    private static String value(JavaType type, List<Class<?>> above) {
        String shape = shape(type, above);
        return shape.isEmpty() ? "" : ":" + shape;
    }
}
