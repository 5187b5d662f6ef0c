package loupe.analysis.effects;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import loupe.analysis.DeviceArrays;
import loupe.analysis.SmallestK;
import loupe.analysis.prompts.LogProbabilities;
import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.lm.Input;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import loupe.tensor.HostTensor;

/**
 * What a model predicts after each token of some texts of one length, each as it is or under interventions. They run as
 * rows of one batch.
 *
 * @param runs at least one
 * @param top how many tokens are listed at each position for each run
 * @param tracked tokens whose probability and rank are wanted at each position, such as an answer
 */
public record TextPredictions(ModelId model, List<Run> runs, int top, List<Integer> tracked)
        implements Query.Single<TextPredictions.Answer> {
    /** Logits that are unembedded at once, so that a long text takes no more memory than a short one. */
    private static final long CHUNK_LOGITS = 1L << 24;

    private static final long BYTES_OF_A_NUMBER = 8;

    /**
     * A text, and what is done to the model while it reads it.
     *
     * @param ids of T tokens
     */
    public record Run(List<Integer> ids, Interventions interventions) {
        public Run {
            ids = List.copyOf(ids);
        }
    }

    public TextPredictions {
        runs = List.copyOf(runs);
        tracked = List.copyOf(tracked);
        if (runs.isEmpty() || runs.get(0).ids().isEmpty()) {
            throw new IllegalArgumentException("there is no text, at least one token is needed");
        }
        int length = runs.get(0).ids().size();
        for (Run run : runs) {
            if (run.ids().size() != length) {
                throw new IllegalArgumentException(
                        "a text has " + run.ids().size() + " tokens, another " + length + "; they run as one batch");
            }
        }
    }

    /**
     * The predictions of all runs.
     *
     * @param runs as asked
     * @param positions what is predicted after each of the T tokens
     * @param losses of each run, nats at each position for its own next token, T - 1 values
     * @param applied at how many tokens of each run something was done
     */
    public record Answer(List<Run> runs, List<At> positions, double[][] losses, long[] applied) {
        /** How unexpected a token was to the model that had read those before it, in bits; NaN for the first. */
        public double surprisal(int run, int position) {
            return position == 0 ? Double.NaN : losses[run][position - 1] / Math.log(2);
        }

        /** The loss at a position for the token after it, in nats; NaN at the last one. */
        public double loss(int run, int position) {
            return position < losses[run].length ? losses[run][position] : Double.NaN;
        }

        /** Mean loss of a run in nats per token; NaN for a single token. */
        public double meanLoss(int run) {
            return java.util.Arrays.stream(losses[run]).average().orElse(Double.NaN);
        }
    }

    /**
     * What is predicted after one token.
     *
     * @param ids the tokens that are likeliest in any of the runs, those of the first run first
     * @param logProbabilities natural logarithm of each one's probability in each run, [run][token]
     * @param entropies of each run's prediction, in nats
     * @param divergences of each run's prediction from the first one's, in nats; 0 for the first
     * @param tracked ln of the probability of each tracked token in each run, [run][token]
     * @param ranks of each tracked token in each run, from 1
     */
    public record At(
            int[] ids,
            double[][] logProbabilities,
            double[] entropies,
            double[] divergences,
            double[][] tracked,
            int[][] ranks) {}

    @Override
    public Answer answer(Scope scope) {
        LanguageModel lm = scope.model(model);
        int length = runs.get(0).ids().size();
        int vocabulary = lm.config().vocabularySize();
        for (int token : tracked) {
            if (token < 0 || token >= vocabulary) {
                throw new Refusal("Token " + token + " is none of the model's", "0 to " + (vocabulary - 1), "");
            }
        }
        int[][] batch = runs.stream().map(run -> Runs.array(run.ids())).toArray(int[][]::new);
        InterventionHook hook = new InterventionHook(
                scope, model, runs.stream().map(Run::interventions).toList(), length);
        hook.next(batch, 0);
        Logits ending = Runs.ending(hook);
        NDArray end = lm.forward(scope.arrays(), Input.of(batch), hook, null, ending, scope.cancellation());
        int chunk = (int) Math.max(1, Math.min(length, CHUNK_LOGITS / ((long) vocabulary * runs.size())));
        double[][] losses = new double[runs.size()][length - 1];
        List<At> positions = new ArrayList<>();
        for (int from = 0; from < length; from += chunk) {
            scope.cancellation().check();
            int to = Math.min(length, from + chunk);
            HostTensor logits = chunk(lm, end, ending, from, to, vocabulary);
            for (int t = from; t < to; t++) {
                positions.add(at(logits, t, t - from, to - from, losses));
            }
        }
        return new Answer(
                runs,
                List.copyOf(positions),
                losses,
                IntStream.range(0, runs.size()).mapToLong(hook::applied).toArray());
    }

    /** The logits of some positions, (B * (to - from), V). */
    private HostTensor chunk(LanguageModel lm, NDArray end, Logits ending, int from, int to, int vocabulary) {
        try (NDArray some = end.get(":, {}:{}", from, to);
                NDArray logits = ending == Logits.ALL ? some.duplicate() : lm.logits(some)) {
            return new HostTensor(DeviceArrays.floats(logits), runs.size() * (to - from), vocabulary);
        }
    }

    private At at(HostTensor logits, int position, int row, int rowsOfRun, double[][] losses) {
        int width = logits.size(-1);
        int[] rows = IntStream.range(0, runs.size())
                .map(run -> run * rowsOfRun + row)
                .toArray();
        double[] norms = new double[rows.length];
        double[] entropies = new double[rows.length];
        double[] divergences = new double[rows.length];
        double[] first = new double[width];
        double[] own = new double[width];
        Set<Integer> listed = new LinkedHashSet<>();
        SmallestK best = new SmallestK();
        for (int run = 0; run < rows.length; run++) {
            int offset = rows[run] * width;
            // every exponential is taken once, since they are most of the time that a strength takes to show
            double[] p = run == 0 ? first : own;
            norms[run] = number(LogProbabilities.probabilities(logits.data(), offset, width, p));
            entropies[run] = entropy(p, logits.data(), offset, norms[run]);
            divergences[run] = run == 0
                    ? 0
                    : InterventionEffects.divergence(first, norms[0], logits, rows[0], norms[run], logits, rows[run]);
            best.reset(Math.min(top, width));
            for (int id = 0; id < width; id++) {
                best.offer(-logits.data()[offset + id], id);
            }
            int found = best.finish();
            for (int rank = 0; rank < found; rank++) {
                listed.add(best.id(rank));
            }
            if (position < losses[run].length) {
                int next = runs.get(run).ids().get(position + 1);
                losses[run][position] = norms[run] - logits.data()[offset + next];
            }
        }
        int[] ids = listed.stream().mapToInt(Integer::intValue).toArray();
        int[] wanted = Runs.array(tracked);
        double[][] known = new double[rows.length][];
        double[][] followed = new double[rows.length][];
        int[][] ranks = new int[rows.length][];
        for (int run = 0; run < rows.length; run++) {
            int offset = rows[run] * width;
            double norm = norms[run];
            known[run] = IntStream.of(ids)
                    .mapToDouble(id -> logits.data()[offset + id] - norm)
                    .toArray();
            followed[run] = IntStream.of(wanted)
                    .mapToDouble(id -> logits.data()[offset + id] - norm)
                    .toArray();
            ranks[run] = IntStream.of(wanted)
                    .map(id -> rank(logits.data(), offset, width, id))
                    .toArray();
        }
        return new At(ids, known, entropies, divergences, followed, ranks);
    }

    /** How many tokens are likelier, and one more. */
    private static int rank(float[] logits, int offset, int width, int id) {
        int likelier = 0;
        for (int other = 0; other < width; other++) {
            likelier += logits[offset + other] > logits[offset + id] ? 1 : 0;
        }
        return likelier + 1;
    }

    private static double entropy(double[] p, float[] logits, int offset, double norm) {
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            double term = p[i] * (logits[offset + i] - norm);
            sum -= Double.isNaN(term) ? 0 : term; // a logit of minus infinity has no part in it
        }
        return sum;
    }

    private double number(double norm) {
        if (runs.stream().anyMatch(run -> !run.interventions().isEmpty())) {
            return Runs.number(norm);
        }
        if (Double.isNaN(norm)) {
            throw new Refusal("The model's predictions are no numbers, because weights of it are not");
        }
        return norm;
    }

    @Override
    public long bytes(Answer answer) {
        long numbers = 0;
        for (At at : answer.positions()) {
            numbers += 16 + (long) at.ids().length * (1 + runs.size()) + 2L * tracked.size() * runs.size();
        }
        return BYTES_OF_A_NUMBER * numbers;
    }
}
