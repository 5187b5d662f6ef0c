package loupe.app.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * A command of the command line: computes one result, which is printed once, as JSON or as a table.
 *
 * @param <R> the result: a record, or a sealed family of them, as {@link ResultJson} describes
 */
public abstract class LoupeCommand<R> implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    /** Computes the result. */
    public abstract R run(CommandContext context) throws IOException;

    /** The result as a table for people. */
    protected ResultPrinter table(R result) {
        return new TextTable(ResultJson.tree(result));
    }

    @Override
    public final Integer call() throws IOException {
        Cli cli = (Cli) spec.root().userObject();
        try (CommandContext context = cli.open(spec.name())) {
            R result = run(context);
            context.print(result, table(result));
        }
        return ExitCode.DONE;
    }
}
