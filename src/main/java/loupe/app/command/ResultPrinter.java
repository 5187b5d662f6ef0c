package loupe.app.command;

import java.io.PrintStream;

/** Prints a result for people. */
@FunctionalInterface
interface ResultPrinter {
    void print(PrintStream out);
}
