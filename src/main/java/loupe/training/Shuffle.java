package loupe.training;

import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Arrays in an order that a seed decides. */
public final class Shuffle {
    private Shuffle() {}

    /** 0 to {@code size} - 1. */
    public static int[] upTo(int size, long seed) {
        return shuffle(IntStream.range(0, size).toArray(), seed);
    }

    /** The same array, shuffled in place. */
    public static int[] shuffle(int[] values, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = values.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swapped = values[i];
            values[i] = values[j];
            values[j] = swapped;
        }
        return values;
    }
}
