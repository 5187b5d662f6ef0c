package loupe.analysis.effects;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import loupe.analysis.DeviceArrays;
import loupe.analysis.prompts.LogProbabilities;
import loupe.base.Cancellation;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.lm.Input;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import loupe.tensor.HostTensor;
import org.jspecify.annotations.Nullable;

/**
 * What interventions change of a model's predictions on a text: the loss, the logits, and how far the predicted
 * distributions move.
 *
 * @param ids the text, T tokens
 * @param variants interventions, each in a run of its own
 * @param keepsLogits whether the changes of all logits are wanted
 */
public record InterventionEffects(ModelId model, List<Integer> ids, List<Interventions> variants, boolean keepsLogits)
        implements Query.Stepped<InterventionEffects.Answer> {
    /** Tokens computed in one step. */
    private static final int STEP_TOKENS = 512;

    public InterventionEffects {
        ids = List.copyOf(ids);
        variants = List.copyOf(variants);
        if (ids.isEmpty()) {
            throw new IllegalArgumentException("ids are empty, at least one token is needed");
        }
    }

    /**
     * The predictions without and with interventions.
     *
     * @param ceClean nats at each position for the token after it, T - 1 values
     * @param effects of the variants that are done, in order
     */
    public record Answer(double[] ceClean, List<Effect> effects) {}

    /**
     * What one variant does.
     *
     * @param ce nats at each position for the token after it, T - 1 values
     * @param deltaCe what it adds to the loss, T - 1 values
     * @param kl divergence of the predictions with it from those without, in nats at each position, T values
     * @param deltaLogits (T, V); empty if they were not asked for
     * @param applied tokens at which something was done
     */
    public record Effect(double[] ce, double[] deltaCe, double[] kl, Optional<HostTensor> deltaLogits, long applied) {
        /** Mean over positions; NaN for a single token. */
        public double meanDeltaCe() {
            return Arrays.stream(deltaCe).average().orElse(Double.NaN);
        }

        /** Mean over positions. */
        public double meanKl() {
            return Arrays.stream(kl).average().orElseThrow();
        }
    }

    @Override
    public Effects begin() {
        return new Effects();
    }

    /** The text as it is, then under one batch of variants after the other. */
    public final class Effects implements Query.Sweep<Answer> {
        private final int[] tokens = ids.stream().mapToInt(Integer::intValue).toArray();
        private final List<Effect> done = new ArrayList<>();
        private @Nullable HostTensor clean;
        private double[] ceClean = {};

        private Effects() {}

        @Override
        public boolean step(Scope scope) {
            if (clean == null) {
                HostTensor logits =
                        run(scope, List.of(Interventions.NONE)).logits().get(0);
                ceClean = losses(logits);
                clean = logits;
                return !variants.isEmpty();
            }
            int count = Math.min(variants.size() - done.size(), Math.max(1, STEP_TOKENS / tokens.length));
            Run run = run(scope, variants.subList(done.size(), done.size() + count));
            List<Effect> found = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                found.add(effect(clean, run.logits().get(i), run.applied()[i], scope.cancellation()));
            }
            done.addAll(found);
            return done.size() < variants.size();
        }

        private Run run(Scope scope, List<Interventions> rows) {
            LanguageModel lm = scope.model(model);
            InterventionHook hook = new InterventionHook(scope, model, rows, tokens.length);
            int[][] batch = Collections.nCopies(rows.size(), tokens).toArray(int[][]::new);
            hook.next(batch, 0);
            NDArray logits = lm.forward(scope.arrays(), Input.of(batch), hook, null, Logits.ALL, scope.cancellation());
            List<HostTensor> hosts = new ArrayList<>();
            for (int row = 0; row < rows.size(); row++) {
                hosts.add(new HostTensor(
                        DeviceArrays.floats(logits.get(row)),
                        tokens.length,
                        lm.config().vocabularySize()));
            }
            return new Run(
                    hosts,
                    IntStream.range(0, rows.size()).mapToLong(hook::applied).toArray());
        }

        private Effect effect(HostTensor before, HostTensor after, long applied, Cancellation cancellation) {
            double[] ce = losses(after);
            double[] deltaCe = new double[ce.length];
            Arrays.setAll(deltaCe, t -> ce[t] - ceClean[t]);
            double[] kl = new double[tokens.length];
            for (int t = 0; t < kl.length; t++) {
                cancellation.check();
                kl[t] = Runs.number(divergence(before, after, t));
            }
            Optional<HostTensor> changes = keepsLogits ? Optional.of(difference(after, before)) : Optional.empty();
            return new Effect(ce, deltaCe, kl, changes, applied);
        }

        private double[] losses(HostTensor logits) {
            double[] losses = new double[tokens.length - 1];
            for (int t = 0; t < losses.length; t++) {
                losses[t] = -LogProbabilities.at(logits, t, tokens[t + 1]);
            }
            return losses;
        }

        @Override
        public Answer result() {
            return new Answer(ceClean, List.copyOf(done));
        }

        @Override
        public double fraction() {
            return (double) (done.size() + (clean == null ? 0 : 1)) / (variants.size() + 1);
        }
    }

    /**
     * Runs of one batch.
     *
     * @param logits (T, V) of each
     * @param applied tokens of each at which something was done
     */
    private record Run(List<HostTensor> logits, long[] applied) {}

    /** The sum over the vocabulary of p (ln p - ln q), in nats, with p from {@code before} and q from {@code after}. */
    static double divergence(HostTensor before, HostTensor after, int row) {
        return divergence(before, row, after, row);
    }

    /** The same of a row of {@code before} and another of {@code after}, both as wide as the vocabulary. */
    static double divergence(HostTensor before, int rowBefore, HostTensor after, int rowAfter) {
        int width = before.size(-1);
        double[] p = new double[width];
        double normP = LogProbabilities.probabilities(before.data(), rowBefore * width, width, p);
        double normQ = LogProbabilities.logSumExp(after.data(), rowAfter * width, width);
        return divergence(p, normP, before, rowBefore, normQ, after, rowAfter);
    }

    /**
     * The same where probabilities and norms are known already.
     *
     * @param p probabilities of the row of {@code before}
     * @param normP ln of the sum of the exponentials of its logits
     * @param normQ the same of the row of {@code after}
     */
    static double divergence(
            double[] p, double normP, HostTensor before, int rowBefore, double normQ, HostTensor after, int rowAfter) {
        int offsetP = rowBefore * p.length;
        int offsetQ = rowAfter * p.length;
        double sum = 0;
        for (int v = 0; v < p.length; v++) {
            double logP = before.data()[offsetP + v] - normP;
            sum += p[v] * (logP - (after.data()[offsetQ + v] - normQ));
        }
        return sum;
    }

    private static HostTensor difference(HostTensor after, HostTensor before) {
        float[] change = after.data().clone();
        for (int i = 0; i < change.length; i++) {
            change[i] -= before.data()[i];
        }
        return new HostTensor(change, after.shape());
    }

    /** False: all changed logits of a long text take gigabytes. */
    @Override
    public boolean cacheable() {
        return !keepsLogits;
    }

    @Override
    public long bytes(Answer answer) {
        return 64 + 24L * ids.size() * (answer.effects().size() + 1);
    }
}
