package loupe.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Reads a large file on several threads at once: copying out of the page cache, and above all making the system hand
 * over pages of fresh memory, keeps one processor busy long before the memory itself is. The threads live no longer
 * than one call, and the caller is one of them.
 */
public final class ReadingThreads {
    /** More would take processors from the rest of the program and gain little. */
    private static final int MOST = 4;

    private ReadingThreads() {}

    /**
     * Does all pieces, several at a time, and returns when the last is done.
     *
     * @see #run(Supplier, List)
     */
    public static void run(List<Runnable> pieces) {
        run(
                () -> null,
                pieces.stream()
                        .<Consumer<Void>>map(piece -> nothing -> piece.run())
                        .toList());
    }

    /**
     * Runs all pieces, in any order, and returns when they have ended. When one fails, those that have not begun are
     * left out.
     *
     * @param scratch makes what a piece works with and the next piece of the same thread may work with again
     * @throws RuntimeException or an Error, what the first piece to fail threw
     */
    public static <S> void run(Supplier<S> scratch, List<? extends Consumer<? super S>> pieces) {
        run(scratch, pieces, Math.min(MOST, Runtime.getRuntime().availableProcessors()), Thread::start);
    }

    /**
     * The same for computing in the background: one processor is left to whoever draws the window.
     *
     * @see #run(Supplier, List)
     */
    public static <S> void runBeside(Supplier<S> scratch, List<? extends Consumer<? super S>> pieces) {
        int threads = Math.max(1, Runtime.getRuntime().availableProcessors() - 1);
        run(scratch, pieces, Math.min(MOST, threads), Thread::start);
    }

    /** As above, on so many threads at most, or fewer if the system refuses to start one. */
    static <S> void run(
            Supplier<S> scratch, List<? extends Consumer<? super S>> pieces, int threads, Consumer<Thread> start) {
        AtomicInteger next = new AtomicInteger();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Runnable worker = () -> {
            try {
                S own = null;
                for (int i = next.getAndIncrement();
                        i < pieces.size() && failure.get() == null;
                        i = next.getAndIncrement()) {
                    own = own == null ? scratch.get() : own;
                    pieces.get(i).accept(own);
                }
            } catch (Throwable e) {
                failure.compareAndSet(null, e);
            }
        };
        List<Thread> helpers = new ArrayList<>();
        try {
            for (int i = 1; i < Math.min(threads, pieces.size()); i++) {
                Thread helper = new Thread(worker, "reading-" + i);
                helper.setDaemon(true);
                start.accept(helper);
                helpers.add(helper);
            }
        } catch (OutOfMemoryError refused) {
            // those that run do all of it: the caller would free what they write to if this ended before them
        }
        worker.run();
        helpers.forEach(ReadingThreads::await);
        if (failure.get() instanceof RuntimeException e) {
            throw e;
        }
        if (failure.get() instanceof Error e) {
            throw e;
        }
    }

    /** Waits for a helper even if interrupted, because it writes to memory that the caller may free next. */
    private static void await(Thread helper) {
        boolean interrupted = false;
        while (helper.isAlive()) {
            try {
                helper.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
