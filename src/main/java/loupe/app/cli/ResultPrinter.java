package loupe.app.cli;

/** Prints a result as text. */
@FunctionalInterface
public interface ResultPrinter {
    void print(TextLines lines);
}
