package loupe.app.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A process that runs one command line. The only place where the process is ended. */
public final class CommandProcess {

    private CommandProcess() {}

    /** Runs a command line, then ends the process. */
    public static void run(Cli cli, String[] arguments) {
        CountDownLatch finished = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(cli, finished), "stop"));
        int code = cli.run(arguments);
        System.out.flush();
        finished.countDown();
        System.exit(code);
    }

    /** Ends the process before anything has run, with a sentence that says why. */
    public static void refuse(String sentence) {
        System.err.println(sentence);
        System.exit(ExitCode.REFUSED);
    }

    /**
     * Ctrl+C: waits a moment, so that the running step can end and unfinished files are removed, then exits with the
     * code for stopped. A step in native code, or in the middle of a large file, is not waited for: what it wrote is
     * resumed or cleared by the next run, as after a crash.
     */
    private static void stop(Cli cli, CountDownLatch finished) {
        if (finished.getCount() == 0) {
            return;
        }
        cli.cancel();
        try {
            if (!finished.await(cli.millisToStop(), TimeUnit.MILLISECONDS)) {
                System.err.println("Stopped, though a step was still running");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(ExitCode.STOPPED);
    }
}
