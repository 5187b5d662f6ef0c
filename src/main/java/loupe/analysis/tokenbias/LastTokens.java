package loupe.analysis.tokenbias;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import loupe.analysis.DeviceArrays;
import loupe.analysis.WilsonInterval;
import loupe.analysis.features.NeighbourSpace;
import loupe.analysis.prompts.CorpusActivations;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.lm.Input;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import org.jspecify.annotations.Nullable;

/**
 * How well a prompt's last token is told from the value at its last position: as the token whose unigram residual, or
 * whose bias, has the largest cosine with it. Ties go to the lower id.
 *
 * @param sae whose biases are compared too; null for none
 * @param prompts token ids as they are, the first token included
 */
public record LastTokens(@Nullable SaeId sae, UnigramTable residuals, List<List<Integer>> prompts)
        implements Query.Stepped<LastTokens.Answer> {
    private static final int TOKENS_AT_ONCE = 512;

    public LastTokens {
        prompts = prompts.stream().map(List::copyOf).toList();
    }

    /**
     * Random prompts: the first token, then ids drawn independently and evenly from all tokens.
     *
     * @param tokens how many ids are tokens
     * @param length of each prompt, the first token included
     */
    public static List<List<Integer>> randomPrompts(int count, int length, int bos, int tokens, long seed) {
        Random random = new Random(seed);
        return IntStream.range(0, count)
                .mapToObj(prompt -> IntStream.range(0, length)
                        .mapToObj(at -> at == 0 ? bos : random.nextInt(tokens))
                        .toList())
                .toList();
    }

    @Override
    public Query.Sweep<Answer> begin() {
        return new Batches(this);
    }

    @Override
    public long bytes(Answer answer) {
        return 8L * prompts.size();
    }

    /**
     * What was told of the prompts so far.
     *
     * @param bias by the biases; empty if there are none
     */
    public record Answer(Detection unigram, Optional<Detection> bias) {}

    /**
     * What one set of vectors tells.
     *
     * @param predicted the token told of each prompt
     * @param right how many of them are the prompt's last
     */
    public record Detection(List<Integer> predicted, int right) {
        /** The share that is right; NaN of no prompts. */
        public double accuracy() {
            return predicted.isEmpty() ? Double.NaN : (double) right / predicted.size();
        }

        /** Between what bounds the accuracy is known. */
        public WilsonInterval wilson() {
            return WilsonInterval.of(right, predicted.size());
        }
    }

    private static final class Batches implements Query.Sweep<Answer> {
        private final LastTokens query;
        private final List<Integer> byResidual = new ArrayList<>();
        private final List<Integer> byBias = new ArrayList<>();

        Batches(LastTokens query) {
            this.query = query;
        }

        @Override
        public boolean step(Scope scope) {
            int first = byResidual.size();
            int end = first;
            for (int tokens = 0; end < query.prompts.size(); end++) {
                tokens += query.prompts.get(end).size();
                if (end > first && tokens > TOKENS_AT_ONCE) {
                    break;
                }
            }
            NDArray values = unit(lastValues(scope, first, end));
            UnigramTable table = query.residuals;
            Best residual = new Best(end - first);
            table.forEachBlock(
                    scope, DeviceArrays.blockRows(table.width()), (from, rows) -> residual.take(values, rows, from));
            Best bias = new Best(end - first);
            if (query.sae != null) {
                NDArray biases = new NeighbourSpace.Biases(query.sae).rows(scope);
                BiasResiduals.requireSameShape(biases, table);
                DeviceArrays.forEachBlock(
                        scope, biases, DataType.FLOAT32, (from, rows) -> bias.take(values, rows, from));
                Arrays.stream(bias.ids).forEach(byBias::add);
            }
            Arrays.stream(residual.ids).forEach(byResidual::add);
            return byResidual.size() < query.prompts.size();
        }

        /** The values at the last positions, (n, width). */
        private NDArray lastValues(Scope scope, int first, int end) {
            LanguageModel lm = scope.model(query.residuals.model());
            NDList values = new NDList();
            for (int i = first; i < end; ) {
                int last = i + 1;
                while (last < end
                        && query.prompts.get(last).size()
                                == query.prompts.get(i).size()) {
                    last++;
                }
                int[][] ids = query.prompts.subList(i, last).stream()
                        .map(prompt ->
                                prompt.stream().mapToInt(Integer::intValue).toArray())
                        .toArray(int[][]::new);
                CorpusActivations.Catch caught = new CorpusActivations.Catch(List.of(query.residuals.hook()));
                lm.forward(scope.arrays(), Input.of(ids), caught, null, Logits.NONE, scope.cancellation());
                values.add(caught.value(query.residuals.hook())
                        .get(":, {}", ids[0].length - 1)
                        .reshape(ids.length, query.residuals.width()));
                i = last;
            }
            return values.size() == 1 ? values.get(0) : NDArrays.concat(values, 0);
        }

        @Override
        public Answer result() {
            return new Answer(
                    detection(byResidual), query.sae == null ? Optional.empty() : Optional.of(detection(byBias)));
        }

        private Detection detection(List<Integer> predicted) {
            int right = (int) IntStream.range(0, predicted.size())
                    .filter(i -> {
                        List<Integer> prompt = query.prompts.get(i);
                        return predicted.get(i).equals(prompt.get(prompt.size() - 1));
                    })
                    .count();
            return new Detection(List.copyOf(predicted), right);
        }

        @Override
        public double fraction() {
            return query.prompts.isEmpty() ? 1 : (double) byResidual.size() / query.prompts.size();
        }
    }

    /** Rows at unit norm, in float64; rows of zeros stay. */
    private static NDArray unit(NDArray rows) {
        NDArray wide = rows.toType(DataType.FLOAT64, false);
        return wide.div(wide.square().sum(new int[] {1}, true).sqrt().maximum(1e-300));
    }

    /** The row of largest cosine with each of some vectors. */
    private static final class Best {
        private final int[] ids;
        private final double[] cosines;

        Best(int count) {
            ids = new int[count];
            cosines = new double[count];
            Arrays.fill(cosines, Double.NEGATIVE_INFINITY);
        }

        void take(NDArray values, NDArray rows, int from) {
            NDArray products = values.matMul(unit(rows).transpose());
            products.attach(rows.getManager());
            double[] largest = DeviceArrays.doubles(products.max(new int[] {1}));
            long[] at = DeviceArrays.longs(products.argMax(1));
            for (int i = 0; i < ids.length; i++) {
                if (largest[i] > cosines[i]) {
                    cosines[i] = largest[i];
                    ids[i] = from + (int) at[i];
                }
            }
        }
    }
}
