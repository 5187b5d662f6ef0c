package loupe.analysis.effects;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import loupe.analysis.effects.Attribution.Method;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.tensor.HostTensor;

/**
 * The features of a checkpoint whose change from one text to another contributes most to a metric at any position, by
 * attribution, strongest first; none without an effect. With a metric that has no gradient at the clean run, by
 * integrated gradients.
 *
 * @param clean tokens of one text
 * @param corrupt as many tokens
 * @param position whose prediction the metric is of
 * @param most how many are wanted
 */
public record StrongestFeatures(
        ModelId model, SaeId sae, List<Integer> clean, List<Integer> corrupt, Metric metric, int position, int most)
        implements Query.Single<List<Integer>> {
    private static final int STEPS = 10;

    public StrongestFeatures {
        clean = List.copyOf(clean);
        corrupt = List.copyOf(corrupt);
    }

    @Override
    public List<Integer> answer(Scope scope) {
        HostTensor effects = scope.answer(new Attribution(
                        model,
                        List.of(sae),
                        clean,
                        Optional.of(corrupt),
                        metric,
                        position,
                        metric.hasGradientAtClean() ? Method.GRADIENT : Method.INTEGRATED_GRADIENTS,
                        STEPS,
                        Attribution.Checks.NONE))
                .sites()
                .get(0)
                .effects();
        float[] largest = new float[effects.size(-1)];
        float[] all = effects.data();
        for (int i = 0; i < all.length; i++) {
            int feature = i % largest.length;
            largest[feature] = Math.max(largest[feature], Math.abs(all[i]));
        }
        return LargestEffects.of(largest, most)
                .boxed()
                .sorted(Comparator.<Integer>comparingDouble(i -> -largest[i]).thenComparing(i -> i))
                .toList();
    }

    @Override
    public long bytes(List<Integer> answer) {
        return 64 + 16L * answer.size();
    }
}
