package loupe.app.cli;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command of the command line: computes one result, which is printed once, as JSON or as a table. */
public abstract class LoupeCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    /** @return the JSON document, in the order in which it is printed; numbers that are not finite become null */
    public abstract Map<String, Object> run(CommandContext context) throws IOException;

    /** How people see the result. */
    protected ResultPrinter table(Map<String, Object> result) {
        return new TextTable(result);
    }

    @Override
    public final Integer call() throws IOException {
        Cli cli = (Cli) spec.root().userObject();
        try (CommandContext context = cli.open(spec.name())) {
            Map<String, Object> result = run(context);
            context.print(result, table(result));
        }
        return ExitCode.DONE;
    }
}
