package loupe.analysis.ablation;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.tensor.HostTensor;

/**
 * Activations without sets of tokens as arrays. Along an axis of tokens the last one is the token at which the
 * activation is read, so that examples line up; NaN where nothing was ablated.
 *
 * @param byName {@code activation} (1), {@code singles} (W); of pairs {@code pairs} (W, W), symmetric, with single
 *     tokens on its diagonal; of spans {@code spans} (L, W) by length and last token; of groups {@code groups} (S) in
 *     place of {@code singles}; of examples each with a leading axis for them
 */
public record AblationArrays(Map<String, HostTensor> byName) {
    /** Of one text. */
    public static AblationArrays of(AblatedText question, AblatedText.Answer answer) {
        int width = question.ids().size() - question.from();
        Map<String, HostTensor> arrays = new LinkedHashMap<>();
        of(question.sets(), List.of(answer), width).forEach((name, array) -> {
            int[] shape = array.shape();
            arrays.put(name, shape.length == 1 ? array : array.reshape(Arrays.copyOfRange(shape, 1, shape.length)));
        });
        return new AblationArrays(arrays);
    }

    /** Of examples. */
    public static AblationArrays of(AblatedExamples question, AblatedExamples.Answer answer) {
        int longest = question.texts().stream().mapToInt(List::size).max().orElse(0);
        return new AblationArrays(of(question.sets(), answer.texts(), Math.min(question.within(), longest)));
    }

    private static Map<String, HostTensor> of(TokenSets sets, List<AblatedText.Answer> answers, int width) {
        int count = answers.size();
        Map<String, HostTensor> arrays = new LinkedHashMap<>();
        HostTensor activations = unknown(count);
        arrays.put("activation", activations);
        if (sets instanceof TokenSets.Groups) {
            float[] without = answers.get(0).without();
            arrays.put("groups", new HostTensor(without.clone(), 1, without.length));
            activations.data()[0] = answers.get(0).activation();
            return arrays;
        }
        HostTensor singles = unknown(count, width);
        arrays.put("singles", singles);
        int longest = sets instanceof TokenSets.Spans spans ? Math.min(spans.longest(), width) : 1;
        HostTensor spans = unknown(count, longest, width);
        HostTensor pairs = sets instanceof TokenSets.Pairs ? unknown(count, width, width) : unknown(0);
        if (sets instanceof TokenSets.Pairs) {
            arrays.put("pairs", pairs);
        } else if (longest > 1) {
            arrays.put("spans", spans);
        }
        for (int i = 0; i < count; i++) {
            AblatedText.Answer answer = answers.get(i);
            activations.data()[i] = answer.activation();
            int before = answer.put().length - width;
            for (int set = 0; set < answer.sets().size(); set++) {
                int[] tokens = answer.sets().get(set);
                int first = tokens[0] - before;
                int last = tokens[tokens.length - 1] - before;
                float without = answer.without()[set];
                if (tokens.length == 1) {
                    singles.data()[i * width + first] = without;
                }
                if (sets instanceof TokenSets.Pairs) {
                    pairs.data()[(i * width + first) * width + last] = without;
                    pairs.data()[(i * width + last) * width + first] = without;
                } else {
                    spans.data()[(i * longest + tokens.length - 1) * width + last] = without;
                }
            }
        }
        return arrays;
    }

    private static HostTensor unknown(int... shape) {
        float[] data = new float[Arrays.stream(shape).reduce(1, Math::multiplyExact)];
        Arrays.fill(data, Float.NaN);
        return new HostTensor(data, shape);
    }
}
