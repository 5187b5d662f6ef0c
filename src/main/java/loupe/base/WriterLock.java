package loupe.base;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The right to write a folder or a file over time, which one writer has at a time, in this process or another. It is a
 * lock of the operating system on a file {@code writer.lock} in the folder, or {@code .NAME.lock} beside the file,
 * which says who has it; it ends with the process, however that ends. On a file system that knows no locks only writers
 * in this process hold off one another. Thread-safe.
 */
public final class WriterLock implements AutoCloseable {
    /** Name of the lock file in a folder. */
    public static final String IN_FOLDER = "writer.lock";

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss");
    private static final long POLL_NANOS = 100_000_000L;
    private static final int MOST_BYTES = 200;
    /** Beyond what is written, so that others can read that where a lock keeps them from reading. */
    private static final long LOCKED_BYTE = 1 << 20;
    /**
     * The locks of this process. Its own second look at a lock file would end the first one's lock, since the system
     * ends a process's locks on a file with the first of its handles that is closed.
     */
    private static final Set<Path> OURS = ConcurrentHashMap.newKeySet();

    private final Path place;
    private final Path file;
    private final FileChannel channel;
    private final @Nullable Object key;
    private boolean closed;

    private WriterLock(Path place, Path file, FileChannel channel, @Nullable Object key) {
        this.place = place;
        this.file = file;
        this.channel = channel;
        this.key = key;
    }

    /**
     * Locks a folder or a file.
     *
     * @param place an existing folder, or a file that may be missing
     * @throws CheckpointException if another writer has it; the message says who, and since when
     * @throws IOException if no lock file can be made there
     */
    public static WriterLock take(Path place) throws IOException {
        Attempt attempt = attempt(place);
        if (attempt.lock() != null) {
            return attempt.lock();
        }
        throw new CheckpointException(
                place,
                "somebody else is writing here: " + attempt.holder(),
                "one writer at a time",
                "Wait until that has ended, or choose another place");
    }

    /** Locks a folder or a file if nobody else has it. */
    public static Optional<WriterLock> takeIfFree(Path place) throws IOException {
        return Optional.ofNullable(attempt(place).lock());
    }

    /**
     * Locks a folder or a file, waiting until nobody else has it.
     *
     * @param waiting told who has it, whenever it has been looked at in vain
     * @throws java.util.concurrent.CancellationException if cancelled meanwhile
     */
    public static WriterLock await(Path place, Consumer<String> waiting, Cancellation cancellation) throws IOException {
        while (true) {
            cancellation.check();
            Attempt attempt = attempt(place);
            if (attempt.lock() != null) {
                return attempt.lock();
            }
            waiting.accept(attempt.holder());
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    /**
     * Whether this writer still has the place: not if the lock file has been deleted, as with its folder, when somebody
     * else may have begun there.
     */
    public boolean isHeld() {
        try {
            return Objects.equals(key, keyOf(file));
        } catch (IOException gone) {
            return false;
        }
    }

    /**
     * Refuses to go on without the place.
     *
     * @throws CheckpointException if this writer does not have it any more
     */
    public void require() {
        if (!isHeld()) {
            throw new CheckpointException(
                    place, "it was deleted while it was being written", "", "Begin anew, and leave it until that ends");
        }
    }

    /** Gives the place back and deletes the lock file. */
    @Override
    public synchronized void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            if (key != null && isHeld()) {
                Files.deleteIfExists(file);
            }
        } finally {
            try {
                channel.close();
            } finally {
                OURS.remove(file);
            }
        }
    }

    /** A lock, or who has it. */
    private record Attempt(@Nullable WriterLock lock, String holder) {}

    private static Attempt attempt(Path place) throws IOException {
        Path file = lockFile(place);
        if (!OURS.add(file)) {
            return new Attempt(
                    null,
                    "this program itself (process " + ProcessHandle.current().pid() + ")");
        }
        boolean taken = false;
        try {
            while (true) {
                try {
                    Attempt attempt = attempt(place, file);
                    if (attempt != null) {
                        taken = attempt.lock() != null;
                        return attempt;
                    }
                } catch (NoSuchFileException deletedBetween) {
                    if (!Files.isDirectory(file.resolveSibling(""))) {
                        throw deletedBetween;
                    }
                }
            }
        } finally {
            if (!taken) {
                OURS.remove(file);
            }
        }
    }

    /**
     * @return null if the lock file was deleted by its holder meanwhile, so that a lock on it would be worth nothing
     */
    private static @Nullable Attempt attempt(Path place, Path file) throws IOException {
        try {
            Files.createFile(file);
        } catch (FileAlreadyExistsException leftOrHeld) {
            // a lock on it tells which
        }
        RegularFile.require(file);
        Object before = keyOf(file);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        boolean taken = false;
        try {
            boolean free = lock(channel);
            if (!free) {
                return new Attempt(null, read(channel));
            }
            if (!Objects.equals(before, keyOf(file))) {
                return null;
            }
            write(channel);
            taken = true;
            return new Attempt(new WriterLock(place, file, channel, before), "");
        } finally {
            if (!taken) {
                channel.close();
            }
        }
    }

    private static boolean lock(FileChannel channel) {
        try {
            FileLock lock = channel.tryLock(LOCKED_BYTE, 1, false);
            return lock != null;
        } catch (IOException noLocksHere) {
            return true;
        }
    }

    private static void write(FileChannel channel) throws IOException {
        String holder = "process " + ProcessHandle.current().pid() + ", since "
                + LocalDateTime.now(java.time.ZoneId.systemDefault()).format(TIME);
        channel.truncate(0);
        channel.write(ByteBuffer.wrap(holder.getBytes(StandardCharsets.UTF_8)), 0);
    }

    private static String read(FileChannel channel) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(MOST_BYTES);
        channel.read(bytes, 0);
        String holder = new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8).strip();
        return holder.matches("process \\d+, since [-0-9: ]+") ? holder : "another process, just begun";
    }

    private static @Nullable Object keyOf(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    private static Path lockFile(Path place) throws IOException {
        if (Files.isDirectory(place)) {
            return place.toRealPath().resolve(IN_FOLDER);
        }
        Path real = Files.exists(place)
                ? place.toRealPath()
                : place.toAbsolutePath()
                        .normalize()
                        .resolveSibling("")
                        .toRealPath()
                        .resolve(place.getFileName());
        return real.resolveSibling("." + real.getFileName() + ".lock");
    }
}
