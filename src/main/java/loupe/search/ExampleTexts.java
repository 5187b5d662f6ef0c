package loupe.search;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import loupe.analysis.effects.Bootstrap;
import loupe.analysis.effects.ExampleEffects;
import loupe.analysis.effects.Intervention;
import loupe.analysis.effects.Interventions;
import loupe.analysis.effects.Positions;
import loupe.index.Corpus;
import loupe.index.CountedActivations;
import loupe.index.Example;
import loupe.index.Examples;
import loupe.index.FeatureActivations;
import loupe.index.IndexInfo;
import loupe.inference.ModelId;
import loupe.inference.SaeId;

/**
 * The texts of a feature's examples as the model read them, which end where it is active: what effects are measured
 * over.
 */
public final class ExampleTexts {
    /** Examples of one stretch of text are this many tokens apart. */
    private static final int APART = 8;

    private static final int UNIFORM_BINS = 12;
    /** Two examples that show the same tokens around their focus count as one. */
    private static final int BEFORE = 24;

    private static final int AFTER = 12;

    /** Examples that the cost of ablation is measured over. */
    public static final int COST_EXAMPLES = 16;

    private ExampleTexts() {}

    /** What ablating a feature does over random examples of it; empty if it is active nowhere. */
    public static Optional<ExampleEffects> ofAblation(
            CountedActivations counted, int place, ModelId model, SaeId sae, int feature) {
        List<ExampleEffects.Text> texts =
                of(counted, counted.activations(place, feature), Choice.RANDOM, COST_EXAMPLES, 0).stream()
                        .map(Chosen::text)
                        .toList();
        Interventions ablation = Interventions.of(List.of(new Intervention(
                new Intervention.Target.Feature(sae, feature), new Intervention.Scale(0), Positions.ALL)));
        return texts.isEmpty() ? Optional.empty() : Optional.of(new ExampleEffects(model, texts, ablation, 0));
    }

    /** The part of a batch's settings that says what costs are measured over. */
    public static Map<String, Object> settings(IndexInfo info) {
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("examples", COST_EXAMPLES);
        said.put("corpus", info.sources().stream().map(Corpus.Source::name).toList());
        said.put("tokens", info.counted());
        return said;
    }

    /** A batch's document of a cost. */
    public static Map<String, Object> document(ExampleEffects.Answer answer) {
        Bootstrap cost = Bootstrap.of(answer.deltaCe(), Bootstrap.RESAMPLES, 0);
        Bootstrap kl = Bootstrap.of(answer.kl(), Bootstrap.RESAMPLES, 0);
        Map<String, Object> said = new LinkedHashMap<>();
        said.put("mean", cost.count() == 0 ? null : cost.mean());
        said.put("low", cost.count() == 0 ? null : cost.low());
        said.put("high", cost.count() == 0 ? null : cost.high());
        said.put("examples", cost.count());
        said.put("kl", kl.mean());
        return said;
    }

    /** Which of the tokens at which a feature is active. */
    public enum Choice {
        /** The strongest. */
        TOP,
        /** Uniformly over strength, so that rare large activations are as likely as common small ones. */
        UNIFORM,
        /** Each as likely as every other. */
        RANDOM;

        /** The name in options. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * An example.
     *
     * @param token running number of the focus token in the corpus
     * @param activation of the feature there
     */
    public record Chosen(ExampleEffects.Text text, int token, float activation) {}

    /**
     * Up to so many examples, in the order in which they are chosen.
     *
     * @param seed of uniform and random choices
     */
    public static List<Chosen> of(
            CountedActivations counted, FeatureActivations activations, Choice choice, int count, long seed) {
        IntFunction<int[]> choose = n -> switch (choice) {
            case TOP -> Examples.top(activations, n, APART);
            case UNIFORM -> Examples.uniformAsDrawn(activations, n, UNIFORM_BINS, APART, seed);
            case RANDOM -> Examples.random(activations, n, APART, seed);
        };
        return counted.distinct(activations, choose, count, BEFORE, AFTER).stream()
                .map(example -> new Chosen(
                        new ExampleEffects.Text(
                                Arrays.stream(counted.upTo(example.token()))
                                        .boxed()
                                        .collect(Collectors.toList()),
                                next(example)),
                        example.token(),
                        example.activation()))
                .toList();
    }

    private static OptionalInt next(Example example) {
        return example.focus() + 1 < example.ids().length
                ? OptionalInt.of(example.ids()[example.focus() + 1])
                : OptionalInt.empty();
    }
}
