package loupe.app.cli;

import java.io.PrintStream;

/** Prints a result as text. */
@FunctionalInterface
public interface ResultPrinter {
    void print(PrintStream out);
}
