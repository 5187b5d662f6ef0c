package loupe.inference;

import java.util.concurrent.CountDownLatch;
import loupe.tensor.HeldMemory;

/** Looks at the memory held outside the heap again and again on a thread of its own, and keeps the most it saw. */
final class MemoryWatch implements AutoCloseable {
    private final long before = HeldMemory.bytes();
    private final Thread thread = new Thread(this::watch, "memory watch");
    private final CountDownLatch watching = new CountDownLatch(1);
    private volatile boolean over;
    private volatile long most;

    /** Returns when it has looked for the first time. */
    MemoryWatch() {
        thread.setDaemon(true);
        thread.setPriority(Thread.MAX_PRIORITY);
        thread.start();
        try {
            watching.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Bytes that are held now beyond those held when the watch began. */
    long held() {
        return HeldMemory.bytes() - before;
    }

    /** The most it saw of {@link #held}; to be asked after {@link #close}. */
    long most() {
        return most;
    }

    @Override
    public void close() {
        over = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void watch() {
        while (!over) {
            most = Math.max(most, held());
            watching.countDown();
            Thread.onSpinWait();
        }
        most = Math.max(most, held());
    }
}
