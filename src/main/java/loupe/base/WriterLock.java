package loupe.base;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The right to write a folder or a file over time, which one writer has at a time, in this process or another. It is a
 * lock of the operating system on a file {@code writer.lock} in the folder, or {@code .NAME.lock} beside the file,
 * which says who has it; it ends with the process, however that ends. On a file system that knows no locks the file
 * itself is the lock: what a writer on this computer left that has ended is taken over, and what one on another left
 * has to be deleted by hand. Thread-safe.
 */
public final class WriterLock implements AutoCloseable {
    /** Name of the lock file in a folder. */
    public static final String IN_FOLDER = "writer.lock";

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss");
    private static final long POLL_NANOS = 100_000_000L;
    private static final int MOST_BYTES = 400;
    private static final Pattern HOLDER =
            Pattern.compile("process \\d+( of [^,\\p{Cntrl}]{1,64})?( on [^,\\p{Cntrl}]{1,64})?, since [-0-9: ]+");
    /** Beyond what is written, so that others can read that where a lock keeps them from reading. */
    private static final long LOCKED_BYTE = 1 << 20;

    private static final Locking OF_FILES = (channel, shared) -> channel.tryLock(LOCKED_BYTE, 1, shared);

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

    /** How the file system locks; tests let it know no locks. */
    @FunctionalInterface
    interface Locking {
        /**
         * Locks the byte that says so.
         *
         * @return null if somebody else has the lock
         * @throws IOException if there are no locks here
         */
        @Nullable
        FileLock of(FileChannel channel, boolean shared) throws IOException;
    }

    /**
     * Locks a folder or a file.
     *
     * @param place an existing folder, or a file that may be missing
     * @throws CheckpointException if another writer has it; the message says who, and since when
     * @throws IOException if no lock file can be made there
     */
    public static WriterLock take(Path place) throws IOException {
        return take(place, OF_FILES);
    }

    static WriterLock take(Path place, Locking locking) throws IOException {
        Attempt attempt = attempt(place, locking);
        if (attempt.lock() != null) {
            return attempt.lock();
        }
        throw new CheckpointException(
                place,
                "somebody else is writing here: " + attempt.holder(),
                "one writer at a time",
                attempt.isCertain()
                        ? "Wait until that has ended, or choose another place"
                        : "Locks do not work here: if it has ended, delete " + lockFile(place));
    }

    /** Locks a folder or a file if nobody else has it. */
    public static Optional<WriterLock> takeIfFree(Path place) throws IOException {
        return Optional.ofNullable(attempt(place, OF_FILES).lock());
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
            Attempt attempt = attempt(place, OF_FILES);
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

    /**
     * A lock, or who has it.
     *
     * @param isCertain whether that one still runs for certain
     */
    private record Attempt(@Nullable WriterLock lock, String holder, boolean isCertain) {
        static Attempt held(String holder) {
            return new Attempt(null, holder, true);
        }
    }

    private static Attempt attempt(Path place, Locking locking) throws IOException {
        Path file = lockFile(place);
        if (!OURS.add(file)) {
            return Attempt.held(
                    "this program itself (process " + ProcessHandle.current().pid() + ")");
        }
        boolean taken = false;
        try {
            while (true) {
                try {
                    Attempt attempt = attempt(place, file, locking);
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
     * @return null if the lock file was deleted by its holder meanwhile, so that a lock on it would be worth nothing,
     *     or by us, because its holder has ended
     */
    private static @Nullable Attempt attempt(Path place, Path file, Locking locking) throws IOException {
        boolean created = create(file);
        RegularFile.require(file);
        Object before = keyOf(file);
        FileChannel channel;
        try {
            channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        } catch (AccessDeniedException anotherUsers) {
            return ofAnotherUser(file, before, locking);
        }
        boolean taken = false;
        try {
            switch (lock(channel, false, locking)) {
                case HELD -> {
                    return Attempt.held(holder(read(channel)));
                }
                case UNKNOWN -> {
                    String content = read(channel);
                    if (!created && !isOfEnded(content)) {
                        return new Attempt(null, holder(content), false);
                    }
                    if (!created) {
                        takeAway(file, content);
                        return null;
                    }
                }
                case LOCKED -> {}
            }
            if (!Objects.equals(before, keyOf(file))) {
                return null;
            }
            write(channel);
            taken = true;
            return new Attempt(new WriterLock(place, file, channel, before), "", true);
        } finally {
            if (!taken) {
                channel.close();
            }
        }
    }

    /** @return whether there was none */
    private static boolean create(Path file) throws IOException {
        try {
            Files.createFile(file);
            return true;
        } catch (FileAlreadyExistsException leftOrHeld) {
            return false;
        }
    }

    /** Who holds another user's lock file, which cannot be written; deletes one that nobody holds. */
    private static @Nullable Attempt ofAnotherUser(Path file, @Nullable Object before, Locking locking)
            throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            String content = read(channel);
            return switch (lock(channel, true, locking)) {
                case HELD -> Attempt.held(holder(content));
                case UNKNOWN -> new Attempt(null, holder(content), false);
                case LOCKED -> {
                    if (Objects.equals(before, keyOf(file))) {
                        Files.delete(file);
                    }
                    yield null;
                }
            };
        }
    }

    /** What a file system says of a lock. */
    private enum State {
        LOCKED,
        HELD,
        UNKNOWN
    }

    private static State lock(FileChannel channel, boolean shared, Locking locking) {
        try {
            return locking.of(channel, shared) == null ? State.HELD : State.LOCKED;
        } catch (IOException noLocksHere) {
            return State.UNKNOWN;
        }
    }

    /** Whether a lock file is of a process of this system that runs no more; our own number is an ended one's. */
    private static boolean isOfEnded(String content) {
        return content.lines()
                .skip(1)
                .findFirst()
                .flatMap(Writer::of)
                .filter(writer -> writer.hasEnded() || writer.equals(Writer.self()))
                .isPresent();
    }

    /** Deletes a lock file without taking away one that somebody else has made since it was read. */
    private static void takeAway(Path file, String content) throws IOException {
        Path aside = PartName.of(file);
        DurableMove.OF_FILES.file(file, aside);
        try {
            if (!Files.readString(aside).equals(content)) {
                Files.createLink(file, aside); // which replaces nothing
            }
        } finally {
            Files.delete(aside);
        }
    }

    private static void write(FileChannel channel) throws IOException {
        String holder = Writer.inWords() + ", since "
                + LocalDateTime.now(ZoneId.systemDefault()).format(TIME) + "\n"
                + Writer.self().mark();
        channel.truncate(0);
        channel.write(ByteBuffer.wrap(holder.getBytes(StandardCharsets.UTF_8)), 0);
    }

    private static String read(FileChannel channel) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(MOST_BYTES);
        channel.read(bytes, 0);
        return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
    }

    private static String holder(String content) {
        String holder = content.lines().findFirst().orElse("");
        return HOLDER.matcher(holder).matches() ? holder : "another process, just begun";
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
