package loupe.index;

import java.util.Comparator;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/** Ranks candidates by value. */
final class Ranking {
    private Ranking() {}

    /**
     * The {@code n} candidates of the largest values, largest first, ties by number; those without a value (NaN) are
     * left out.
     */
    static int[] largest(IntStream candidates, IntToDoubleFunction value, int n) {
        record Valued(int candidate, double value) {}
        return candidates
                .mapToObj(candidate -> new Valued(candidate, value.applyAsDouble(candidate)))
                .filter(valued -> !Double.isNaN(valued.value()))
                .sorted(Comparator.comparingDouble((Valued valued) -> -valued.value())
                        .thenComparingInt(Valued::candidate))
                .limit(n)
                .mapToInt(Valued::candidate)
                .toArray();
    }
}
