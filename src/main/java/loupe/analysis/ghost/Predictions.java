package loupe.analysis.ghost;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.DoubleStream;
import loupe.analysis.DeviceArrays;
import loupe.analysis.Vectors;
import loupe.inference.Scope;
import loupe.lm.LanguageModel;

/**
 * What the model predicts after each of several nodes: the topK tokens, and what the whole distribution is like. Logits
 * are made for a block of the vocabulary at a time, for all rows at once: so they are still in the processor's cache
 * when they are used, and without a baseline they never exist in full.
 *
 * @param tokens (rows, topK) row-major, most probable first; probabilities and baseline in the same order
 * @param baseline probability under the baseline, the mean over its lanes; NaN without one
 * @param entropies in nats, one per row
 * @param divergences KL(ghost, baseline) in nats, one per row; NaN without a baseline
 */
record Predictions(
        int topK, long[] tokens, double[] probabilities, double[] baseline, float[] entropies, float[] divergences) {
    /** Stands for the logit of a masked token; finite, so that its share of the entropy is 0 and not NaN. */
    private static final float REMOVED = -1e30f;
    /** Rows of the vocabulary worked on at once. */
    private static final int BLOCK = 4_096;

    /**
     * Rows that follow each other: those of the ghost's lane, then as many of each lane of the baseline.
     *
     * @param rows of one lane
     */
    record Group(int lanes, int rows, TreeLimits limits) {
        private int size() {
            return lanes * rows;
        }

        private boolean masks(int token) {
            return limits.maskId().isPresent() && limits.maskId().getAsInt() == token;
        }
    }

    /** @param residual streams leaving the last block, (rows of all groups, dModel) */
    static List<Predictions> of(Scope scope, LanguageModel lm, NDArray residual, List<Group> groups) {
        return of(scope, lm, residual, groups, BLOCK);
    }

    /** @param blockSize rows of the vocabulary worked on at once */
    static List<Predictions> of(Scope scope, LanguageModel lm, NDArray residual, List<Group> groups, int blockSize) {
        int vocabulary = lm.config().vocabularySize();
        int count = groups.stream().mapToInt(Group::size).sum();
        boolean compares = groups.stream().anyMatch(group -> group.lanes > 1);
        List<Block> blocks = new ArrayList<>();
        List<NDArray> logs = new ArrayList<>();
        try (NDManager kept = scope.arrays().newSubManager()) {
            NDArray normalised = lm.finalNorm(residual);
            normalised.attach(kept);
            for (int first = 0; first < vocabulary; first += blockSize) {
                scope.cancellation().check();
                int end = Math.min(vocabulary, first + blockSize);
                int candidates = Math.max(0, Math.min(end, lm.tokens()) - first);
                Block block = new Block(first, candidates, count, groups);
                try (NDManager step = kept.newSubManager()) {
                    NDArray log = block.read(lm.logits(alias(step, normalised), first, end), candidates, groups);
                    if (compares) {
                        log.attach(kept);
                        logs.add(log);
                    }
                }
                blocks.add(block);
            }
            double[] totals = totals(blocks, count);
            if (!DoubleStream.of(totals).allMatch(Double::isFinite)) {
                throw Vectors.nonFinite("What the model predicts");
            }
            List<Predictions> all = new ArrayList<>();
            int at = 0;
            for (Group group : groups) {
                Predictions result = empty(group, lm.tokens());
                result.fill(blocks, totals, at);
                if (group.lanes > 1) {
                    result.compare(scope, kept, blocks, logs, totals, at, group);
                }
                all.add(result);
                at += group.size();
            }
            return all;
        }
    }

    private static NDArray alias(NDManager owner, NDArray array) {
        NDArray alias = array.reshape(array.getShape());
        alias.attach(owner);
        return alias;
    }

    private static Predictions empty(Group group, int candidates) {
        int topK = Math.min(
                group.limits.topK(), candidates - (group.limits.maskId().isPresent() ? 1 : 0));
        Predictions result = new Predictions(
                topK,
                new long[group.rows * topK],
                new double[group.rows * topK],
                new double[group.rows * topK],
                new float[group.rows],
                new float[group.rows]);
        Arrays.fill(result.baseline, Double.NaN);
        Arrays.fill(result.divergences, Float.NaN);
        return result;
    }

    /** The logarithm of the sum of all exponentials, per row: of the blocks' own. */
    private static double[] totals(List<Block> blocks, int rows) {
        double[] totals = new double[rows];
        for (int row = 0; row < rows; row++) {
            double largest = Double.NEGATIVE_INFINITY;
            for (Block block : blocks) {
                largest = Math.max(largest, block.logSums[row]);
            }
            double sum = 0;
            for (Block block : blocks) {
                sum += Math.exp(block.logSums[row] - largest);
            }
            totals[row] = largest + Math.log(sum);
        }
        return totals;
    }

    /**
     * The most probable tokens of all blocks, and the entropy by the chain rule: that of the block, then that within
     * it.
     */
    private void fill(List<Block> blocks, double[] totals, int firstRow) {
        int[] next = new int[blocks.size()];
        for (int row = 0; row < entropies.length; row++) {
            int global = firstRow + row;
            Arrays.fill(next, 0);
            for (int k = 0; k < topK; k++) {
                int best = -1;
                for (int b = 0; b < next.length; b++) {
                    // where two are equal the earlier block's comes first
                    if (next[b] < blocks.get(b).found
                            && (best < 0
                                    || blocks.get(b).logit(global, next[b])
                                            > blocks.get(best).logit(global, next[best]))) {
                        best = b;
                    }
                }
                Block from = blocks.get(best);
                tokens[row * topK + k] = from.token(global, next[best]);
                probabilities[row * topK + k] = Math.exp(from.logit(global, next[best]++) - totals[global]);
            }
            double entropy = 0;
            for (Block block : blocks) {
                double share = block.logSums[global] - totals[global];
                entropy += Math.exp(share) * (block.entropies[global] - share);
            }
            entropies[row] = (float) entropy;
        }
    }

    /**
     * The baseline's probabilities and the divergence from it, block by block.
     *
     * @param logs of the probabilities within each block
     */
    private void compare(
            Scope scope,
            NDManager kept,
            List<Block> blocks,
            List<NDArray> logs,
            double[] totals,
            int firstRow,
            Group group) {
        double[] sums = new double[group.rows];
        for (int b = 0; b < blocks.size(); b++) {
            scope.cancellation().check();
            Block block = blocks.get(b);
            try (NDManager step = kept.newSubManager()) {
                NDArray log = block.log(step, logs.get(b), totals, firstRow, group.rows);
                NDArray q = null;
                for (int lane = 1; lane < group.lanes; lane++) {
                    NDArray share = block.log(step, logs.get(b), totals, firstRow + lane * group.rows, group.rows)
                            .exp()
                            .divi(group.lanes - 1);
                    q = q == null ? share : q.addi(share);
                }
                NDArray baseline = Objects.requireNonNull(q);
                lookUp(step, baseline, block.first);
                NDArray terms = log.exp().muli(log.subi(baseline.maximum(1e-38f).log()));
                double[] part = DeviceArrays.doubles(terms.sum(new int[] {1}));
                for (int row = 0; row < group.rows; row++) {
                    sums[row] += part[row];
                }
            }
        }
        for (int row = 0; row < group.rows; row++) {
            divergences[row] = (float) sums[row];
        }
    }

    /**
     * Takes the baseline's probabilities of those of the tokens that lie in a block.
     *
     * @param q (rows, width of the block)
     */
    private void lookUp(NDManager step, NDArray q, int first) {
        long[] places = new long[tokens.length];
        boolean any = false;
        for (int i = 0; i < places.length; i++) {
            places[i] = tokens[i] - first;
            any |= isIn(places[i], q);
        }
        if (any) {
            long[] within = Arrays.stream(places)
                    .map(place -> isIn(place, q) ? place : 0)
                    .toArray();
            double[] found = DeviceArrays.doubles(q.gather(step.create(within, new Shape(entropies.length, topK)), 1));
            for (int i = 0; i < places.length; i++) {
                baseline[i] = isIn(places[i], q) ? found[i] : baseline[i];
            }
        }
    }

    private static boolean isIn(long place, NDArray block) {
        return place >= 0 && place < block.getShape().get(1);
    }

    /** Partial results for one block of the vocabulary, for every row. */
    private static final class Block {
        final int first;
        final double[] logSums;
        final float[] entropies;
        /** How many of the most probable tokens are known, for each row. */
        final int found;

        private float[] logits = new float[0];
        private long[] places = new long[0];

        /** @param candidates how many tokens may be returned, counted from the first */
        Block(int first, int candidates, int rows, List<Group> groups) {
            this.first = first;
            logSums = new double[rows];
            entropies = new float[rows];
            found = Math.min(
                    candidates,
                    groups.stream().mapToInt(group -> group.limits.topK()).max().orElseThrow());
        }

        /**
         * @param all logits (rows, width of the block); a masked token's are overwritten
         * @param candidates as above
         * @return logarithms of the probabilities within the block, (rows, width of the block), of the owner of
         *     {@code all}
         */
        NDArray read(NDArray all, int candidates, List<Group> groups) {
            int width = (int) all.getShape().get(1);
            mask(all, width, groups);
            if (found > 0) {
                NDList top = (candidates < width ? all.get(":, :{}", candidates) : all).topK(found, 1, true, true);
                logits = DeviceArrays.floats(top.get(0));
                places = DeviceArrays.longs(top.get(1));
            }
            NDArray within = all.logSoftmax(-1);
            int columns = Math.min(2, width);
            double[] before = DeviceArrays.doubles(all.get(":, :{}", columns));
            double[] after = DeviceArrays.doubles(within.get(":, :{}", columns));
            int row = 0;
            for (Group group : groups) {
                // a masked token's change does not affect the others
                int column = columns == 2 && group.masks(first) ? 1 : 0;
                for (int end = row + group.size(); row < end; row++) {
                    logSums[row] = before[row * columns + column] - after[row * columns + column];
                }
            }
            float[] sums = DeviceArrays.floats(within.exp().muli(within).sum(new int[] {1}));
            for (int i = 0; i < sums.length; i++) {
                entropies[i] = -sums[i];
            }
            return within;
        }

        private void mask(NDArray all, int width, List<Group> groups) {
            int row = 0;
            for (Group group : groups) {
                int end = row + group.size();
                if (group.limits.maskId().isPresent()
                        && group.limits.maskId().getAsInt() >= first
                        && group.limits.maskId().getAsInt() < first + width) {
                    all.set(
                            new NDIndex(
                                    "{}:{}, {}", row, end, group.limits.maskId().getAsInt() - first),
                            REMOVED);
                }
                row = end;
            }
        }

        float logit(int row, int rank) {
            return logits[row * found + rank];
        }

        long token(int row, int rank) {
            return first + places[row * found + rank];
        }

        /**
         * Logarithms of the probabilities in the whole vocabulary.
         *
         * @param within those in the block
         * @param totals as of {@link Predictions#totals}
         */
        NDArray log(NDManager step, NDArray within, double[] totals, int firstRow, int rows) {
            float[] share = new float[rows];
            for (int row = 0; row < rows; row++) {
                share[row] = (float) Math.max(REMOVED, logSums[firstRow + row] - totals[firstRow + row]);
            }
            return DeviceArrays.rows(step, within, firstRow, firstRow + rows)
                    .add(step.create(share, new Shape(rows, 1)));
        }
    }
}
