package loupe.training.sae;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import loupe.base.Cancellation;
import loupe.base.HookPoint;
import loupe.lm.Hook;
import loupe.lm.Input;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import loupe.training.FlatCopies;

/**
 * Activations of a model at one hook point, mixed over many contexts, as dictionary_learning's ActivationBuffer does
 * it: vectors are drawn at random without replacement, and when half are used up the model runs on new contexts. All
 * positions count, the first included. Kept on the host; the model runs on the device thread.
 */
public final class ActivationBuffer {
    private static final int ROWS_PER_PASS = 16;

    private final NDManager manager;
    private final LanguageModel model;
    private final HookPoint hook;
    private final boolean centred;
    private final Supplier<int[]> contexts;
    private final int capacity;
    private final SplittableRandom random;
    private final int width;
    private final float[] vectors;
    private final int[] tokens;
    private int filled;

    /**
     * @param centred whether the mean over dModel is taken off each vector
     * @param contexts token ids of the next context, all of one length
     * @param capacity number of vectors kept
     */
    public ActivationBuffer(
            NDManager manager,
            LanguageModel model,
            HookPoint hook,
            boolean centred,
            Supplier<int[]> contexts,
            int capacity,
            long seed) {
        this.manager = manager;
        this.model = model;
        this.hook = hook;
        this.centred = centred;
        this.contexts = contexts;
        this.capacity = capacity;
        this.random = new SplittableRandom(seed);
        this.width = model.config().dModel();
        this.vectors = new float[Math.multiplyExact(capacity, width)];
        this.tokens = new int[capacity];
    }

    /**
     * Activations for one step, in random order.
     *
     * @param vectors (rows, dModel), row-major
     * @param tokens the token at each
     */
    public record Batch(float[] vectors, long[] tokens) {
        int rows() {
            return tokens.length;
        }
    }

    /** The next vectors. */
    public Batch next(int rows) {
        if (rows > capacity / 2) {
            throw new IllegalArgumentException(
                    "rows is " + rows + ", the buffer gives out at most " + capacity / 2 + " at once");
        }
        if (filled < capacity / 2 || filled < rows) {
            refill();
        }
        float[] drawn = new float[rows * width];
        long[] ids = new long[rows];
        for (int i = 0; i < rows; i++) {
            int at = random.nextInt(filled);
            filled--;
            System.arraycopy(vectors, at * width, drawn, i * width, width);
            ids[i] = tokens[at];
            System.arraycopy(vectors, filled * width, vectors, at * width, width);
            tokens[at] = tokens[filled];
        }
        return new Batch(drawn, ids);
    }

    private void refill() {
        while (filled < capacity) {
            int[][] rows = new int[ROWS_PER_PASS][];
            for (int i = 0; i < rows.length; i++) {
                rows[i] = contexts.get();
            }
            float[] read = activations(rows);
            int length = rows[0].length;
            int taken = Math.min(capacity - filled, rows.length * length);
            System.arraycopy(read, 0, vectors, filled * width, taken * width);
            for (int i = 0; i < taken; i++) {
                tokens[filled + i] = rows[i / length][i % length];
            }
            filled += taken;
        }
    }

    /** The activations of all tokens of some contexts, (B*T, dModel). */
    float[] activations(int[][] rows) {
        try (NDManager step = manager.newSubManager()) {
            step.tempAttachAll(model.parameters().values().toArray(NDArray[]::new));
            NDArray value = model.forward(step, Input.of(rows), new Stop(hook), null, Logits.NONE, new Cancellation());
            NDArray input = centred ? value.sub(value.mean(new int[] {-1}, true)) : value;
            return FlatCopies.read(input);
        }
    }

    /** Ends the pass at one place. */
    private record Stop(HookPoint point) implements Hook {
        @Override
        public boolean wants(HookPoint other) {
            return other.equals(point);
        }

        @Override
        public NDArray at(HookPoint at, NDArray value) {
            return value;
        }

        @Override
        public HookPoint stopAfter() {
            return point;
        }
    }
}
