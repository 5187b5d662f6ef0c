package loupe.app.bench;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Another process of this program, with the same Java, class path and options. */
public final class JavaProcess {
    private JavaProcess() {}

    /** Whether this Java, and so the other one, takes classes from an archive of a process before. */
    static boolean findsClasses() {
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .anyMatch(argument -> argument.startsWith("-XX:SharedArchiveFile="));
    }

    /**
     * Runs it to its end.
     *
     * @param environment added to ours
     * @param arguments of {@code main}
     * @return its output, line by line
     */
    public static List<String> output(Class<?> main, Map<String, String> environment, String... arguments)
            throws IOException {
        return output(main, List.of(), environment, arguments);
    }

    /**
     * Runs another Java process to its end and returns the lines that it prints.
     *
     * @param options of Java, beside our own
     */
    public static List<String> output(
            Class<?> main, List<String> options, Map<String, String> environment, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(argument -> !argument.startsWith("-agentlib"))
                .toList());
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(Arrays.asList(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(environment);
        Process process = builder.start();
        try (InputStream out = process.getInputStream()) {
            return new String(out.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        }
    }
}
