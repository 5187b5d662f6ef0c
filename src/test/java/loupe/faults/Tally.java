package loupe.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What became of many runs: how many were right, were refused with a sentence, or were wrong. Thread-safe. */
final class Tally {
    private final Map<String, Integer> counts = new TreeMap<>();
    private final List<String> wrong = new ArrayList<>();

    synchronized void count(String what) {
        counts.merge(what, 1, Integer::sum);
    }

    void right() {
        count("right");
    }

    void sentence() {
        count("sentence");
    }

    synchronized void wrong(String what) {
        count("wrong");
        wrong.add(what);
    }

    synchronized int of(String what) {
        return counts.getOrDefault(what, 0);
    }

    /** What was wrong, in words. */
    synchronized List<String> wrong() {
        return List.copyOf(wrong);
    }

    @Override
    public synchronized String toString() {
        return counts + (wrong.isEmpty() ? "" : "\n  " + String.join("\n  ", wrong));
    }
}
