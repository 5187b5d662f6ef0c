package loupe.analysis.effects;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.stream.IntStream;

/** The numbers that are furthest from 0. */
final class LargestEffects {
    private LargestEffects() {}

    /** Indices of the numbers furthest from 0, at most so many, zeros left out; in no order. */
    static IntStream of(float[] values, int most) {
        PriorityQueue<Integer> kept = new PriorityQueue<>(Comparator.comparingDouble(i -> Math.abs(values[i])));
        for (int i = 0; i < values.length; i++) {
            if (values[i] == 0 || (kept.size() == most && Math.abs(values[i]) <= Math.abs(values[kept.peek()]))) {
                continue;
            }
            kept.add(i);
            if (kept.size() > most) {
                kept.remove();
            }
        }
        return kept.stream().mapToInt(Integer::intValue);
    }
}
