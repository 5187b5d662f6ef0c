package loupe.app.cli;

import java.io.PrintStream;

/** Prints a result for people. */
@FunctionalInterface
public interface ResultPrinter {
    void print(PrintStream out);
}
