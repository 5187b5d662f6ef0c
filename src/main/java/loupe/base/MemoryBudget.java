package loupe.base;

import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;

/**
 * The one place where whoever reads weights asks for room before the first byte is read. What a file needs is known
 * from its header, so that what does not fit is refused at once, in a sentence, instead of being stopped by the system
 * halfway through. Loads that run at the same time are counted together; what is open counts because the machine has
 * less room for it. Thread-safe.
 */
public final class MemoryBudget {
    private final MachineMemory machine;
    private long reading;

    /** @param machine asked anew for every load */
    public MemoryBudget(MachineMemory machine) {
        this.machine = machine;
    }

    /** What is to be read, for the sentence that refuses it. */
    public enum Kind {
        MODEL("Choose a smaller model"),
        CHECKPOINT("Inspect it instead, which reads a piece at a time; opening it needs a machine with more memory");

        private final String advice;

        Kind(String advice) {
            this.advice = advice;
        }
    }

    /** Room that a load has taken until it is closed, which is when it has been filled. */
    @FunctionalInterface
    public interface Claim extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Takes room for a load, after the loads under way have ended if only they stand in its way.
     *
     * @param bytes all it takes in the host's memory
     * @throws OutOfDeviceMemoryException if there is less, even when nothing else is being read
     */
    public synchronized Claim claim(Path what, Kind kind, long bytes) {
        while (true) {
            long room = machine.room();
            if (bytes <= room - reading) {
                reading += bytes;
                return () -> giveBack(bytes);
            }
            if (reading == 0 || bytes > room) {
                throw refusal(what, kind, bytes, room);
            }
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CancellationException("interrupted while waiting for memory");
            }
        }
    }

    /** Reads within room that is taken for it as by {@link #claim}. */
    public <T> T within(Path what, Kind kind, long bytes, Supplier<T> read) {
        Claim taken = claim(what, kind, bytes);
        try {
            return read.get();
        } finally {
            taken.close();
        }
    }

    /** What can be taken now, in bytes. */
    public synchronized long room() {
        return machine.room() - reading;
    }

    private synchronized void giveBack(long bytes) {
        reading -= bytes;
        notifyAll();
    }

    private OutOfDeviceMemoryException refusal(Path what, Kind kind, long bytes, long room) {
        String advice = machine.isJavasLimit(bytes)
                ? "Start Java with a larger -XX:MaxDirectMemorySize"
                : bytes <= machine.most()
                        ? "Close other programs, or what else is open here, and try again"
                        : kind.advice;
        return new OutOfDeviceMemoryException(
                what + " needs " + size(bytes) + " of memory as float32, and there is room for " + size(room) + ". "
                        + advice,
                null);
    }

    /** A size in words, such as {@code 5.8 GiB}. */
    public static String size(long bytes) {
        return bytes >= 1L << 30
                ? String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1L << 30))
                : String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1L << 20));
    }
}
