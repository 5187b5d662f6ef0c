package loupe.analysis.effects;

import loupe.base.MachineMemory;
import loupe.base.MemoryBudget;
import loupe.base.OutOfDeviceMemoryException;
import loupe.lm.ModelConfig;

/**
 * What a forward pass takes that keeps what its gradient needs, and the pass back, estimated from the sizes of the
 * model before they start. Weights have no gradient, so that a product with them keeps nothing: what is kept are the
 * inputs of norms, queries, keys and values, the patterns, and what the activation and the gate multiply. While a layer
 * is gone back through, some more of its arrays exist at once.
 *
 * <p>Beside what the process took at most (Linux's VmHWM less VmRSS before) for models shaped like GPT-2, Llama, Qwen
 * 2, GPT-NeoX and Gemma 2, of 4 to 12 layers and 512 to 1,152 dimensions: texts of 1,024 tokens took 376 to 1,348 MB
 * and were estimated 1.09 to 1.25 times as large, texts of 512 tokens 108 to 500 MB and 1.09 to 1.39 times; never too
 * low.
 *
 * <p>On a GPU the engine itself says when it has too little.
 */
public final class GraphMemory {
    /** Arrays of (T, T) in each head that exist besides, while one layer is gone back through. */
    private static final int PASSING_PATTERNS = 3;
    /** Arrays of (T, dMlp) likewise, in each branch of the MLP. */
    private static final int PASSING_MLP = 4;
    /** Arrays of (T, dModel) likewise, and where the gradient is taken. */
    private static final int PASSING_RESIDUAL = 6;
    /** Copies of the logits of the one position that counts, of double precision. */
    private static final int LOGITS = 6;
    /** Arrays of (T, F) of a checkpoint's features that exist at once. */
    private static final int FEATURES = 6;

    private GraphMemory() {}

    /**
     * Bytes of one row.
     *
     * @param layers that are differentiated
     * @param tokens T of them
     */
    static long bytes(ModelConfig model, int layers, int tokens) {
        long passing = (long) PASSING_RESIDUAL * model.dModel()
                + (long) PASSING_MLP * (model.wiring().gatedMlp() ? 2 : 1) * model.dMlp()
                + (long) PASSING_PATTERNS * model.nHeads() * tokens;
        long floats = tokens * (layers * kept(model, tokens) + passing) + (long) LOGITS * model.vocabularySize();
        return Float.BYTES * floats;
    }

    /** Numbers that a layer keeps of a token. */
    private static long kept(ModelConfig model, int tokens) {
        int norms = (model.wiring().parallel() ? 1 : 2) + (model.wiring().outputNorms() ? 2 : 0);
        long looking = (long) (model.nHeads() + 2 * model.nKeyValueHeads()) * model.dHead();
        int ofNormedHeads = model.wiring().headNorms() ? 2 : 1;
        int patterns = model.scaling().scoreCap().isPresent() ? 2 : 1;
        return (long) norms * model.dModel()
                + ofNormedHeads * looking
                + (long) mlp(model) * model.dMlp()
                + (long) patterns * model.nHeads() * tokens;
    }

    /** Arrays of (T, dMlp) that a layer keeps: the factors of each product. */
    private static int mlp(ModelConfig model) {
        int activation =
                switch (model.activation()) {
                    case GELU, RELU -> 1;
                    case SILU -> 2;
                    case GELU_NEW -> 3;
                };
        return activation + (model.wiring().gatedMlp() ? 2 : 0);
    }

    /**
     * How many rows fit at once.
     *
     * @param most rows wanted
     * @return 1 to {@code most}
     * @throws OutOfDeviceMemoryException if not even one does
     */
    public static int rows(ModelConfig model, int layers, int tokens, int most, boolean isGpu) {
        return rows(model, layers, tokens, 0, most, isGpu);
    }

    /**
     * How many rows fit at once.
     *
     * @param features F of a checkpoint that are computed of each row as well; 0 for none
     * @param most rows wanted
     * @return 1 to {@code most}
     * @throws OutOfDeviceMemoryException if not even one does
     */
    static int rows(ModelConfig model, int layers, int tokens, int features, int most, boolean isGpu) {
        if (isGpu) {
            return most;
        }
        long each = Math.max(1, bytes(model, layers, tokens) + (long) Float.BYTES * FEATURES * features * tokens);
        return rows(each, tokens, most, MachineMemory.ofThisProcess().engineRoom());
    }

    /**
     * How many rows fit at once.
     *
     * @param each bytes of a row
     * @param room bytes that there are
     */
    static int rows(long each, int tokens, int most, long room) {
        if (each > room) {
            throw new OutOfDeviceMemoryException(
                    "The gradient on a text of " + tokens + " tokens needs " + MemoryBudget.size(each)
                            + " of memory, and there is room for " + MemoryBudget.size(room)
                            + ". Choose a shorter text",
                    null);
        }
        return (int) Math.min(most, room / each);
    }
}
