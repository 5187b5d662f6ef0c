package loupe.analysis.effects;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import loupe.analysis.DeviceArrays;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.lm.Hook;
import loupe.lm.Input;
import loupe.lm.Logits;
import loupe.sae.Encoded;

/**
 * The features and errors that matter to the answers of a batch of prompts, and how far they alone take the model. A
 * node's effect is its integrated-gradients effect with the values of the corrupt prompt, summed over positions, mean
 * over the batch; nodes of an effect over the threshold make the circuit. Then all checkpoints stand in the model at
 * once, each encoding what it receives, and what does not belong to the circuit is ablated.
 *
 * @param saes checkpoints, each in its place
 * @param prompts all of one length
 * @param threshold of the effects' size; a node that has just it is left out
 * @param steps of the integrated gradients
 * @param ablation what ablated nodes become
 * @param errors which errors are kept
 */
public record FeatureCircuit(
        ModelId model,
        List<SaeId> saes,
        List<Prompt> prompts,
        double threshold,
        int steps,
        Ablation ablation,
        Errors errors)
        implements Query.Stepped<FeatureCircuit.Answer> {
    /** Tokens computed in one step. */
    private static final int STEP_TOKENS = 512;

    /** What nodes outside the circuit become. */
    public enum Ablation {
        /** Their mean at that position over the corrupt prompts. */
        MEAN,
        ZERO
    }

    /** Which errors are kept. */
    public enum Errors {
        /** Those of the circuit. */
        DEFAULT,
        /** None. */
        REMOVE,
        /** All. */
        KEEP
    }

    /**
     * A prompt with its answers; the metric is the logit of one less that of the other, behind the last token.
     *
     * @param corrupt of as many tokens as {@code clean}
     */
    public record Prompt(List<Integer> clean, List<Integer> corrupt, int answer, int other) {
        public Prompt {
            clean = List.copyOf(clean);
            corrupt = List.copyOf(corrupt);
        }

        /** What runs on it are compared by. */
        MetricAt measured(ModelId model) {
            Metric metric = new Metric(Metric.Kind.LOGIT_DIFFERENCE, answer, other);
            return new MetricAt(model, clean, metric, clean.size() - 1);
        }
    }

    public FeatureCircuit {
        saes = List.copyOf(saes);
        prompts = List.copyOf(prompts);
        if (prompts.isEmpty() || steps < 1) {
            throw new IllegalArgumentException("prompts are " + prompts + ", steps " + steps);
        }
        if (prompts.get(0).clean().isEmpty() || ofAnotherLength(prompts).isPresent()) {
            throw new IllegalArgumentException("the prompts are empty or differ in length");
        }
    }

    /** The first of some prompts that has not as many tokens, clean and corrupt, as the first; empty if all have. */
    public static OptionalInt ofAnotherLength(List<Prompt> prompts) {
        return IntStream.range(0, prompts.size())
                .filter(k -> {
                    int length = prompts.get(0).clean().size();
                    return prompts.get(k).clean().size() != length
                            || prompts.get(k).corrupt().size() != length;
                })
                .findFirst();
    }

    /**
     * The circuit, and the mean metric of the model and under three choices of nodes.
     *
     * @param model as it is
     * @param circuit with its nodes alone
     * @param empty with no node
     * @param complement with all nodes but its own
     */
    public record Answer(List<Nodes> nodes, double model, double circuit, double empty, double complement) {
        /** How much of what all nodes do the circuit does. */
        public double faithfulness() {
            return (circuit - empty) / (model - empty);
        }

        /** How much of what all nodes do is done without the circuit. */
        public double completeness() {
            return (complement - empty) / (model - empty);
        }
    }

    /**
     * The nodes of one checkpoint.
     *
     * @param at where the features write
     * @param features of the circuit, ascending
     * @param effects of these
     * @param errorEffect of the error
     */
    public record Nodes(
            HookPoint at, List<Integer> features, List<Double> effects, boolean error, double errorEffect) {}

    @Override
    public Sweep begin() {
        return new Sweep();
    }

    /** Each checkpoint's effects on each prompt, then the four runs. */
    public final class Sweep implements Query.Sweep<Answer> {
        private final int length = prompts.get(0).clean().size();
        private final List<double[]> featureEffects = new ArrayList<>();
        private final double[] errorEffects = new double[saes.size()];
        private final List<Nodes> nodes = new ArrayList<>();
        private int site;
        private int prompt;
        private int next;
        private double[] sum = {};
        private double[] means = {Double.NaN, Double.NaN, Double.NaN, Double.NaN};

        private Sweep() {}

        @Override
        public boolean step(Scope scope) {
            if (site < saes.size()) {
                addEffects(scope);
                return true;
            }
            if (nodes.isEmpty()) {
                choose(scope);
            }
            means = new double[] {
                mean(scope, Hook.NONE),
                mean(scope, spliced(scope, (node, i) -> node.features().contains(i), Nodes::error)),
                mean(scope, spliced(scope, (node, i) -> false, node -> false)),
                mean(scope, spliced(scope, (node, i) -> !node.features().contains(i), node -> !node.error()))
            };
            return false;
        }

        private void addEffects(Scope scope) {
            Prompt running = prompts.get(prompt);
            SiteChange change =
                    new SiteChange(scope, model, saes.get(site), running.clean(), Optional.of(running.corrupt()));
            HookPoint at = change.sae().writesAt();
            double[] more =
                    next == 0 ? new double[Math.toIntExact(change.value().size())] : sum.clone();
            int count = Gradients.rows(
                    scope, model, at, length, 0, Math.min(steps - next, Math.max(1, STEP_TOKENS / length)));
            Gradients.addBetween(
                    scope,
                    model,
                    running.clean(),
                    change.value(),
                    change.patched(),
                    at,
                    Gradients.shares(next, count, steps),
                    running.measured(model),
                    more);
            if (next + count < steps) {
                sum = more;
                next += count;
                return;
            }
            NDArray mean = scope.arrays()
                    .create(Gradients.mean(more, steps), change.value().getShape());
            double[] ofFeatures = DeviceArrays.doubles(change.features()
                    .mul(change.sae().gradient(mean, change.read()))
                    .sum(new int[] {0}));
            double ofError = change.error().mul(mean).sum().getFloat();
            if (prompt == 0) {
                featureEffects.add(new double[ofFeatures.length]);
            }
            for (int i = 0; i < ofFeatures.length; i++) {
                featureEffects.get(site)[i] += ofFeatures[i] / prompts.size();
            }
            errorEffects[site] += ofError / prompts.size();
            next = 0;
            prompt++;
            if (prompt == prompts.size()) {
                prompt = 0;
                site++;
            }
        }

        private void choose(Scope scope) {
            for (int i = 0; i < saes.size(); i++) {
                List<Integer> features = new ArrayList<>();
                List<Double> effects = new ArrayList<>();
                double[] all = featureEffects.get(i);
                for (int feature = 0; feature < all.length; feature++) {
                    if (Math.abs(all[feature]) > threshold) {
                        features.add(feature);
                        effects.add(all[feature]);
                    }
                }
                nodes.add(new Nodes(
                        PlacedSae.of(scope, model, saes.get(i)).writesAt(),
                        List.copyOf(features),
                        List.copyOf(effects),
                        Math.abs(errorEffects[i]) > threshold,
                        errorEffects[i]));
            }
        }

        /** The metric's mean over the clean prompts. */
        private double mean(Scope scope, Hook hook) {
            int[][] rows = prompts.stream().map(one -> Runs.array(one.clean())).toArray(int[][]::new);
            try (NDManager step = scope.arrays().newSubManager()) {
                NDArray logits =
                        scope.model(model).forward(step, Input.of(rows), hook, null, Logits.LAST, scope.cancellation());
                double total = 0;
                for (int k = 0; k < rows.length; k++) {
                    NDArray row = logits.get("{}:{}", k, k + 1);
                    total += Runs.number(prompts.get(k).measured(model).of(scope, row.reshape(1, row.size())));
                }
                return total / rows.length;
            }
        }

        /** All checkpoints in their places, with some nodes kept. */
        private Hook spliced(Scope scope, NodeChoice features, ErrorChoice errorsOf) {
            Map<HookPoint, UnaryOperator<NDArray>> changes = new HashMap<>();
            for (int i = 0; i < saes.size(); i++) {
                PlacedSae sae = PlacedSae.of(scope, model, saes.get(i));
                Nodes own = nodes.get(i);
                float[] kept = new float[sae.features()];
                for (int feature = 0; feature < kept.length; feature++) {
                    kept[feature] = features.keeps(own, feature) ? 1 : 0;
                }
                boolean keepsError =
                        switch (errors) {
                            case DEFAULT -> errorsOf.keeps(own);
                            case REMOVE -> false;
                            case KEEP -> true;
                        };
                Splice splice = new Splice(scope, sae, kept, keepsError);
                if (!sae.readsAt().equals(sae.writesAt())) {
                    changes.merge(sae.readsAt(), splice::read, FeatureCircuit::then);
                }
                changes.merge(sae.writesAt(), splice::write, FeatureCircuit::then);
            }
            return new AtPoint(changes);
        }

        @Override
        public Answer result() {
            return new Answer(List.copyOf(nodes), means[0], means[1], means[2], means[3]);
        }

        @Override
        public double fraction() {
            double all = (double) saes.size() * prompts.size() + 1;
            return ((double) site * prompts.size() + prompt + (double) next / steps) / all;
        }
    }

    private static UnaryOperator<NDArray> then(UnaryOperator<NDArray> first, UnaryOperator<NDArray> second) {
        return value -> second.apply(first.apply(value));
    }

    @FunctionalInterface
    private interface NodeChoice {
        boolean keeps(Nodes nodes, int feature);
    }

    @FunctionalInterface
    private interface ErrorChoice {
        boolean keeps(Nodes nodes);
    }

    /** One checkpoint in the runs on all prompts, K of them. */
    private final class Splice {
        private final Scope scope;
        private final PlacedSae sae;
        private final float[] kept;
        private final boolean keepsError;
        private final Map<HookPoint, Encoded> before = new HashMap<>();

        /** @param kept for each feature 1 or 0 */
        Splice(Scope scope, PlacedSae sae, float[] kept, boolean keepsError) {
            this.scope = scope;
            this.sae = sae;
            this.kept = kept;
            this.keepsError = keepsError;
        }

        NDArray read(NDArray value) {
            before.put(sae.readsAt(), sae.read(value));
            return value;
        }

        NDArray write(NDArray value) {
            boolean isHere = sae.readsAt().equals(sae.writesAt());
            Encoded read = isHere ? sae.read(value) : Objects.requireNonNull(before.get(sae.readsAt()));
            int[] tokens = prompts.stream()
                    .flatMap(prompt -> prompt.clean().stream())
                    .mapToInt(Integer::intValue)
                    .toArray();
            int length = prompts.get(0).clean().size();
            NDManager owner = value.getManager();
            NDArray mask = owner.create(kept, new Shape(1, 1, kept.length));
            NDArray features = read.features().reshape(prompts.size(), length, kept.length);
            NDArray error =
                    keepsError ? value.sub(sae.written(read.features(), read, tokens, value)) : value.zerosLike();
            NDArray changed = features.mul(mask);
            if (ablation == Ablation.MEAN) {
                changed = changed.add(meanFeatures().mul(mask.eq(0)));
                if (!keepsError) {
                    error = error.add(meanError());
                }
            }
            NDArray rows = changed.reshape(read.features().getShape());
            return sae.written(rows, read, tokens, value).add(error);
        }

        /** Of the corrupt runs, (1, T, F). */
        private NDArray meanFeatures() {
            NDArray features = corruptRead().features();
            return features.reshape(prompts.size(), features.size() / prompts.size() / kept.length, kept.length)
                    .mean(new int[] {0}, true);
        }

        /** Of the corrupt runs, (1, T, ...). */
        private NDArray meanError() {
            Encoded read = corruptRead();
            NDArray there = Runs.atOfAll(scope, model, corrupt(), sae.writesAt());
            int[] tokens = corrupt().stream()
                    .flatMap(List::stream)
                    .mapToInt(Integer::intValue)
                    .toArray();
            return there.sub(sae.written(read.features(), read, tokens, there)).mean(new int[] {0}, true);
        }

        private Encoded corruptRead() {
            return sae.read(Runs.atOfAll(scope, model, corrupt(), sae.readsAt()));
        }

        private List<List<Integer>> corrupt() {
            return prompts.stream().map(Prompt::corrupt).toList();
        }
    }
}
