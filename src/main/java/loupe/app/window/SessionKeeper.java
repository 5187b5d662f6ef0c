package loupe.app.window;

import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javafx.animation.KeyFrame;
import javafx.animation.Timeline;
import javafx.util.Duration;
import loupe.state.window.Session;
import loupe.state.window.SessionFile;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the session to its file while the window is open, right after it has changed, so that a window that is killed
 * has lost no more than the last change. JavaFX thread only; it is written on a thread of its own.
 */
final class SessionKeeper {
    private static final Logger LOG = LoggerFactory.getLogger(SessionKeeper.class);
    /** Shorter than people make one choice after another, of which a window that is killed loses one. */
    private static final Duration PAUSE = Duration.millis(400);

    private static final int MOST_SECONDS = 2;

    private final SessionFile file;
    private final Supplier<Session> now;
    private final Consumer<String> told;
    private final Timeline clock;
    private final ExecutorService writing = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "session");
        thread.setDaemon(true);
        return thread;
    });
    private final AtomicReference<Session> waiting = new AtomicReference<>();
    private final AtomicBoolean failed = new AtomicBoolean();
    private Session written;

    /**
     * @param begun the session as it is in the file
     * @param now the session as it is; the one before while that cannot be said
     * @param told told once, on any thread, if the session cannot be kept
     */
    SessionKeeper(SessionFile file, Session begun, Supplier<Session> now, Consumer<String> told) {
        this.file = file;
        this.now = now;
        this.told = told;
        written = begun;
        clock = new Timeline(new KeyFrame(PAUSE, event -> look()));
        clock.setCycleCount(Timeline.INDEFINITE);
    }

    void start() {
        clock.play();
    }

    /** The session that was last given to the file. */
    Session written() {
        return written;
    }

    private void look() {
        Session session = now.get();
        if (session.equals(written)) {
            return;
        }
        written = session;
        if (waiting.getAndSet(session) == null) {
            writing.execute(this::write);
        }
    }

    private void write() {
        try {
            synchronized (file) { // what waits is never written after the last one
                Session session = waiting.getAndSet(null);
                if (session != null && !file.keep(session)) {
                    LOG.debug("another window keeps the session");
                }
            }
        } catch (IOException e) {
            LOG.debug("The session could not be kept", e);
            if (!failed.getAndSet(true)) {
                told.accept(SessionFile.notKept(e));
            }
        }
    }

    /** Writes the last session, and leaves the file to other windows. */
    void end(Session last) {
        clock.stop();
        writing.shutdown();
        try {
            if (!writing.awaitTermination(MOST_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("the session is still being written");
            }
            synchronized (file) {
                waiting.set(null);
                file.save(last);
                file.close();
            }
        } catch (IOException e) {
            LOG.warn("The session could not be kept: {}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
