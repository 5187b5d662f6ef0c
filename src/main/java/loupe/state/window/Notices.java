package loupe.state.window;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import loupe.base.Problem;
import org.jspecify.annotations.Nullable;

/** Notices of events, one line each, newest first. JavaFX thread only. */
public final class Notices {
    /** Older notices than this many are dropped. */
    private static final int KEPT = 200;

    private final Clock clock;
    private final ObservableList<Notice> notices = FXCollections.observableArrayList();
    private final ObservableList<Notice> view = FXCollections.unmodifiableObservableList(notices);

    public Notices(Clock clock) {
        this.clock = clock;
    }

    /** All notices; not to be written. */
    public ObservableList<Notice> all() {
        return view;
    }

    public void add(String text) {
        add(new Notice(clock.instant(), text, null, null));
    }

    /** Adds a notice that a file has been saved. */
    public void addSaved(Path file) {
        addSaved(file, "");
    }

    /**
     * Adds a notice that a file has been saved, with a remark.
     *
     * @param remark what is to be said of the file; empty for nothing
     */
    public void addSaved(Path file, String remark) {
        add(new Notice(clock.instant(), "Saved " + file + (remark.isEmpty() ? "" : ", " + remark), null, file));
    }

    /** Adds a notice that {@code subject} failed; the pane it belongs to shows the problem itself. */
    public void add(String subject, Problem problem) {
        add(new Notice(clock.instant(), subject + ": " + problem.message(), problem, null));
    }

    public void clear() {
        notices.clear();
    }

    private void add(Notice notice) {
        notices.add(0, notice);
        if (notices.size() > KEPT) {
            notices.remove(KEPT, notices.size());
        }
    }

    /**
     * A sentence for the user, with its time.
     *
     * @param problem the failure; null if the notice is of none
     * @param file what has been saved; null if the notice is of no file
     */
    public record Notice(
            Instant time,
            String text,
            @Nullable Problem problem,
            @Nullable Path file) {}
}
