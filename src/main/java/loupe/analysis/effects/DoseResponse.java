package loupe.analysis.effects;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;
import loupe.analysis.DeviceArrays;
import loupe.analysis.effects.Intervention.Target;
import loupe.analysis.prompts.LogProbabilities;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.SaeId;
import loupe.inference.Scope;
import loupe.lm.Hook;
import loupe.lm.Input;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import loupe.tensor.HostTensor;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a model's predictions and texts as a feature is pushed by more and more: h + dose v at every token,
 * with v the feature's decoder row, so that a dose is in units of its activation. Beside it the controls that say
 * whether it is this feature that matters: the same dose the other way, and changes of the same length along random
 * directions and along other features.
 *
 * @param prompts at least one, each of at least one token
 * @param doses in the order in which they are answered
 * @param directions of each kind of random control; 0 for none
 * @param chosen tokens whose probability together is followed; none for none
 * @param tokens generated after each prompt at each dose; 0 for none
 * @param seeds texts for each prompt at each dose, drawn with the seeds from that of {@code sampling} on; where nothing
 *     is drawn, one text stands for all
 */
public record DoseResponse(
        ModelId model,
        SaeId sae,
        int feature,
        List<List<Integer>> prompts,
        List<Double> doses,
        int directions,
        Set<Integer> chosen,
        int tokens,
        int seeds,
        Sampling sampling)
        implements Query.Stepped<DoseResponse.Answer> {
    /** Tokens computed in one step on the prompts. */
    private static final int STEP_TOKENS = 512;

    /** Texts that are generated together. */
    private static final int TEXTS = 16;

    public DoseResponse {
        prompts = prompts.stream().map(List::copyOf).toList();
        doses = List.copyOf(doses);
        chosen = Collections.unmodifiableSet(new LinkedHashSet<>(chosen));
        if (prompts.isEmpty() || prompts.stream().anyMatch(List::isEmpty)) {
            throw new IllegalArgumentException("prompts are " + prompts + ", at least one of one token is needed");
        }
        if (doses.isEmpty() || directions < 0 || tokens < 0 || seeds < 1) {
            throw new IllegalArgumentException(
                    "doses are " + doses + ", directions " + directions + ", tokens " + tokens + ", seeds " + seeds);
        }
    }

    /** What is pushed. */
    public enum Arm {
        /** The feature. */
        FEATURE("feature"),
        /** The feature by the dose with its sign turned. */
        WRONG_SIGN("wrong sign"),
        /** Random directions, by a vector of the same length. */
        RANDOM_DIRECTION("random direction"),
        /** Other features of the checkpoint, by a vector of the same length. */
        RANDOM_FEATURE("random feature");

        private final String label;

        Arm(String label) {
            this.label = label;
        }

        @Override
        public String toString() {
            return label;
        }
    }

    /**
     * The curves so far.
     *
     * @param curves of the arms that are asked, in their order
     * @param others the features of {@link Arm#RANDOM_FEATURE}
     * @param length of the change that a dose of 1 makes
     */
    public record Answer(List<Curve> curves, List<Integer> others, double length) {}

    /** One arm, at all doses that are computed. */
    public record Curve(Arm arm, List<Point> points) {}

    /**
     * What one dose does, means over prompts, positions and directions. Numbers that were not asked for are empty.
     *
     * @param kl divergence of the predictions on the prompts from those without, nats a token
     * @param activation of the feature as the checkpoint reads the changed values of the prompts; empty for one that
     *     reads elsewhere than it writes
     * @param logProbability of the chosen tokens together after the prompts, nats
     * @param perplexity of the generated texts under the model as it is, by its mean nats a token
     * @param texts that were generated, by prompt, direction and seed
     */
    public record Point(
            double dose,
            double kl,
            OptionalDouble activation,
            OptionalDouble logProbability,
            OptionalDouble perplexity,
            List<List<Integer>> texts) {}

    /** Doses at equal distances, both ends among them. */
    public static List<Double> evenly(double least, double most, int count) {
        List<Double> doses = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            doses.add(count == 1 ? most : least + (most - least) * i / (count - 1));
        }
        return List.copyOf(doses);
    }

    @Override
    public Curves begin() {
        return new Curves();
    }

    private int texts() {
        return sampling.temperature() == 0 ? 1 : seeds;
    }

    /** One push of one dose, on all prompts. */
    private static final class Cell {
        private final Arm arm;
        private final double dose;
        private final Interventions done;
        private double kl;
        private double activation;
        private double logProbability;
        private double nats;
        private long positions;
        private final List<List<Integer>> texts = new ArrayList<>();

        Cell(Arm arm, double dose, Interventions done) {
            this.arm = arm;
            this.dose = dose;
            this.done = done;
        }
    }

    /** Rows of one batch: a text of a cell. */
    private record Row(Cell cell, long seed) {}

    /** The prompts under all doses first, then the texts. */
    public final class Curves implements Query.Sweep<Answer> {
        private final List<Cell> cells = new ArrayList<>();
        private final List<Integer> others = new ArrayList<>();
        private double length;
        private boolean readsBack;
        private int prompt;
        private int cell;
        private @Nullable HostTensor clean;
        private @Nullable Continuations running;
        private List<Row> rows = List.of();
        private int text;
        private long stepsDone;

        private Curves() {}

        @Override
        public boolean step(Scope scope) {
            if (cells.isEmpty()) {
                makeCells(scope);
            } else if (!promptsDone()) {
                readPrompts(scope);
            } else {
                generate(scope);
            }
            return stepsDone < steps();
        }

        private boolean promptsDone() {
            return stepsDone >= (long) prompts.size() * cells.size();
        }

        /** Cells on each prompt, then texts. */
        private long steps() {
            long each = cells.isEmpty() ? 1 : (long) prompts.size() * cells.size();
            return tokens == 0 ? each : each + each * texts();
        }

        private void makeCells(Scope scope) {
            PlacedSae placed = PlacedSae.of(scope, model, sae);
            placed.require(feature);
            readsBack = placed.readsAt().equals(placed.writesAt());
            float[] own = placed.direction(scope.arrays(), feature);
            length = length(own);
            Random random = new Random(sampling.seed());
            for (double dose : doses) {
                cells.add(new Cell(Arm.FEATURE, dose, pushed(new Target.Feature(sae, feature), dose, false)));
                cells.add(new Cell(Arm.WRONG_SIGN, dose, pushed(new Target.Feature(sae, feature), -dose, false)));
            }
            for (int i = 0; i < directions; i++) {
                float[] drawn = new float[own.length];
                for (int j = 0; j < drawn.length; j++) {
                    drawn[j] = (float) random.nextGaussian();
                }
                Target direction = new Target.Direction(placed.writesAt(), new HostTensor(drawn, drawn.length));
                for (double dose : doses) {
                    cells.add(new Cell(Arm.RANDOM_DIRECTION, dose, pushed(direction, dose * length, true)));
                }
            }
            for (int i = 0; i < Math.min(directions, placed.features() - 1); i++) {
                int other;
                do {
                    other = random.nextInt(placed.features());
                } while (other == feature || others.contains(other));
                others.add(other);
                for (double dose : doses) {
                    cells.add(new Cell(
                            Arm.RANDOM_FEATURE, dose, pushed(new Target.Feature(sae, other), dose * length, true)));
                }
            }
        }

        private Interventions pushed(Target target, double strength, boolean unit) {
            return Interventions.of(
                    List.of(new Intervention(target, new Intervention.Add(strength, unit), Positions.ALL)));
        }

        /** One prompt under some of the cells. */
        private void readPrompts(Scope scope) {
            List<Integer> ids = prompts.get(prompt);
            HostTensor before = clean;
            if (before == null) {
                List<HostTensor> own = new ArrayList<>();
                eachLogits(scope, List.of(ids), List.of(Interventions.NONE), null, (row, logits) -> own.add(logits));
                before = own.get(0);
                clean = before;
            }
            int count = Math.min(cells.size() - cell, Math.max(1, STEP_TOKENS / ids.size()));
            List<Cell> some = cells.subList(cell, cell + count);
            ReadBack back = readsBack ? new ReadBack(PlacedSae.of(scope, model, sae), feature) : null;
            HostTensor unchanged = before;
            double[] kl = new double[count];
            double[] logProbability = new double[count];
            eachLogits(
                    scope,
                    Collections.nCopies(count, ids),
                    some.stream().map(one -> one.done).toList(),
                    back,
                    (row, logits) -> {
                        for (int t = 0; t < ids.size(); t++) {
                            kl[row] += Runs.number(InterventionEffects.divergence(unchanged, logits, t)) / ids.size();
                        }
                        logProbability[row] = together(logits, ids.size() - 1);
                    });
            for (int i = 0; i < count; i++) {
                Cell one = some.get(i);
                one.kl += kl[i] / prompts.size();
                one.logProbability += logProbability[i] / prompts.size();
                one.activation += back == null ? 0 : back.mean(i) / prompts.size();
            }
            stepsDone += count;
            cell += count;
            if (cell == cells.size()) {
                cell = 0;
                clean = null;
                prompt = (prompt + 1) % prompts.size();
            }
        }

        /**
         * Runs texts of one length, each under its own interventions.
         *
         * @param use takes each row's logits (T, V), one after the other, so that one of them is on the host at a time
         */
        private void eachLogits(
                Scope scope,
                List<List<Integer>> ids,
                List<Interventions> done,
                @Nullable ReadBack back,
                BiConsumer<Integer, HostTensor> use) {
            LanguageModel lm = scope.model(model);
            int[][] batch = ids.stream().map(Runs::array).toArray(int[][]::new);
            InterventionHook hook = new InterventionHook(scope, model, done, batch[0].length);
            hook.next(batch, 0);
            Hook shown = back == null ? hook : back.behind(hook);
            NDArray end = lm.forward(scope.arrays(), Input.of(batch), shown, null, Logits.NONE, scope.cancellation());
            for (int row = 0; row < batch.length; row++) {
                scope.cancellation().check();
                try (NDArray own = end.get(row);
                        NDArray logits = lm.logits(own)) {
                    use.accept(
                            row,
                            new HostTensor(
                                    DeviceArrays.floats(logits),
                                    batch[row].length,
                                    lm.config().vocabularySize()));
                }
            }
        }

        /** ln of the probability of the chosen tokens together. */
        private double together(HostTensor logits, int position) {
            int width = logits.size(-1);
            double norm = LogProbabilities.logSumExp(logits.data(), position * width, width);
            float[] some = new float[chosen.size()];
            int i = 0;
            for (int token : chosen) {
                some[i++] = logits.get(position, token);
            }
            return some.length == 0 ? 0 : LogProbabilities.logSumExp(some, 0, some.length) - norm;
        }

        /** A few tokens of some texts, or, once they are whole, how the model as it is takes them. */
        private void generate(Scope scope) {
            List<Integer> ids = prompts.get(prompt);
            Continuations now = running;
            if (now == null) {
                int whole = cells.size() * texts();
                rows = new ArrayList<>();
                for (int i = text; i < Math.min(text + TEXTS, whole); i++) {
                    rows.add(new Row(cells.get(i / texts()), sampling.seed() + i % texts()));
                }
                now = new Continuations(
                        model,
                        ids,
                        rows.stream().map(row -> row.cell.done).toList(),
                        rows.stream().map(Row::seed).toList(),
                        tokens,
                        sampling,
                        false);
                running = now;
            }
            if (now.generated() < tokens) {
                now.step(scope);
                return;
            }
            List<List<Integer>> texts =
                    now.texts().stream().map(Generation.Text::ids).toList();
            List<List<Integer>> whole = texts.stream()
                    .map(made -> {
                        List<Integer> all = new ArrayList<>(ids);
                        all.addAll(made);
                        return all;
                    })
                    .toList();
            double[] nats = new double[rows.size()];
            eachLogits(scope, whole, Collections.nCopies(whole.size(), Interventions.NONE), null, (row, logits) -> {
                for (int i = 0; i < tokens; i++) {
                    nats[row] -= LogProbabilities.at(
                            logits, ids.size() - 1 + i, texts.get(row).get(i));
                }
            });
            for (int row = 0; row < nats.length; row++) {
                Cell one = rows.get(row).cell;
                one.nats += nats[row];
                one.positions += tokens;
                one.texts.add(texts.get(row));
            }
            stepsDone += rows.size();
            text += rows.size();
            running = null;
            if (text == cells.size() * texts()) {
                text = 0;
                prompt++;
            }
        }

        @Override
        public Answer result() {
            boolean read = promptsDone() && !cells.isEmpty();
            List<Curve> curves = new ArrayList<>();
            for (Arm arm : Arm.values()) {
                List<Point> points = new ArrayList<>();
                for (double dose : doses) {
                    List<Cell> same = cells.stream()
                            .filter(one -> one.arm == arm && one.dose == dose)
                            .toList();
                    if (read && !same.isEmpty()) {
                        points.add(point(dose, same));
                    }
                }
                if (!points.isEmpty()) {
                    curves.add(new Curve(arm, List.copyOf(points)));
                }
            }
            return new Answer(List.copyOf(curves), List.copyOf(others), length);
        }

        private Point point(double dose, List<Cell> same) {
            long positions = same.stream().mapToLong(one -> one.positions).sum();
            return new Point(
                    dose,
                    mean(same.stream().mapToDouble(one -> one.kl)),
                    readsBack
                            ? OptionalDouble.of(mean(same.stream().mapToDouble(one -> one.activation)))
                            : OptionalDouble.empty(),
                    chosen.isEmpty()
                            ? OptionalDouble.empty()
                            : OptionalDouble.of(mean(same.stream().mapToDouble(one -> one.logProbability))),
                    positions == 0
                            ? OptionalDouble.empty()
                            : OptionalDouble.of(Math.exp(
                                    same.stream().mapToDouble(one -> one.nats).sum() / positions)),
                    same.stream().flatMap(one -> one.texts.stream()).toList());
        }

        private static double mean(DoubleStream values) {
            return values.average().orElseThrow();
        }

        @Override
        public double fraction() {
            double running = this.running == null ? 0 : this.running.fraction() * rows.size();
            return Math.min(1, (stepsDone + running) / steps());
        }
    }

    private static double length(float[] vector) {
        double[] wide = new double[vector.length];
        Arrays.setAll(wide, i -> vector[i]);
        return Math.sqrt(Arrays.stream(wide).map(value -> value * value).sum());
    }

    /** Reads a feature of the values that interventions have changed, in each row. */
    private static final class ReadBack {
        private final PlacedSae sae;
        private final int feature;
        private double[] means = {};

        ReadBack(PlacedSae sae, int feature) {
            this.sae = sae;
            this.feature = feature;
        }

        double mean(int row) {
            return means[row];
        }

        Hook behind(InterventionHook first) {
            return new Hook() {
                @Override
                public boolean wants(HookPoint point) {
                    return point.equals(sae.readsAt()) || first.wants(point);
                }

                @Override
                public NDArray at(HookPoint point, NDArray value) {
                    NDArray changed = first.wants(point) ? first.at(point, value) : value;
                    if (point.equals(sae.readsAt())) {
                        read(changed);
                    }
                    return changed;
                }
            };
        }

        private void read(NDArray value) {
            int count = Math.toIntExact(value.getShape().get(0));
            means = new double[count];
            for (int row = 0; row < count; row++) {
                float[] read = DeviceArrays.floats(
                        sae.read(value.get(row + ":" + (row + 1))).features().get(":, " + feature));
                for (float activation : read) {
                    means[row] += activation / read.length;
                }
            }
        }
    }

    @Override
    public long bytes(Answer answer) {
        LongStream ids = answer.curves().stream()
                .flatMap(curve -> curve.points().stream())
                .flatMap(point -> point.texts().stream())
                .mapToLong(List::size);
        return 256 + 16 * ids.sum();
    }
}
