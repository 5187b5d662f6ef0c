package loupe.state.corpus;

import java.util.ArrayDeque;
import java.util.Deque;

/** Passes over a corpus, one at a time. JavaFX thread only. */
final class PassQueue {
    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private boolean runs;

    /** @param pass begins the pass, which says {@link #ended} at its end */
    void add(Runnable pass) {
        waiting.add(pass);
        startNext();
    }

    /** Begins the next pass. */
    void ended() {
        runs = false;
        startNext();
    }

    /** Forgets the passes that wait. */
    void clear() {
        waiting.clear();
    }

    private void startNext() {
        if (!runs && !waiting.isEmpty()) {
            runs = true;
            waiting.remove().run();
        }
    }
}
