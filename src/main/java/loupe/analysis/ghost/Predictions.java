package loupe.analysis.ghost;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import java.util.Arrays;
import java.util.List;
import loupe.analysis.DeviceArrays;
import loupe.inference.Scope;

/**
 * What the model predicts after each of several nodes: the topK tokens, and what the whole distribution is like.
 *
 * @param tokens (rows, topK) row-major, most probable first; probabilities and baseline likewise
 * @param baseline probability under the baseline, the mean over its lanes; NaN without one
 * @param entropies in nats, one per row
 * @param divergences KL(ghost, baseline) in nats, one per row; NaN without a baseline
 */
record Predictions(int topK, long[] tokens, double[] probabilities, double[] baseline, float[] entropies, float[] divergences) {
    /** Stands for the logit of a masked token; finite, so that its share of the entropy is 0 and not NaN. */
    private static final float REMOVED = -1e30f;
    /** Logits worked on at once, 4 MiB, so that the passes over them stay in the processor's cache. */
    private static final int BLOCK_ELEMENTS = 1 << 20;

    /**
     * @param lanes logits (rows, V) of the ghost, then of each lane of the baseline; a masked token's are overwritten
     * @param candidates how many of the V may be among the topK, the first ones; the others have their share of the probability
     */
    static Predictions of(Scope scope, List<NDArray> lanes, int candidates, TreeLimits limits) {
        int rows = (int) lanes.get(0).getShape().get(0);
        int vocabulary = (int) lanes.get(0).getShape().get(1);
        limits.maskId().ifPresent(id -> lanes.forEach(logits -> logits.set(new NDIndex(":, {}", id), REMOVED)));
        int topK = Math.min(limits.topK(), candidates - (limits.maskId().isPresent() ? 1 : 0));
        Predictions all = new Predictions(topK, new long[rows * topK], new double[rows * topK], new double[rows * topK], new float[rows], new float[rows]);
        int block = Math.max(1, BLOCK_ELEMENTS / vocabulary);
        for (int first = 0; first < rows; first += block) {
            scope.cancellation().check();
            try (NDManager step = scope.arrays().newSubManager()) {
                all.fill(step, lanes, candidates, first, Math.min(rows, first + block));
            }
        }
        return all;
    }

    private void fill(NDManager step, List<NDArray> lanes, int candidates, int first, int end) {
        NDArray log = DeviceArrays.rows(step, lanes.get(0), first, end).logSoftmax(-1);
        NDList top = (candidates < log.getShape().get(1) ? log.get(":, :{}", candidates) : log).topK(topK, 1, true, true);
        double[] best = DeviceArrays.doubles(top.get(0));
        for (int i = 0; i < best.length; i++) {
            probabilities[first * topK + i] = Math.exp(best[i]);
        }
        System.arraycopy(DeviceArrays.longs(top.get(1)), 0, tokens, first * topK, best.length);
        NDArray p = log.exp();
        if (lanes.size() == 1) {
            Arrays.fill(baseline, first * topK, end * topK, Double.NaN);
            Arrays.fill(divergences, first, end, Float.NaN);
            put(p.muli(log).sum(new int[] {1}).negi(), entropies, first);
            return;
        }
        put(p.mul(log).sum(new int[] {1}).negi(), entropies, first);
        NDArray q = null;
        for (NDArray lane : lanes.subList(1, lanes.size())) {
            NDArray share = DeviceArrays.rows(step, lane, first, end).softmax(-1).divi(lanes.size() - 1);
            q = q == null ? share : q.addi(share);
        }
        System.arraycopy(DeviceArrays.doubles(q.gather(top.get(1), 1)), 0, baseline, first * topK, best.length);
        put(log.subi(q.maximum(1e-38f).log()).muli(p).sum(new int[] {1}), divergences, first);
    }

    private static void put(NDArray column, float[] target, int first) {
        float[] values = DeviceArrays.floats(column);
        System.arraycopy(values, 0, target, first, values.length);
    }
}
