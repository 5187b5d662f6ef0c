package loupe.inference;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates the service's threads: named daemons of lower priority than the window's, which log every uncaught exception.
 */
final class Threads {
    private static final Logger LOG = LoggerFactory.getLogger(Threads.class);
    private static final long IDLE_SECONDS = 30;

    private Threads() {}

    /** An unstarted daemon thread that logs whatever ends it, unless the program has set a handler for all threads. */
    static Thread named(String name, Runnable body) {
        Thread thread = new Thread(
                () -> {
                    Niceness.giveWay();
                    body.run();
                },
                name);
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler((where, failure) -> {
            Thread.UncaughtExceptionHandler forAll = Thread.getDefaultUncaughtExceptionHandler();
            if (forAll == null) {
                LOG.error("{} failed", where.getName(), failure);
            } else {
                forAll.uncaughtException(where, failure);
            }
        });
        return thread;
    }

    /**
     * A pool of at most {@code size} threads called {@code name-1}, {@code name-2}, ... Tasks handed to
     * {@link ExecutorService#execute} that throw reach the uncaught handler; the pool continues with a new thread.
     */
    static ExecutorService pool(String name, int size) {
        AtomicInteger count = new AtomicInteger();
        ThreadFactory factory = body -> named(name + "-" + count.incrementAndGet(), body);
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                size, size, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory);
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }
}
