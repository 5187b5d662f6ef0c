package loupe.analysis.effects;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import loupe.analysis.DeviceArrays;
import loupe.analysis.prompts.LogProbabilities;
import loupe.inference.ModelId;
import loupe.inference.Query;
import loupe.inference.Scope;
import loupe.lm.Input;
import loupe.lm.KeyValueCache;
import loupe.lm.KeyValues;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import loupe.tensor.HostTensor;

/**
 * Text that a model generates after a prompt, as it is and under interventions, side by side: both texts are rows of
 * one batch, so that two cost little more than one. Both draw from the same random numbers.
 *
 * <p>Earlier tokens' keys and values are kept between steps on the device; where they had to make room, they are
 * computed again, which gives the same text.
 *
 * @param ids the prompt, T tokens
 * @param tokens how many are generated
 * @param keepsLogits whether the logits at the prompt's positions are wanted
 */
public record Generation(
        ModelId model,
        List<Integer> ids,
        Interventions interventions,
        int tokens,
        Sampling sampling,
        boolean keepsLogits)
        implements Query.Stepped<Generation.Answer> {
    /** Tokens generated in one step, unless nothing else waits. */
    private static final int TOKENS_PER_STEP = 2;

    private static final int MOST_TOKENS_PER_STEP = 8;

    /** Of keys and values of all layers. */
    private static final int TOKEN_AXIS = 3;

    public Generation {
        ids = List.copyOf(ids);
        if (ids.isEmpty() || tokens < 0) {
            throw new IllegalArgumentException("ids are " + ids + ", tokens " + tokens);
        }
    }

    /**
     * Both texts so far.
     *
     * @param applied tokens of the prompt and of the text at which something was done, once for each place
     */
    public record Answer(Text plain, Text steered, long applied) {}

    /**
     * A generated text.
     *
     * @param logProbabilities of its tokens, in nats, as the model (under the interventions) gives them before any
     *     penalty or temperature
     * @param promptLogits (T, V); empty if they were not asked for, or nothing is done yet
     */
    public record Text(List<Integer> ids, List<Double> logProbabilities, Optional<HostTensor> promptLogits) {}

    @Override
    public Run begin() {
        return new Run();
    }

    /** One row of the batch. */
    private static final class Lane {
        private final Interventions done;
        private final Random random;
        private final List<Integer> ids = new ArrayList<>();
        private final List<Double> logProbabilities = new ArrayList<>();
        private final Map<Integer, Integer> counts = new HashMap<>();
        private Optional<HostTensor> promptLogits = Optional.empty();

        Lane(Interventions done, long seed) {
            this.done = done;
            this.random = new Random(seed);
        }

        void add(HostTensor logits, Sampling sampling) {
            int token = sampling.pick(logits.data(), counts, random);
            ids.add(token);
            counts.merge(token, 1, Integer::sum);
            double logProbability = LogProbabilities.at(logits, 0, token);
            logProbabilities.add(done.isEmpty() ? logProbability : Runs.number(logProbability));
        }

        Text text() {
            return new Text(List.copyOf(ids), List.copyOf(logProbabilities), promptLogits);
        }
    }

    /** The prompt's pass, then a few tokens a step. */
    public final class Run implements Query.Sweep<Answer> {
        private final List<Lane> lanes = new ArrayList<>();
        private boolean hasPrompt;
        private long applied;

        private Run() {
            lanes.add(new Lane(Interventions.NONE, sampling.seed()));
            if (!interventions.isEmpty()) {
                lanes.add(new Lane(interventions, sampling.seed()));
            }
        }

        @Override
        public boolean step(Scope scope) {
            if (!hasPrompt) {
                readPrompt(scope);
                return tokens > 1;
            }
            int most = Math.min(
                    scope.othersWait() ? TOKENS_PER_STEP : MOST_TOKENS_PER_STEP, tokens - generated());
            NDArray past = past(scope);
            long[] room = past.getShape().getShape().clone();
            room[TOKEN_AXIS] = most;
            InterventionHook hook = hook(scope);
            // with room for the tokens of this step, so that none of them has all before it copied
            NDArray joined = past.concat(scope.arrays().zeros(new Shape(room)), TOKEN_AXIS);
            joined.attach(scope.arrays());
            long before = applied;
            for (int i = 0; i < most; i++) {
                addToken(scope, hook, joined);
                applied = before + hook.applied(lanes.size() - 1);
            }
            keep(scope, joined);
            return generated() < tokens;
        }

        private int generated() {
            return lanes.get(0).ids.size();
        }

        private InterventionHook hook(Scope scope) {
            return new InterventionHook(
                    scope, model, lanes.stream().map(lane -> lane.done).toList(), ids.size());
        }

        private void readPrompt(Scope scope) {
            LanguageModel lm = scope.model(model);
            InterventionHook hook = hook(scope);
            KeyValueCache cache = KeyValueCache.empty();
            int[][] rows = rows(0);
            hook.next(rows, 0);
            NDArray logits = lm.forward(
                    scope.arrays(),
                    Input.of(rows),
                    hook,
                    cache,
                    keepsLogits ? Logits.ALL : Logits.LAST,
                    scope.cancellation());
            for (int row = 0; row < lanes.size(); row++) {
                Lane lane = lanes.get(row);
                HostTensor own = host(logits.get(row));
                if (keepsLogits) {
                    lane.promptLogits = Optional.of(own);
                }
                if (tokens > 0) {
                    lane.add(new HostTensor(own.row(own.rows() - 1), 1, own.size(-1)), sampling);
                }
            }
            applied += hook.applied(lanes.size() - 1);
            hasPrompt = true;
            keep(scope, joined(cache.added()));
        }

        /**
         * Feeds each text's newest token and chooses the next.
         *
         * @param joined keys and values as {@link #past} gives them, with room for those that are added
         */
        private void addToken(Scope scope, InterventionHook hook, NDArray joined) {
            scope.cancellation().check();
            int position = ids.size() + generated() - 1;
            int[][] newest = lanes.stream()
                    .map(lane -> new int[] {lane.ids.get(generated() - 1)})
                    .toArray(int[][]::new);
            hook.next(newest, position);
            try (NDManager pass = scope.arrays().newSubManager()) {
                NDArray read = joined.get(tokensOf(0, position));
                read.attach(pass);
                KeyValueCache cache =
                        KeyValueCache.empty().withOwn(layers(read), pass.zeros(new Shape(lanes.size(), position)));
                NDArray logits = scope.model(model)
                        .forward(
                                pass,
                                Input.of(newest).startingAt(position),
                                hook,
                                cache,
                                Logits.LAST,
                                scope.cancellation());
                for (int row = 0; row < lanes.size(); row++) {
                    lanes.get(row).add(host(logits.get(row)), sampling);
                }
                joined.set(tokensOf(position, position + 1), joined(cache.added()));
            }
        }

        private static NDIndex tokensOf(long from, long to) {
            NDIndex index = new NDIndex();
            for (int axis = 0; axis < TOKEN_AXIS; axis++) {
                index.addAllDim();
            }
            return index.addSliceDim(from, to);
        }

        /** The tokens of all rows but the newest {@code without} ones. */
        private int[][] rows(int without) {
            return lanes.stream()
                    .map(lane -> IntStream.concat(
                                    ids.stream().mapToInt(Integer::intValue),
                                    lane.ids.stream()
                                            .limit(lane.ids.size() - (long) without)
                                            .mapToInt(Integer::intValue))
                            .toArray())
                    .toArray(int[][]::new);
        }

        /**
         * Keys and values of all tokens but the newest, as the last step has left them or computed again: (2 layers, B,
         * K, S, dHead), those of a layer one after the other.
         */
        private NDArray past(Scope scope) {
            return scope.kept(new Past(Generation.this, generated()), () -> {
                KeyValueCache cache = KeyValueCache.empty();
                InterventionHook hook = hook(scope);
                int[][] rows = rows(1);
                hook.next(rows, 0);
                scope.model(model)
                        .forward(scope.arrays(), Input.of(rows), hook, cache, Logits.NONE, scope.cancellation());
                return joined(cache.added());
            });
        }

        private static List<KeyValues> layers(NDArray joined) {
            List<KeyValues> layers = new ArrayList<>();
            for (long at = 0; at < joined.getShape().get(0); at += 2) {
                layers.add(new KeyValues(joined.get(at), joined.get(at + 1)));
            }
            return layers;
        }

        private void keep(Scope scope, NDArray past) {
            if (generated() < tokens) {
                scope.kept(new Past(Generation.this, generated()), () -> past);
            }
        }

        private static NDArray joined(List<KeyValues> layers) {
            NDList all = new NDList();
            for (KeyValues layer : layers) {
                all.add(layer.keys());
                all.add(layer.values());
            }
            return NDArrays.stack(all);
        }

        private static HostTensor host(NDArray rows) {
            Shape shape = rows.getShape();
            return new HostTensor(
                    DeviceArrays.floats(rows), Math.toIntExact(shape.get(0)), Math.toIntExact(shape.get(1)));
        }

        @Override
        public Answer result() {
            return new Answer(lanes.get(0).text(), lanes.get(lanes.size() - 1).text(), applied);
        }

        @Override
        public double fraction() {
            return tokens == 0 ? 0 : (double) generated() / tokens;
        }
    }

    /**
     * The key under which keys and values stay between steps.
     *
     * @param generated tokens chosen by then; the newest has not been read
     */
    private record Past(Generation of, int generated) {}

    /** False: logits of a long prompt take hundreds of megabytes. */
    @Override
    public boolean cacheable() {
        return !keepsLogits;
    }
}
