package loupe.analysis.lens;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import loupe.analysis.DeviceArrays;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.lm.Embeddings;

/**
 * Which tokens have an unembedding no longer than a percentile of all such norms, the final norm's gain left out.
 *
 * @param percentile 0 to 100, between two norms by straight line, as {@code numpy.percentile} has it; 100 keeps all
 */
public record KeptTokens(ModelId model, double percentile) implements Query.Single<KeptTokens.Answer> {
    /**
     * The arrays are not to be written.
     *
     * @param kept ids in order
     * @param leftOut ids in order
     */
    public record Answer(int[] kept, int[] leftOut) {
        /** How many tokens there are. */
        public int tokens() {
            return kept.length + leftOut.length;
        }

        /** The weights of the tokens that are kept; the same array if all are. */
        public float[] compact(float[] weights) {
            if (leftOut.length == 0) {
                return weights;
            }
            float[] compact = new float[kept.length];
            for (int i = 0; i < kept.length; i++) {
                compact[i] = weights[kept[i]];
            }
            return compact;
        }

        /** Sets by the places of their members among the tokens that are kept; what is left out is in none. */
        public List<TokenSet> among(List<TokenSet> sets) {
            if (leftOut.length == 0) {
                return sets;
            }
            return sets.stream()
                    .map(set -> new TokenSet(
                            set.name(),
                            IntStream.of(set.members())
                                    .map(id -> Arrays.binarySearch(kept, id))
                                    .filter(place -> place >= 0)
                                    .toArray()))
                    .toList();
        }
    }

    @Override
    public Answer answer(Scope scope) {
        Embeddings lm = scope.embeddings(model);
        int tokens = lm.tokens();
        if (percentile >= 100) {
            return new Answer(IntStream.range(0, tokens).toArray(), new int[0]);
        }
        double[] norms = new double[tokens];
        DeviceArrays.forEachBlock(scope, lm.unembedding(), DataType.FLOAT64, (first, rows) -> {
            try (NDArray sums = rows.square().sum(new int[] {1}).sqrt()) {
                double[] block = DeviceArrays.doubles(sums);
                for (int i = 0; i < block.length && first + i < tokens; i++) {
                    norms[first + i] = block[i];
                }
            }
        });
        double most = percentile(norms, percentile);
        return new Answer(
                IntStream.range(0, tokens).filter(t -> norms[t] <= most).toArray(),
                IntStream.range(0, tokens).filter(t -> norms[t] > most).toArray());
    }

    /** The value at a percentile of others, between two of them by straight line. */
    static double percentile(double[] values, double percentile) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        double at = percentile / 100 * (sorted.length - 1);
        int below = (int) at;
        return below + 1 >= sorted.length
                ? sorted[sorted.length - 1]
                : sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]);
    }

    @Override
    public long bytes(Answer answer) {
        return 4L * answer.tokens();
    }
}
