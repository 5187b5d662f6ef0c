package loupe.state.window;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import loupe.base.AsideFile;
import loupe.base.FileFailure;
import loupe.base.WriterLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file of the session: JSON, written aside and then moved, so that it is never half written. Of several windows the
 * first one keeps it while it runs, and the one closed last has the last word. Any thread.
 */
public final class SessionFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SessionFile.class);
    private static final int MOST_SET_ASIDE = 100;

    private final Path file;
    private @Nullable String notice;
    private @Nullable WriterLock lock;

    public SessionFile(Path file) {
        this.file = file;
    }

    /** The sessions that were kept under names, beside this one. */
    public NamedSessions named() {
        return NamedSessions.beside(file);
    }

    /** The file of what is written down about features, which lies beside this one. */
    public Path labels() {
        return labelsBeside(file);
    }

    /** The file of what is written down about features, beside a file of the session. */
    public static Path labelsBeside(Path session) {
        return session.resolveSibling("labels.jsonl");
    }

    /**
     * The remembered session; an empty one if there is none or it cannot be used, since a damaged file must not stop
     * the program. Such a file gets another name, and {@link #notice} says so.
     */
    public synchronized Session load() {
        requireRoom();
        if (!Files.isRegularFile(file)) {
            return Session.empty();
        }
        try {
            return SessionJson.read(file);
        } catch (IOException unusable) {
            setAside(firstLine(unusable));
            return Session.empty();
        }
    }

    /** Notices before anything is to be remembered that it cannot be. */
    private void requireRoom() {
        Path folder = file.toAbsolutePath().resolveSibling("");
        try {
            Files.createDirectories(folder);
            if (!Files.isWritable(folder)) {
                throw new AccessDeniedException(folder.toString());
            }
        } catch (IOException e) {
            notice = notKept(e);
        }
    }

    /** What the user has to know where the session cannot be written. */
    public static String notKept(IOException failure) {
        String place = failure instanceof FileSystemException file ? file.getFile() + ": " : "";
        return "What is open and how the window looks will not be remembered (" + place + FileFailure.reason(failure)
                + "). Name a folder that can be written in the environment: XDG_CONFIG_HOME=FOLDER";
    }

    /** What the user has to know of the session: that it was not used, or will not be kept; empty if all is well. */
    public synchronized Optional<String> notice() {
        return Optional.ofNullable(notice);
    }

    private void setAside(String why) {
        notice = "The session file " + file + " cannot be used (" + why + ") and is ignored";
        try {
            for (int i = 1; i <= MOST_SET_ASIDE; i++) {
                Path aside = file.resolveSibling(file.getFileName() + ".damaged-" + i);
                if (!Files.exists(aside)) {
                    AsideFile.keep(file, aside);
                    notice = "The session file could not be used (" + why + "). It is kept as " + aside
                            + ", and a new one begun";
                    break;
                }
            }
        } catch (IOException stays) {
            LOG.warn("{} cannot be set aside: {}", file, stays.getMessage());
        }
        LOG.warn("{}", notice);
    }

    /**
     * Writes the session, in one move.
     *
     * @throws IOException if the folder cannot be made or written
     */
    public synchronized void save(Session session) throws IOException {
        SessionJson.write(file, session);
    }

    /**
     * Writes the session unless another window keeps the file.
     *
     * @return whether it was written
     * @throws IOException if the folder cannot be made or written
     */
    public synchronized boolean keep(Session session) throws IOException {
        if (lock == null || !lock.isHeld()) {
            close();
            Files.createDirectories(file.toAbsolutePath().getParent());
            lock = WriterLock.takeIfFree(file).orElse(null);
        }
        if (lock == null) {
            return false;
        }
        save(session);
        return true;
    }

    /** Leaves the file to other windows. */
    @Override
    public synchronized void close() throws IOException {
        if (lock != null) {
            lock.close();
            lock = null;
        }
    }

    private static String firstLine(IOException failure) {
        String message = failure.getMessage();
        return message == null
                ? failure.getClass().getSimpleName()
                : message.lines().findFirst().orElse("");
    }
}
