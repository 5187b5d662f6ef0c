package loupe.training.sample;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import loupe.training.lm.Gpt;

/**
 * What a model writes after {@code A typical definition of "..." would be "} when it always takes the likeliest token.
 */
final class GreedyDefinitions {
    private static final int ROWS = 100;

    private final NDManager manager;
    private final Gpt gpt;
    private final int longest;

    /** @param longest number of tokens after which a definition is cut off */
    GreedyDefinitions(NDManager manager, Gpt gpt, int longest) {
        this.manager = manager;
        this.gpt = gpt;
        this.longest = longest;
    }

    /**
     * Continues prompts.
     *
     * @param prompts token ids, in any lengths
     * @return for each the tokens that follow, without the separator and what comes after it
     */
    List<int[]> continuations(List<int[]> prompts) {
        List<int[]> results = new ArrayList<>();
        for (int from = 0; from < prompts.size(); from += ROWS) {
            results.addAll(batch(prompts.subList(from, Math.min(from + ROWS, prompts.size()))));
        }
        return results;
    }

    private List<int[]> batch(List<int[]> prompts) {
        int rows = prompts.size();
        int longestPrompt = prompts.stream().mapToInt(p -> p.length).max().orElseThrow();
        int end = Math.min(gpt.config().context(), longestPrompt + longest);
        long[][] tokens = new long[rows][end];
        int[] lengths = new int[rows];
        for (int row = 0; row < rows; row++) {
            for (int t = 0; t < prompts.get(row).length; t++) {
                tokens[row][t] = prompts.get(row)[t];
            }
            lengths[row] = prompts.get(row).length;
        }
        boolean[] done = new boolean[rows];
        for (int step = 0; step < longest; step++) {
            long[] next = next(tokens, lengths);
            boolean anyLeft = false;
            for (int row = 0; row < rows; row++) {
                done[row] = done[row] || next[row] == 0 || lengths[row] == end;
                if (!done[row]) {
                    tokens[row][lengths[row]++] = next[row];
                    anyLeft = true;
                }
            }
            if (!anyLeft) {
                break;
            }
        }
        List<int[]> results = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            results.add(Arrays.stream(tokens[row], prompts.get(row).length, lengths[row])
                    .mapToInt(Math::toIntExact)
                    .toArray());
        }
        return results;
    }

    private long[] next(long[][] tokens, int[] lengths) {
        int length = Arrays.stream(lengths).max().orElseThrow();
        long[] inputs = new long[tokens.length * length];
        long[] last = new long[tokens.length];
        for (int row = 0; row < tokens.length; row++) {
            System.arraycopy(tokens[row], 0, inputs, row * length, length);
            last[row] = (long) row * length + lengths[row] - 1;
        }
        try (NDManager step = manager.newSubManager()) {
            gpt.parameters().flat().lend(step);
            NDArray hidden =
                    gpt.hidden(step.create(inputs, new Shape(tokens.length, length)), UnaryOperator.identity());
            return gpt.logits(hidden.get(new NDIndex("{}", step.create(last))))
                    .argMax(-1)
                    .toLongArray();
        }
    }
}
