package loupe.inference;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A cache of answers by query, which evicts the least recently used when they exceed a budget in bytes. Thread-safe.
 */
final class AnswerCache {
    private final long budget;
    private final Map<Query<?>, Entry> entries = new LinkedHashMap<>(64, 0.75f, true);
    private long bytes;

    /** @param budget in bytes, as {@link Query#bytes} counts them */
    AnswerCache(long budget) {
        this.budget = budget;
    }

    @SuppressWarnings("unchecked") // an entry under a Query<R> was put there with an answer of type R
    synchronized <R> Optional<R> find(Query<R> query) {
        Entry entry = entries.get(query);
        return entry == null ? Optional.empty() : Optional.of((R) entry.answer);
    }

    /** Caches {@code answer} if the query is cacheable and the answer is no larger than the whole budget. */
    synchronized <R> void put(Query<R> query, R answer) {
        if (answer == null || !query.cacheable()) {
            return;
        }
        long size = Math.max(0, query.bytes(answer));
        forget(query);
        if (size > budget) {
            return;
        }
        entries.put(query, new Entry(answer, size));
        bytes += size;
        for (Iterator<Entry> oldest = entries.values().iterator(); bytes > budget; ) {
            bytes -= oldest.next().bytes;
            oldest.remove();
        }
    }

    synchronized void clear() {
        entries.clear();
        bytes = 0;
    }

    synchronized long bytes() {
        return bytes;
    }

    private void forget(Query<?> query) {
        Entry entry = entries.remove(query);
        if (entry != null) {
            bytes -= entry.bytes;
        }
    }

    private record Entry(Object answer, long bytes) {}
}
