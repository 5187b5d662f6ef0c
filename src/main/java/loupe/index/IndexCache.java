package loupe.index;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import loupe.base.CheckpointException;
import loupe.base.FileFailure;
import loupe.base.WriterLock;

/**
 * The folder in which the window keeps the indexes it has made, one folder each. Window and command line list and
 * delete them through this. Reads descriptions and sizes, no contents. Thread-safe.
 */
public final class IndexCache {
    /** What is deleted last, so that a folder half deleted is still known. */
    private static final List<String> KNOWN_BY = List.of("index.json", "plan.json", "staging.bin", "contexts.parquet");

    private final Path folder;

    /** @param folder where the indexes are; may be missing */
    public IndexCache(Path folder) {
        this.folder = folder;
    }

    /** Whether an index can be asked. */
    public enum State {
        /** It is finished, and its files have the lengths they were written with. */
        COMPLETE,
        /** Its pass was stopped or runs; it can be resumed. */
        UNFINISHED,
        /** A file is missing or not as it was written: it has to be built anew. */
        DAMAGED
    }

    /**
     * An index that is kept.
     *
     * @param info what it was made from; empty if that cannot be read
     * @param bytes on disk, of all its files
     * @param used when it was last read or written
     * @param inUse whether this program, or another window, reads or writes it now
     * @param defect what is wrong with a damaged one, in sentences; empty if nothing is
     */
    public record Kept(
            Path folder,
            State state,
            Optional<IndexInfo> info,
            long bytes,
            Instant used,
            boolean inUse,
            Optional<String> defect) {
        /** Its name in the cache. */
        public String name() {
            return folder.getFileName().toString();
        }
    }

    public Path folder() {
        return folder;
    }

    /**
     * The indexes, those used last first.
     *
     * @throws CheckpointException if the folder is there and cannot be read
     */
    public List<Kept> list() {
        List<Kept> all = new ArrayList<>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(folder, IndexCache::isIndex)) {
            for (Path one : folders) {
                look(one).ifPresent(all::add);
            }
        } catch (NoSuchFileException none) {
            return List.of();
        } catch (NotDirectoryException file) {
            throw unreadable("this is a file", file);
        } catch (IOException e) {
            throw unreadable("the folder cannot be read (" + FileFailure.reason(e) + ")", e);
        }
        all.sort(Comparator.comparing(Kept::used).reversed().thenComparing(Kept::name));
        return all;
    }

    private CheckpointException unreadable(String found, IOException cause) {
        return new CheckpointException(
                folder, found, "the folder in which indexes are kept", "Check that it may be read", cause);
    }

    private static boolean isIndex(Path folder) {
        return Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
                && KNOWN_BY.stream().map(folder::resolve).anyMatch(Files::exists);
    }

    /** Empty if it was deleted meanwhile. */
    private static Optional<Kept> look(Path one) throws IOException {
        Contents contents = new Contents();
        try {
            Files.walkFileTree(one, contents);
        } catch (NoSuchFileException deleted) {
            return Optional.empty();
        }
        Optional<IndexInfo> info = Optional.empty();
        Optional<String> defect = Optional.empty();
        State state = ActivationIndex.isComplete(one) ? State.COMPLETE : State.UNFINISHED;
        try {
            if (state == State.COMPLETE) {
                info = Optional.of(ActivationIndex.info(one));
                ActivationIndex.describe(one);
            } else if (Files.exists(one.resolve("plan.json"))) {
                info = Optional.of(InfoFile.read(one.resolve("plan.json")));
            } else {
                state = State.DAMAGED;
                defect = Optional.of("Its description is missing.");
            }
        } catch (CheckpointException damaged) {
            state = State.DAMAGED;
            defect = Optional.of(damaged.getMessage());
        }
        return Optional.of(new Kept(
                one, state, info, contents.bytes, contents.newest, IndexUse.isUsed(one) || isWritten(one), defect));
    }

    private static boolean isWritten(Path one) {
        try {
            Optional<WriterLock> free =
                    Files.exists(one.resolve(WriterLock.IN_FOLDER)) ? WriterLock.takeIfFree(one) : Optional.empty();
            if (free.isPresent()) {
                free.get().close();
                return false;
            }
            return Files.exists(one.resolve(WriterLock.IN_FOLDER));
        } catch (IOException unknown) {
            return false;
        }
    }

    /** The index of a name, as {@link Kept#name} gives it; empty if there is none. */
    public Optional<Kept> find(String name) {
        return list().stream().filter(kept -> kept.name().equals(name)).findFirst();
    }

    /** The indexes that were last read or written before a moment. */
    public List<Kept> unusedSince(Instant moment) {
        return list().stream().filter(kept -> kept.used().isBefore(moment)).toList();
    }

    /**
     * Deletes indexes, but those in use.
     *
     * @throws CheckpointException if one cannot be deleted; those before it are
     */
    public Cleared clear(List<Kept> chosen) {
        List<Kept> deleted = new ArrayList<>();
        List<Kept> inUse = new ArrayList<>();
        for (Kept kept : chosen) {
            if (kept.inUse()) {
                inUse.add(kept);
            } else {
                delete(kept.folder());
                deleted.add(kept);
            }
        }
        return new Cleared(deleted, inUse);
    }

    /** What was deleted, and what was not because it is in use. */
    public record Cleared(List<Kept> deleted, List<Kept> inUse) {
        /** That were freed. */
        public long bytes() {
            return deleted.stream().mapToLong(Kept::bytes).sum();
        }
    }

    /**
     * Deletes an index with all its files.
     *
     * @throws CheckpointException if it is in use, is none of this folder's, or cannot be deleted
     */
    public void delete(Path one) {
        if (!folder.toAbsolutePath()
                .normalize()
                .equals(one.toAbsolutePath().normalize().getParent())) {
            throw new CheckpointException(one, "this is no index of the cache", "a folder in " + folder, "");
        }
        try {
            Optional<WriterLock> lock = IndexUse.isUsed(one) ? Optional.empty() : WriterLock.takeIfFree(one);
            if (lock.isEmpty()) {
                throw new CheckpointException(
                        one,
                        "this index is in use",
                        "one that no window reads or writes",
                        "Close the window, checkpoint or corpus that uses it");
            }
            try (WriterLock alone = lock.get()) {
                alone.require();
                Files.deleteIfExists(one.resolve("index.json"));
                Files.walkFileTree(one, new Deletion(one));
                for (String last : KNOWN_BY) {
                    Files.deleteIfExists(one.resolve(last));
                }
            }
            Files.deleteIfExists(one);
        } catch (NoSuchFileException already) {
            // another has deleted it
        } catch (IOException e) {
            throw new CheckpointException(
                    one, "this index cannot be deleted (" + FileFailure.reason(e) + ")", "", "Delete it by hand", e);
        }
    }

    /** Adds up the files of a folder. */
    private static final class Contents extends SimpleFileVisitor<Path> {
        private long bytes;
        private Instant newest = Instant.EPOCH;

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            bytes += attributes.size();
            Instant date = attributes.lastModifiedTime().toInstant();
            newest = date.isAfter(newest) ? date : newest;
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFileFailed(Path file, IOException deletedMeanwhile) {
            return FileVisitResult.CONTINUE;
        }
    }

    /** Deletes what a folder holds but what it is known by, and the lock that the deleter has. */
    private static final class Deletion extends SimpleFileVisitor<Path> {
        private final Path root;

        Deletion(Path root) {
            this.root = root;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
            boolean stays = root.equals(file.getParent())
                    && Stream.concat(KNOWN_BY.stream(), Stream.of(WriterLock.IN_FOLDER))
                            .anyMatch(file.getFileName().toString()::equals);
            if (!stays) {
                Files.deleteIfExists(file);
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path visited, IOException failure) throws IOException {
            if (failure != null) {
                throw failure;
            }
            if (!visited.equals(root)) {
                Files.deleteIfExists(visited);
            }
            return FileVisitResult.CONTINUE;
        }
    }
}
