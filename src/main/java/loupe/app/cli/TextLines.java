package loupe.app.cli;

import java.io.PrintStream;
import loupe.base.VisibleText;

/**
 * The lines that a command writes for people. Whatever comes from a file or from the user is shown in them as
 * {@link VisibleText} has it: nothing that is written here moves a terminal's cursor or begins a line of its own.
 */
public final class TextLines {
    private final PrintStream out;

    public TextLines(PrintStream out) {
        this.out = out;
    }

    /** Writes one line, whatever the text has in it. */
    public void add(String line) {
        out.println(VisibleText.line(line));
    }
}
