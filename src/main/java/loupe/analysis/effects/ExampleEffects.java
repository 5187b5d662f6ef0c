package loupe.analysis.effects;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import loupe.analysis.prompts.LogProbabilities;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.tensor.HostTensor;

/**
 * What interventions change of the predictions at the last tokens of many texts, such as a feature's examples in a
 * corpus, which end where it is active.
 *
 * @param top how many tokens that are helped and hurt most on average; 0 to leave out what all tokens need
 */
public record ExampleEffects(ModelId model, List<Text> texts, Interventions done, int top)
        implements Query.Stepped<ExampleEffects.Answer> {
    /** Tokens computed in one step. */
    private static final int STEP_TOKENS = 512;

    public ExampleEffects {
        texts = List.copyOf(texts);
    }

    /**
     * A text.
     *
     * @param ids up to the token whose prediction is looked at
     * @param next the token that follows it in the corpus; empty at the end of a document or context
     */
    public record Text(List<Integer> ids, OptionalInt next) {
        public Text {
            ids = List.copyOf(ids);
            if (ids.isEmpty()) {
                throw new IllegalArgumentException("ids are empty, at least one token is needed");
            }
        }
    }

    /**
     * For each text, in the order in which they were given, NaN while it is not known.
     *
     * @param ce nats of the token that follows, without interventions; NaN where none follows
     * @param ceWith nats of it under the interventions
     * @param kl divergence of the predictions under the interventions from those without, in nats
     * @param moved by their mean change over the texts
     */
    public record Answer(double[] ce, double[] ceWith, double[] kl, MovedTokens moved) {
        /** What the interventions add to the loss, for each text. */
        public double[] deltaCe() {
            double[] added = new double[ce.length];
            Arrays.setAll(added, i -> ceWith[i] - ce[i]);
            return added;
        }
    }

    /**
     * What is known at the last token of a text.
     *
     * @param plain logits without interventions, (1, V)
     * @param changed and under them
     * @param predicted by the logit weights; empty if that is not known
     */
    private record Ends(HostTensor plain, HostTensor changed, float[] predicted) {}

    @Override
    public Effects begin() {
        return new Effects();
    }

    /** Texts of about one length together, the shortest first. */
    public final class Effects implements Query.Sweep<Answer> {
        private final List<List<Integer>> batches = batches();
        private final double[] ce = unknown();
        private final double[] ceWith = unknown();
        private final double[] kl = unknown();
        private double[] before = {};
        private double[] change = {};
        private double[] predicted = {};
        private boolean isPredicted = true;
        private int texts;
        private int done;

        private Effects() {}

        private double[] unknown() {
            double[] values = new double[ExampleEffects.this.texts.size()];
            Arrays.fill(values, Double.NaN);
            return values;
        }

        private List<List<Integer>> batches() {
            List<Integer> order = IntStream.range(0, ExampleEffects.this.texts.size())
                    .boxed()
                    .sorted(Comparator.comparingInt(i -> length(i)))
                    .toList();
            List<List<Integer>> found = new ArrayList<>();
            for (int from = 0; from < order.size(); ) {
                int to = from + 1;
                while (to < order.size() && (to - from + 1) * length(order.get(to)) <= STEP_TOKENS) {
                    to++;
                }
                found.add(order.subList(from, to));
                from = to;
            }
            return found;
        }

        private int length(int text) {
            return ExampleEffects.this.texts.get(text).ids().size();
        }

        @Override
        public boolean step(Scope scope) {
            if (batches.isEmpty()) {
                return false;
            }
            List<Integer> batch = batches.get(done);
            int longest = length(batch.get(batch.size() - 1));
            PairedRun run = PairedRun.of(
                    scope,
                    model,
                    batch.stream().map(text -> padded(text, longest)).toArray(int[][]::new),
                    ExampleEffects.this.done);
            List<Ends> ends = new ArrayList<>();
            for (int row = 0; row < batch.size(); row++) {
                int last = length(batch.get(row)) - 1;
                ends.add(new Ends(
                        run.logits(false, row, last, last + 1),
                        run.logits(true, row, last, last + 1),
                        top == 0 ? new float[0] : run.predicted(row, last).orElse(new float[0])));
            }
            int tokens = run.lm().tokens();
            for (int row = 0; row < batch.size(); row++) {
                compare(ends.get(row), batch.get(row), tokens);
            }
            done++;
            return done < batches.size();
        }

        /** What follows the last token cannot matter to it. */
        private int[] padded(int text, int longest) {
            List<Integer> ids = ExampleEffects.this.texts.get(text).ids();
            return IntStream.range(0, longest)
                    .map(t -> ids.get(Math.min(t, ids.size() - 1)))
                    .toArray();
        }

        private void compare(Ends ends, int text, int tokens) {
            HostTensor plain = ends.plain();
            HostTensor changed = ends.changed();
            kl[text] = Runs.number(InterventionEffects.divergence(plain, changed, 0));
            ExampleEffects.this.texts.get(text).next().ifPresent(id -> {
                ce[text] = -LogProbabilities.at(plain, 0, id);
                ceWith[text] = -LogProbabilities.at(changed, 0, id);
            });
            texts++;
            if (top == 0) {
                return;
            }
            if (before.length == 0) {
                before = new double[tokens];
                change = new double[tokens];
                predicted = new double[tokens];
            }
            double[] own = TokenEffects.logProbabilities(plain, 0, tokens);
            double[] with = TokenEffects.logProbabilities(changed, 0, tokens);
            isPredicted &= ends.predicted().length > 0;
            for (int v = 0; v < tokens; v++) {
                before[v] += own[v];
                change[v] += with[v] - own[v];
                predicted[v] += isPredicted ? ends.predicted()[v] : 0;
            }
        }

        @Override
        public Answer result() {
            int count = texts;
            MovedTokens moved = top == 0 || count == 0
                    ? MovedTokens.NONE
                    : MovedTokens.of(
                            mean(before, count),
                            mean(change, count),
                            isPredicted ? mean(predicted, count) : new double[0],
                            top);
            return new Answer(ce.clone(), ceWith.clone(), kl.clone(), moved);
        }

        private static double[] mean(double[] sums, int count) {
            return Arrays.stream(sums).map(sum -> sum / count).toArray();
        }

        @Override
        public double fraction() {
            return batches.isEmpty() ? 1 : (double) done / batches.size();
        }
    }

    @Override
    public long bytes(Answer answer) {
        return 128 + 24L * texts.size() + 48L * 2 * top;
    }
}
