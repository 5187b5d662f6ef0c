package loupe.app.cli;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongSupplier;
import loupe.base.TimeLeft;
import loupe.base.VisibleText;
import org.jspecify.annotations.Nullable;

/**
 * A line on standard error with the progress of a command and the time left: rewritten in place on a terminal, a new
 * line now and then elsewhere. Quick work shows nothing. Thread-safe.
 */
public final class Progress {
    private static final long FIRST_AFTER_MILLIS = 1500;
    private static final long ON_TERMINAL_EVERY_MILLIS = 200;
    private static final long IN_LOG_EVERY_MILLIS = 15_000;

    private final String command;
    private final @Nullable PrintStream err;
    private final boolean terminal;
    private final LongSupplier clock;
    private final long start;
    private final TimeLeft timeLeft = new TimeLeft();
    private long last;
    private int shown;

    @SuppressWarnings("SystemConsoleNull") // Java 22 and later take every output for a terminal; a log stays readable
    Progress(String command, PrintStream err) {
        this(command, err, System.console() != null, () -> System.nanoTime() / 1_000_000);
    }

    /**
     * @param terminal whether a line can be rewritten
     * @param clock milliseconds
     */
    Progress(String command, @Nullable PrintStream err, boolean terminal, LongSupplier clock) {
        this.command = command;
        this.err = err;
        this.terminal = terminal;
        this.clock = clock;
        start = clock.getAsLong();
        last = start + FIRST_AFTER_MILLIS - (terminal ? ON_TERMINAL_EVERY_MILLIS : IN_LOG_EVERY_MILLIS);
    }

    /** Progress that prints nothing. */
    static Progress silent() {
        return new Progress("", null, false, () -> 0);
    }

    /**
     * Shows how much is done.
     *
     * @param fraction done, 0 to 1; negative if unknown
     */
    public void show(double fraction) {
        show(fraction, "");
    }

    /**
     * Shows how much is done, with a word about it.
     *
     * @param detail additional text, such as the tokens read so far
     */
    public synchronized void show(double fraction, String detail) {
        long now = clock.getAsLong();
        Optional<Duration> left = fraction < 0 ? Optional.empty() : timeLeft.after(now, fraction);
        if (err == null || now - last < (terminal ? ON_TERMINAL_EVERY_MILLIS : IN_LOG_EVERY_MILLIS)) {
            return;
        }
        last = now;
        String line = VisibleText.line(line(fraction, now - start, left) + (detail.isEmpty() ? "" : ", " + detail));
        if (terminal) {
            err.print("\r" + line + " ".repeat(Math.max(0, shown - line.length())));
            err.flush();
            shown = line.length();
        } else {
            err.println(line);
        }
    }

    /** Prints a line that stays, about the next part of the work. */
    public synchronized void printLine(String line) {
        if (err != null) {
            clear();
            err.println(VisibleText.line(command + ": " + line));
        }
    }

    /** Clears the line on the terminal. */
    public synchronized void clear() {
        if (err != null && shown > 0) {
            err.print("\r" + " ".repeat(shown) + "\r");
            err.flush();
            shown = 0;
        }
    }

    private String line(double fraction, long elapsedMillis, Optional<Duration> left) {
        if (fraction < 0) {
            return command + ": " + time(elapsedMillis);
        }
        String done = String.format(Locale.ROOT, "%s: %.0f %%, %s", command, 100 * fraction, time(elapsedMillis));
        return done + left.map(rest -> ", " + time(rest.toMillis()) + " left").orElse("");
    }

    private static String time(long millis) {
        Duration time = Duration.ofMillis(millis);
        return time.toHours() > 0
                ? String.format("%d:%02d:%02d h", time.toHours(), time.toMinutesPart(), time.toSecondsPart())
                : String.format("%d:%02d min", time.toMinutes(), time.toSecondsPart());
    }
}
