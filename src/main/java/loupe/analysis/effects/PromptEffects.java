package loupe.analysis.effects;

import java.util.Arrays;
import java.util.List;
import loupe.analysis.prompts.LogProbabilities;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.tensor.HostTensor;

/**
 * What interventions change of the predictions at every token of a text: the loss, the divergence, and the most likely
 * next token.
 *
 * @param ids the text, T tokens
 */
public record PromptEffects(ModelId model, List<Integer> ids, Interventions done)
        implements Query.Stepped<PromptEffects.Answer> {
    /** Logits compared in one step. */
    private static final int STEP_LOGITS = 1 << 21;

    public PromptEffects {
        ids = List.copyOf(ids);
        if (ids.isEmpty()) {
            throw new IllegalArgumentException("ids are empty, at least one token is needed");
        }
    }

    /**
     * The predictions of each token for the one after it; NaN at tokens that are not known yet.
     *
     * @param ce nats, as the text is; T - 1 values
     * @param ceWith nats under the interventions; T - 1 values
     * @param kl divergence of the predictions under the interventions from those without, in nats; T values
     * @param next the most likely next token without, T of them
     * @param nextWith and under the interventions
     * @param applied tokens at which something was done, once for each place
     */
    public record Answer(
            double[] ce, double[] ceWith, double[] kl, Likely[] next, Likely[] nextWith, long applied, int done) {
        /** What the interventions add to the loss at a token. */
        public double deltaCe(int token) {
            return ceWith[token] - ce[token];
        }

        /** Mean over the tokens that are known; NaN for a text of one token. */
        public double meanCe() {
            return mean(ce);
        }

        /** Mean over the tokens that are known; NaN for a text of one token. */
        public double meanCeWith() {
            return mean(ceWith);
        }

        /** Mean over the tokens that are known. */
        public double meanKl() {
            return mean(kl);
        }

        private static double mean(double[] values) {
            return Arrays.stream(values)
                    .filter(value -> !Double.isNaN(value))
                    .average()
                    .orElse(Double.NaN);
        }
    }

    /** A token and the natural logarithm of its probability. */
    public record Likely(int id, double logProbability) {
        /** Not known yet. */
        static final Likely UNKNOWN = new Likely(-1, Double.NaN);

        public double probability() {
            return Math.exp(logProbability);
        }

        static Likely of(HostTensor logits, int row, int tokens) {
            int best = 0;
            for (int v = 1; v < tokens; v++) {
                if (logits.get(row, v) > logits.get(row, best)) {
                    best = v;
                }
            }
            return new Likely(best, LogProbabilities.at(logits, row, best));
        }
    }

    @Override
    public Effects begin() {
        return new Effects();
    }

    /** Both runs, then a few tokens after the others. */
    public final class Effects implements Query.Sweep<Answer> {
        private final int length = ids.size();
        private final double[] ce = new double[length - 1];
        private final double[] ceWith = new double[length - 1];
        private final double[] kl = new double[length];
        private final Likely[] next = new Likely[length];
        private final Likely[] nextWith = new Likely[length];
        private long applied;
        private boolean hasRun;
        private int known;

        private Effects() {
            Arrays.fill(ce, Double.NaN);
            Arrays.fill(ceWith, Double.NaN);
            Arrays.fill(kl, Double.NaN);
            Arrays.fill(next, Likely.UNKNOWN);
            Arrays.fill(nextWith, Likely.UNKNOWN);
        }

        @Override
        public boolean step(Scope scope) {
            PairedRun run = PairedRun.kept(scope, model, ids, done);
            if (!hasRun) {
                applied = run.applied()[0];
                hasRun = true;
                return true;
            }
            int end = Math.min(
                    length, known + Math.max(1, STEP_LOGITS / run.lm().config().vocabularySize()));
            HostTensor before = run.logits(false, 0, known, end);
            HostTensor after = run.logits(true, 0, known, end);
            int tokens = run.lm().tokens();
            for (int t = known; t < end; t++) {
                scope.cancellation().check();
                int row = t - known;
                kl[t] = Runs.number(InterventionEffects.divergence(before, after, row));
                next[t] = Likely.of(before, row, tokens);
                nextWith[t] = Likely.of(after, row, tokens);
                if (t + 1 < length) {
                    ce[t] = -LogProbabilities.at(before, row, ids.get(t + 1));
                    ceWith[t] = -LogProbabilities.at(after, row, ids.get(t + 1));
                }
            }
            known = end;
            return known < length;
        }

        @Override
        public Answer result() {
            return new Answer(ce.clone(), ceWith.clone(), kl.clone(), next.clone(), nextWith.clone(), applied, known);
        }

        @Override
        public double fraction() {
            return (known + (hasRun ? 1.0 : 0)) / (length + 1);
        }
    }

    @Override
    public long bytes(Answer answer) {
        return 128 + 80L * ids.size();
    }
}
