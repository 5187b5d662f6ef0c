package loupe.analysis.effects;

import loupe.base.MachineMemory;
import loupe.base.MemoryBudget;
import loupe.base.OutOfDeviceMemoryException;
import loupe.lm.ModelConfig;

/**
 * What a forward pass takes that keeps what its gradient needs, estimated from the sizes of the model before it starts.
 * On a GPU the engine itself says when it has too little.
 */
public final class GraphMemory {
    /** Vectors of dModel that a layer keeps of a token: its norms, the residual stream and what is added to it. */
    private static final int RESIDUAL = 12;
    /** Copies of queries, keys and values, and of what attention gives. */
    private static final int HEADS = 4;
    /** Copies of what the MLP computes with, two more where it is gated. */
    private static final int MLP = 6;
    /** Copies of scores and pattern. */
    private static final int PATTERN = 4;

    private GraphMemory() {}

    /** Bytes of one row of T tokens through some layers. */
    static long bytes(ModelConfig model, int layers, int tokens) {
        long heads = (2L * model.nHeads() + 2L * model.nKeyValueHeads()) * model.dHead();
        long perToken = (long) RESIDUAL * model.dModel()
                + HEADS * heads
                + (long) MLP * model.dMlp()
                + (long) PATTERN * model.nHeads() * tokens;
        return Float.BYTES * perToken * tokens * layers;
    }

    /**
     * How many rows fit at once.
     *
     * @param most rows wanted
     * @return 1 to {@code most}
     * @throws OutOfDeviceMemoryException if not even one does
     */
    public static int rows(ModelConfig model, int layers, int tokens, int most, boolean isGpu) {
        if (isGpu) {
            return most;
        }
        long each = Math.max(1, bytes(model, layers, tokens));
        long room = MachineMemory.ofThisProcess().engineRoom();
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
