package loupe.index;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says that a kept index is being read, until it is closed or the process ends: a shared lock of the operating system
 * on the file {@value #FILE} in its folder, whose date is that of the last use. Readers keep nobody from anything; who
 * deletes indexes leaves those in use alone. Thread-safe.
 */
public final class IndexUse implements AutoCloseable {
    static final String FILE = "used";

    private static final Logger LOG = LoggerFactory.getLogger(IndexUse.class);

    /** How often this process reads each folder. Its own second look at a lock file would end the first one's lock. */
    private static final Map<Path, IndexUse> OURS = new HashMap<>();

    private final Path folder;
    private final @Nullable FileChannel channel;
    private int readers = 1;

    private IndexUse(Path folder, @Nullable FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /** Begins to use an index. A folder that nothing can be written to is read without saying so. */
    public static IndexUse of(Path folder) {
        Path absolute = folder.toAbsolutePath().normalize();
        synchronized (OURS) {
            IndexUse use = OURS.get(absolute);
            if (use != null) {
                use.readers++;
            } else {
                use = new IndexUse(absolute, mark(absolute.resolve(FILE)));
                OURS.put(absolute, use);
            }
            return use;
        }
    }

    private static @Nullable FileChannel mark(Path file) {
        try {
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            try {
                channel.tryLock(0, 1, true);
                Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
            } catch (IOException noLocksHere) {
                LOG.debug("{} cannot be locked: {}", file, noLocksHere.getMessage());
            }
            return channel;
        } catch (IOException notWritable) {
            LOG.debug("the use of {} cannot be noted: {}", file, notWritable.getMessage());
            return null;
        }
    }

    /** Whether this process or another reads the index in a folder. */
    static boolean isUsed(Path folder) {
        Path absolute = folder.toAbsolutePath().normalize();
        synchronized (OURS) {
            if (OURS.containsKey(absolute)) {
                return true;
            }
            Path file = absolute.resolve(FILE);
            if (!Files.isRegularFile(file)) {
                return false;
            }
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
                    FileLock lock = channel.tryLock(0, 1, false)) {
                return lock == null;
            } catch (IOException noLocksHere) {
                return false;
            }
        }
    }

    @Override
    public void close() {
        synchronized (OURS) {
            if (--readers > 0) {
                return;
            }
            OURS.remove(folder, this);
            if (channel != null) {
                try {
                    channel.close();
                } catch (IOException e) {
                    LOG.debug("{} could not be closed: {}", folder, e.getMessage());
                }
            }
        }
    }
}
