package loupe.labels;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import loupe.base.AsideFile;
import loupe.base.Cancellation;
import loupe.base.CheckpointException;
import loupe.base.FileFailure;
import loupe.base.WriterLock;
import org.jspecify.annotations.Nullable;

/**
 * The file of all that is written down about features: JSON lines that are only ever added to, so that a process that
 * is killed loses the edit under way at most. Each writer reads what others have added, then adds whole lines, under a
 * {@link WriterLock}; so windows and commands share one file. Once most lines are out of date, or some cannot be read,
 * the file is written anew without them, in one move; lines that cannot be read go to a file beside it. Only its owner
 * may read it. Format: {@code src/site/markdown/labels.md}. Thread-safe; blocks.
 */
public final class LabelFile {
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    private static final String KIND = "\"kind\":\"labels\"";
    private static final int MOST_IN_HEADER = 256;
    private static final long MOST_BYTES = 512L << 20;
    private static final int FEWEST_TO_COMPACT = 1_000;
    private static final long MOST_WAITING_NANOS = 10_000_000_000L;

    private final Path file;
    private final Clock clock;
    private @Nullable Identity identity;
    private long read;
    private int lines;

    /** @param file need not exist until something is added */
    public LabelFile(Path file) {
        this(file, Clock.systemUTC());
    }

    LabelFile(Path file, Clock clock) {
        this.file = file.toAbsolutePath();
        this.clock = clock;
    }

    /** Which file it is: another one after it was written anew, by this program or in an editor. */
    private record Identity(String header, @Nullable Object key) {}

    /** An edit with the time at which it was made, as ISO 8601; empty if that is not known. */
    public record Dated(Edit edit, String at) {}

    /**
     * A line that is none of an edit.
     *
     * @param number from 1, in what was read
     * @param why what is wrong with it
     */
    public record Damage(int number, String why) {}

    /**
     * What is in the file beyond what was read before.
     *
     * @param anew whether the file is another than the one that was read before, so that this is all there is
     * @param damaged lines that cannot be read, which are left out
     */
    public record News(boolean anew, List<Dated> edits, List<Damage> damaged) {
        public News {
            edits = List.copyOf(edits);
            damaged = List.copyOf(damaged);
        }

        /** Brings a book up to date that has all that was read before; the book of a file read anew. */
        public LabelBook applyTo(LabelBook book) {
            LabelBook target = anew ? new LabelBook() : book;
            edits.forEach(dated -> target.apply(dated.edit(), dated.at()));
            return target;
        }
    }

    public Path path() {
        return file;
    }

    /**
     * Reads what has been added since it was read last; nothing if there is no file.
     *
     * @throws CheckpointException if it cannot be read
     */
    public synchronized News read() {
        try {
            return readOn(null);
        } catch (IOException e) {
            throw refused("cannot be read (" + FileFailure.reason(e) + ")", "Make the file readable", e);
        }
    }

    /**
     * Adds edits, after all that others have added; they are on the disk when this returns.
     *
     * @return what others have added meanwhile, and the edits themselves
     * @throws CheckpointException if they cannot be written; the file is as it was
     */
    public synchronized News append(List<Edit> edits) {
        try {
            Files.createDirectories(Objects.requireNonNull(file.getParent()));
            try (WriterLock lock = lock()) {
                begin();
                mendEnd();
                News others = readOn(null);
                String now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                List<Dated> all = new ArrayList<>(others.edits());
                for (Edit edit : edits) {
                    bytes.writeBytes(EditLine.bytes(edit, now));
                    all.add(new Dated(edit, now));
                }
                lock.require();
                add(bytes.toByteArray());
                read += bytes.size();
                lines += edits.size();
                return new News(others.anew(), all, others.damaged());
            }
        } catch (IOException e) {
            throw refused(
                    "cannot be written (" + FileFailure.reason(e) + ")", "Free some space or make it writable", e);
        }
    }

    /**
     * Writes the file anew if most of its lines are out of date or some cannot be read. What this reads or writes is
     * news to {@link #read} afterwards.
     *
     * @return where lines that cannot be read were put; null if there were none
     * @throws CheckpointException if it cannot be written; the file is as it was
     */
    public synchronized @Nullable Path compact(LabelBook book, boolean damaged) {
        int[] needed = {1};
        book.forEachEdit((edit, at) -> needed[0]++);
        if (!damaged && (lines < FEWEST_TO_COMPACT || lines < 2 * needed[0])) {
            return null;
        }
        try (WriterLock lock = lock()) {
            identity = null;
            List<byte[]> broken = new ArrayList<>();
            List<byte[]> unknown = new ArrayList<>();
            mendEnd();
            LabelBook all = readOn(new Rest(unknown, broken)).applyTo(new LabelBook());
            Path aside = file.resolveSibling(file.getFileName() + ".damaged");
            if (!broken.isEmpty()) {
                create(aside);
                try (FileChannel channel = FileChannel.open(aside, StandardOpenOption.APPEND)) {
                    writeAll(channel, joined(broken));
                    channel.force(true);
                }
            }
            try (AsideFile anew = AsideFile.create(file)) {
                restrict(anew.path());
                try (FileChannel channel = FileChannel.open(anew.path(), StandardOpenOption.WRITE)) {
                    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1 << 16);
                    bytes.writeBytes(header());
                    all.forEachEdit((edit, at) -> bytes.writeBytes(EditLine.bytes(edit, at)));
                    unknown.forEach(bytes::writeBytes);
                    writeAll(channel, bytes.toByteArray());
                }
                lock.require();
                anew.commit();
            }
            identity = null;
            return broken.isEmpty() ? null : aside;
        } catch (NoSuchFileException gone) {
            return null;
        } catch (IOException e) {
            throw refused(
                    "cannot be written (" + FileFailure.reason(e) + ")", "Free some space or make it writable", e);
        }
    }

    private WriterLock lock() throws IOException {
        long since = System.nanoTime();
        return WriterLock.await(
                file,
                holder -> {
                    if (System.nanoTime() - since > MOST_WAITING_NANOS) {
                        throw refused("is being written by somebody else: " + holder, "Try again later", null);
                    }
                },
                new Cancellation());
    }

    /** Makes the file if there is none. */
    private void begin() throws IOException {
        if (create(file)) {
            add(header());
        }
    }

    private static byte[] header() {
        return ("{" + KIND + ",\"version\":1,\"id\":\"" + UUID.randomUUID() + "\"}\n").getBytes(StandardCharsets.UTF_8);
    }

    /** @return whether it was not there */
    private static boolean create(Path path) throws IOException {
        FileAttribute<?>[] mode = isPosix(path)
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
                : new FileAttribute<?>[0];
        try {
            Files.createFile(path, mode);
            return true;
        } catch (FileAlreadyExistsException there) {
            restrict(path);
            return false;
        }
    }

    private static void restrict(Path path) throws IOException {
        if (isPosix(path) && !Files.getPosixFilePermissions(path).equals(OWNER_ONLY)) {
            Files.setPosixFilePermissions(path, OWNER_ONLY);
        }
    }

    private static boolean isPosix(Path path) throws IOException {
        return Files.getFileStore(Objects.requireNonNull(path.getParent())).supportsFileAttributeView("posix");
    }

    /** Adds bytes at the end, all or, if that fails, none. */
    private void add(byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            long end = channel.size();
            try {
                channel.position(end);
                writeAll(channel, bytes);
                channel.force(false);
            } catch (IOException failed) {
                try {
                    channel.truncate(end);
                } catch (IOException stays) {
                    failed.addSuppressed(stays); // the next writer mends the end
                }
                throw failed;
            }
        }
    }

    /** Drops a last line that a killed process has not finished; finishes one that lacks its line feed only. */
    private void mendEnd() throws IOException {
        byte[] all;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            long size = channel.size();
            if (size == 0 || at(channel, size - 1, 1)[0] == '\n') {
                return;
            }
            refuseHuge(size);
            all = at(channel, 0, (int) size);
            int from = all.length;
            while (from > 0 && all[from - 1] != '\n') {
                from--;
            }
            try {
                EditLine.read(Arrays.copyOfRange(all, from, all.length));
            } catch (IOException torn) {
                channel.truncate(from);
                return;
            }
            channel.position(size);
            writeAll(channel, new byte[] {'\n'});
        }
    }

    /** Lines that are no edits of this version, as they are. */
    private record Rest(List<byte[]> unknown, List<byte[]> broken) {}

    /** Sorts lines by what they are. */
    private static final class Lines implements EditLine.Visitor {
        private final byte[] bytes;
        private final @Nullable Rest rest;
        private final List<Dated> edits = new ArrayList<>();
        private final List<Damage> damaged = new ArrayList<>();
        private int lines;

        Lines(byte[] bytes, @Nullable Rest rest, int before) {
            this.bytes = bytes;
            this.rest = rest;
            lines = before;
        }

        @Override
        public void line(EditLine line, int from, int to) {
            lines++;
            if (line.edit().isPresent()) {
                edits.add(new Dated(line.edit().get(), line.at()));
            } else if (rest != null) {
                rest.unknown().add(Arrays.copyOfRange(bytes, from, to + 1));
            }
        }

        @Override
        public void broken(String why, int from, int to) {
            lines++;
            damaged.add(new Damage(lines, why));
            if (rest != null) {
                rest.broken().add(Arrays.copyOfRange(bytes, from, to + 1));
            }
        }
    }

    private News readOn(@Nullable Rest rest) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            Identity now = new Identity(
                    headerOf(at(channel, 0, (int) Math.min(size, MOST_IN_HEADER))),
                    Files.readAttributes(file, BasicFileAttributes.class).fileKey());
            boolean anew = !now.equals(identity) || size < read;
            if (anew) {
                read = 0;
                lines = 0;
                identity = now;
            }
            refuseHuge(size - read);
            byte[] bytes = at(channel, read, (int) (size - read));
            int end = bytes.length;
            while (end > 0 && bytes[end - 1] != '\n') {
                end--;
            }
            int from = read == 0 ? headerLength(bytes, end) : 0;
            lines += from > 0 ? 1 : 0;
            Lines found = new Lines(bytes, rest, lines);
            EditLine.readAll(bytes, from, end, found);
            lines = found.lines;
            read += end;
            return new News(anew, found.edits, found.damaged);
        } catch (NoSuchFileException none) {
            boolean anew = identity != null;
            identity = null;
            read = 0;
            lines = 0;
            return new News(anew, List.of(), List.of());
        }
    }

    /**
     * The length of the header with its line feed; 0 if there is none.
     *
     * @throws CheckpointException for the header of a later version
     */
    private int headerLength(byte[] bytes, int end) {
        String header = headerOf(Arrays.copyOf(bytes, Math.min(end, MOST_IN_HEADER)));
        if (header.isEmpty()) {
            return 0;
        }
        if (!header.contains("\"version\":1,")) {
            throw refused("was written by a later version of this program", "Open it with that version", null);
        }
        return header.length() + 1;
    }

    private static String headerOf(byte[] beginning) {
        String text = new String(beginning, StandardCharsets.UTF_8);
        int end = text.indexOf('\n');
        return end < 0 || !text.substring(0, end).contains(KIND) ? "" : text.substring(0, end);
    }

    private void refuseHuge(long bytes) {
        if (bytes > MOST_BYTES) {
            throw new CheckpointException(
                    file,
                    "the file of labels has " + bytes + " bytes",
                    "at most " + MOST_BYTES,
                    "Move it away and import from it what you need");
        }
    }

    private static byte[] at(FileChannel channel, long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                return Arrays.copyOf(buffer.array(), buffer.position());
            }
        }
        return buffer.array();
    }

    private static void writeAll(FileChannel channel, byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }

    private static byte[] joined(List<byte[]> lines) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        lines.forEach(bytes::writeBytes);
        return bytes.toByteArray();
    }

    private CheckpointException refused(String found, String remedy, @Nullable Exception cause) {
        return new CheckpointException(file, "the file of labels " + found, "", remedy, cause);
    }
}
