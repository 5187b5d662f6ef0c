package loupe.state.window;

import java.util.ArrayDeque;
import java.util.Deque;

/** Which of several things was changed last, so that one command undoes them in turn. JavaFX thread only. */
public final class UndoOrder {
    private static final int KEPT = 1_000;

    private final Deque<Source> past = new ArrayDeque<>();
    private final Deque<Source> future = new ArrayDeque<>();

    /** What can take its own changes back, newest first. */
    public interface Source {
        /** Takes the newest change back; false if there is none. */
        boolean undo();

        /** Makes the change again that was taken back last; false if there is none. */
        boolean redo();
    }

    /** Says that a source has been changed. */
    public void did(Source source) {
        past.push(source);
        if (past.size() > KEPT) {
            past.removeLast();
        }
        future.clear();
    }

    /** Takes the newest change back. */
    public void undo() {
        while (!past.isEmpty()) {
            Source source = past.pop();
            if (source.undo()) {
                future.push(source);
                return;
            }
        }
    }

    /** Makes the change again that was taken back last. */
    public void redo() {
        while (!future.isEmpty()) {
            Source source = future.pop();
            if (source.redo()) {
                past.push(source);
                return;
            }
        }
    }
}
