package loupe.app.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import loupe.app.window.Opening;
import loupe.app.window.UserFolders;
import loupe.app.window.WorkbenchApp;
import loupe.base.FileFailure;
import loupe.base.OutOfDeviceMemoryException;
import loupe.base.Problem;
import loupe.base.Refusal;
import loupe.base.VisibleText;
import loupe.inference.DeviceMissingException;
import loupe.state.window.Session;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;

/**
 * The command line: the options that every command has, and the handling of failures. One object runs one command.
 *
 * <p>A result goes to standard output, everything else to standard error. A refusal is one message, never a stack.
 */
@Command(
        name = "sae-loupe",
        description = "Explore the features of sparse autoencoders. Opens the workbench, or runs one command.",
        synopsisSubcommandLabel = "[COMMAND]")
public final class Cli implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(Cli.class);
    /** Letters of a refusal, without its full stop. */
    private static final int LONGEST_MESSAGE = 298;

    /** More cores than any machine that runs this; the system gives out only so many threads. */
    private static final int MOST_THREADS = 1024;

    @Option(names = "--json", scope = ScopeType.INHERIT, description = "Print one JSON document instead of a table.")
    private boolean json;

    @Option(
            names = "--device",
            scope = ScopeType.INHERIT,
            defaultValue = "auto",
            paramLabel = "DEVICE",
            description = "Device: auto, cpu, cuda or cuda:N (default: ${DEFAULT-VALUE}).")
    private String device;

    @Option(
            names = "--threads",
            scope = ScopeType.INHERIT,
            paramLabel = "N",
            description = "Engine threads on the CPU (default: one per core).")
    @OptionRange(least = 1, most = MOST_THREADS)
    private Integer threads;

    @Option(names = "--quiet", scope = ScopeType.INHERIT, description = "No progress on standard error.")
    private boolean quiet;

    @Option(
            names = {"-h", "--help"},
            scope = ScopeType.INHERIT,
            usageHelp = true,
            description = "Show this help and exit.")
    @SuppressWarnings("unused") // the parser prints the help itself
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Show the versions of the program, of Java and of the engine, and exit.")
    @SuppressWarnings("unused") // the parser prints the versions itself
    private boolean version;

    @Parameters(
            paramLabel = "PATH",
            arity = "0..*",
            description =
                    "Paths to open in the workbench: folder of a model, up to two checkpoints, the texts of a corpus "
                            + "to count over, or an index (default: those of the last session, or the sample).")
    private List<Path> paths = List.of();

    @Option(
            names = "--session",
            paramLabel = "NAME",
            description = "Open the workbench with a session kept under a name; sae-loupe sessions lists them.")
    private String session;

    private final PrintStream out;
    private final PrintStream err;
    private final List<Object> commands;
    private final Consumer<WorkbenchApp> whenShown;
    private volatile @Nullable CommandContext context;
    private volatile boolean cancelled;
    private volatile boolean window;

    /** @param commands all commands, an annotated object each */
    public Cli(PrintStream out, PrintStream err, List<Object> commands) {
        this(out, err, commands, app -> {});
    }

    /** @param whenShown called with the workbench on the JavaFX thread once its window is shown */
    public Cli(PrintStream out, PrintStream err, List<Object> commands, Consumer<WorkbenchApp> whenShown) {
        this.out = out;
        this.err = err;
        this.commands = List.copyOf(commands);
        this.whenShown = whenShown;
    }

    /** The commands with their options, in picocli's model. */
    public CommandLine line() {
        CommandLine line = new CommandLine(this);
        commands.forEach(line::addSubcommand);
        line.getCommandSpec().versionProvider(this::version);
        UsageHelp.install(line);
        return line;
    }

    private String[] version() {
        ProgramVersion current = ProgramVersion.current();
        return json ? new String[] {ResultJson.text(current)} : current.lines().toArray(String[]::new);
    }

    /**
     * Runs a command.
     *
     * @return the exit code
     */
    public int run(String... arguments) {
        CommandLine line = line();
        line.setOut(new java.io.PrintWriter(out, true, java.nio.charset.StandardCharsets.UTF_8))
                .setErr(new java.io.PrintWriter(err, true, java.nio.charset.StandardCharsets.UTF_8))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setOverwrittenOptionsAllowed(false)
                .setExpandAtFiles(false)
                .setExecutionStrategy(parsed -> {
                    requireValues(parsed);
                    return new CommandLine.RunLast().execute(parsed);
                })
                .setParameterExceptionHandler(this::wrongUsage)
                .setExecutionExceptionHandler((failure, where, parsed) -> failed(failure));
        try {
            return line.execute(new ArgumentOrder(line.getCommandSpec()).commandFirst(arguments));
        } catch (Throwable error) {
            return failed(error);
        }
    }

    /** Stops the command at its next check, running or not begun yet. Any thread. */
    public void cancel() {
        cancelled = true;
        CommandContext running = context;
        if (running != null) {
            running.cancel();
        }
    }

    /** How long a cancelled command may go on: the window closes in order, a command stops soon. */
    int millisToStop() {
        return window ? 10_000 : 700;
    }

    /** Runs the workbench until its window is closed; this is what happens without a command. */
    @Override
    public void run() {
        paths.stream().filter(path -> !Files.exists(path)).findFirst().ifPresent(path -> {
            throw new UsageException("Unknown command or path: " + path + ". See sae-loupe --help");
        });
        if (session != null && !paths.isEmpty()) {
            throw new UsageException("--session " + session + " opens its own files, so no paths go with it");
        }
        Optional<Session> named = Optional.empty();
        if (session != null) {
            try {
                named = Optional.ofNullable(
                        UserFolders.ofUser().sessions().open(session).session());
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        }
        window = true;
        try (CommandContext workbench = open("workbench").makingRoom()) {
            WorkbenchApp.runToTheEnd(
                    workbench.service(), Opening.of(paths), named, workbench.cancellation(), whenShown);
        }
    }

    /** The context of the running command, which closes it. */
    CommandContext open(String command) {
        CommandContext opened = new CommandContext(command, device, threads, json, quiet, out, err);
        context = opened;
        if (cancelled) {
            opened.cancel();
        }
        return opened;
    }

    /** Refuses a list of nothing but commas, which has no values, and numbers beyond what an option takes. */
    private static void requireValues(ParseResult parsed) {
        for (OptionSpec option : parsed.matchedOptions()) {
            if (!option.splitRegex().isEmpty() && option.stringValues().isEmpty()) {
                throw new ParameterException(
                        parsed.commandSpec().commandLine(),
                        option.longestName() + " is '" + String.join(" ", option.originalStringValues())
                                + "', expected one value or several with commas between");
            }
            OptionRange.Check.refusal(option).ifPresent(why -> {
                throw new ParameterException(parsed.commandSpec().commandLine(), why);
            });
        }
        parsed.subcommands().forEach(Cli::requireValues);
    }

    private int wrongUsage(ParameterException failure, String[] arguments) {
        String command = failure.getCommandLine().getCommandSpec().qualifiedName();
        messages().add(VisibleText.brief(String.valueOf(failure.getMessage()), LONGEST_MESSAGE));
        messages().add("See " + command + " --help.");
        return ExitCode.USAGE;
    }

    private int failed(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException
                        || cause instanceof ExecutionException
                        || cause instanceof UncheckedIOException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        LOG.debug("The command failed", cause);
        if (cause instanceof UsageException) {
            return print(cause.getMessage(), ExitCode.USAGE);
        }
        if (cause instanceof ParameterException usage) {
            return wrongUsage(usage, new String[0]);
        }
        if (cause instanceof Refusal refusal) {
            return print(
                    OptionWords.of(refusal),
                    refusal instanceof DeviceMissingException ? ExitCode.USAGE : ExitCode.REFUSED);
        }
        if (cause instanceof CancellationException
                || cause instanceof OutOfDeviceMemoryException
                || cause instanceof OutOfMemoryError) {
            return print(Problem.of(cause).message(), ExitCode.STOPPED);
        }
        if (cause instanceof NoSuchFileException missing) {
            return print(missing.getFile() + " does not exist", ExitCode.USAGE);
        }
        if (cause instanceof IOException file) {
            return print(FileFailure.sentences(file), ExitCode.REFUSED);
        }
        return print(
                Problem.of(cause).message()
                        + ". Please report it; with JAVA_TOOL_OPTIONS=-Dloupe.log=DEBUG the log has the details",
                ExitCode.INTERNAL);
    }

    private TextLines messages() {
        return new TextLines(err);
    }

    private int print(@Nullable String said, int code) {
        String message = VisibleText.brief(String.valueOf(said), LONGEST_MESSAGE);
        messages().add(message.endsWith(".") ? message : message + ".");
        return code;
    }
}
