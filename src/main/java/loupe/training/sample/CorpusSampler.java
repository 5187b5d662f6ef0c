package loupe.training.sample;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import loupe.base.Cancellation;
import loupe.lm.Hook;
import loupe.lm.Input;
import loupe.lm.KeyValueCache;
import loupe.lm.KeyValues;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import loupe.lm.ModelConfig;

/**
 * Samples text from a model: contexts that begin with the separator and continue with tokens drawn from the model's own
 * distribution at temperature 1. Device thread only.
 */
final class CorpusSampler {
    private static final int ROWS = 128;
    /** Keeps draws below what cumulative probabilities in single precision add up to. */
    private static final double ROUNDING = 1e-5;

    private final NDManager manager;
    private final LanguageModel model;
    private final SplittableRandom random;

    CorpusSampler(NDManager manager, LanguageModel model, long seed) {
        this.manager = manager;
        this.model = model;
        this.random = new SplittableRandom(seed);
    }

    /**
     * Complete sentences, in the order written, until they have at least {@code wantedTokens} tokens, separators
     * included.
     *
     * @param separator token that begins a context and ends a sentence
     */
    List<int[]> sentences(long wantedTokens, int separator, Cancellation cancellation) {
        List<int[]> sentences = new ArrayList<>();
        long tokens = 0;
        while (tokens < wantedTokens) {
            for (int[] context : contexts(separator, cancellation)) {
                int start = 1;
                for (int end = 1; end < context.length && tokens < wantedTokens; end++) {
                    if (context[end] == separator) {
                        if (end > start) {
                            sentences.add(Arrays.copyOfRange(context, start, end));
                            tokens += end - start + 1;
                        }
                        start = end + 1;
                    }
                }
            }
        }
        return sentences;
    }

    /** Samples the next contexts, as many as are written at once, each as long as the model allows. */
    int[][] contexts(int separator, Cancellation cancellation) {
        int length = model.config().context();
        int[][] rows = new int[ROWS][length];
        Arrays.stream(rows).forEach(row -> row[0] = separator);
        try (NDManager batch = manager.newSubManager()) {
            batch.tempAttachAll(model.parameters().values().toArray(NDArray[]::new));
            List<KeyValues> keyValues = room(batch);
            float[] seen = new float[ROWS * length];
            Arrays.fill(seen, Float.NEGATIVE_INFINITY);
            for (int position = 0; position + 1 < length; position++) {
                cancellation.check();
                int at = position;
                int[][] last =
                        Arrays.stream(rows).map(row -> new int[] {row[at]}).toArray(int[][]::new);
                try (NDManager step = batch.newSubManager()) {
                    KeyValueCache cache = KeyValueCache.empty();
                    if (position > 0) {
                        cache = cache.withOwn(keyValues, step.create(seen, new Shape(ROWS, length)));
                    }
                    NDArray logits = model.forward(
                            step, Input.of(last).startingAt(position), Hook.NONE, cache, Logits.LAST, cancellation);
                    draw(step, logits.reshape(ROWS, model.config().vocabularySize()), rows, position + 1);
                    for (int layer = 0; layer < keyValues.size(); layer++) {
                        NDIndex place = new NDIndex(":, :, " + position + ":" + (position + 1));
                        keyValues
                                .get(layer)
                                .keys()
                                .set(place, cache.added().get(layer).keys());
                        keyValues
                                .get(layer)
                                .values()
                                .set(place, cache.added().get(layer).values());
                    }
                    for (int row = 0; row < ROWS; row++) {
                        seen[row * length + position] = 0;
                    }
                }
            }
        }
        return rows;
    }

    /** Keys and values of a whole context, made once: arrays that grow token by token would leave memory in pieces. */
    private List<KeyValues> room(NDManager batch) {
        ModelConfig config = model.config();
        Shape shape = new Shape(ROWS, config.nKeyValueHeads(), config.context(), config.dHead());
        List<KeyValues> layers = new ArrayList<>();
        for (int layer = 0; layer < config.nLayers(); layer++) {
            layers.add(new KeyValues(batch.zeros(shape), batch.zeros(shape)));
        }
        return layers;
    }

    /** Each row's first token at which the cumulative probability exceeds a uniform draw. */
    private void draw(NDManager step, NDArray logits, int[][] rows, int position) {
        float[] uniform = new float[ROWS];
        for (int row = 0; row < ROWS; row++) {
            uniform[row] = (float) (random.nextDouble() * (1 - ROUNDING));
        }
        NDArray below = logits.softmax(-1).cumSum(-1).lte(step.create(uniform, new Shape(ROWS, 1)));
        long[] tokens = below.toType(DataType.INT64, false).sum(new int[] {-1}).toLongArray();
        for (int row = 0; row < ROWS; row++) {
            rows[row][position] = (int) Math.min(tokens[row], logits.getShape().get(1) - 1);
        }
    }
}
