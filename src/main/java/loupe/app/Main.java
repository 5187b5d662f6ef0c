package loupe.app;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Where the process begins and, alone, where it ends. Does not extend JavaFX's Application, so that commands run
 * without a toolkit and the class path needs no modules.
 */
public final class Main {
    private static final int SECONDS_TO_STOP = 10;

    private Main() {}

    public static void main(String[] arguments) {
        // DJL reads these when its first class loads: no network, no phoning home
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        // tokens of every script, whatever the locale
        PrintStream out = utf8(FileDescriptor.out);
        PrintStream err = utf8(FileDescriptor.err);
        System.setOut(out);
        System.setErr(err);
        run(new Cli(out, err), arguments);
    }

    /** Runs a command line, then ends the process. */
    static void run(Cli cli, String[] arguments) {
        CountDownLatch finished = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(cli, finished), "stop"));
        int code = cli.run(arguments);
        System.out.flush();
        finished.countDown();
        System.exit(code);
    }

    private static PrintStream utf8(FileDescriptor descriptor) {
        return new PrintStream(
                new BufferedOutputStream(new FileOutputStream(descriptor), 1 << 13), true, StandardCharsets.UTF_8);
    }

    /** Ctrl+C: lets the running step end and unfinished files be removed, then ends with the code for stopped. */
    private static void stop(Cli cli, CountDownLatch finished) {
        if (finished.getCount() == 0) {
            return;
        }
        cli.cancel();
        try {
            if (!finished.await(SECONDS_TO_STOP, TimeUnit.SECONDS)) {
                System.err.println("Stopped, though a step was still running");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(ExitCode.STOPPED);
    }
}
