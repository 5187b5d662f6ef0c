package loupe.analysis.effects;

import ai.djl.ndarray.NDArray;
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
import loupe.inference.Scope;
import loupe.lm.Input;
import loupe.lm.KeyValueCache;
import loupe.lm.KeyValues;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import loupe.tensor.HostTensor;

/**
 * Texts that continue one prompt, each under interventions of its own: rows of one batch, so that a token of all of
 * them reads the weights once. A few tokens a step.
 *
 * <p>Earlier tokens' keys and values are kept between steps on the device; where they had to make room, they are
 * computed again, which gives the same text.
 */
final class Continuations {
    /** Tokens generated in one step while others wait. */
    private static final int TOKENS_PER_STEP = 2;

    private static final int MOST_TOKENS_PER_STEP = 8;

    /** No further token is begun in a step after this time, so that whoever watches sees tokens come. */
    private static final long STEP_NANOS = 60_000_000;

    /** Of keys and values of all layers. */
    private static final int TOKEN_AXIS = 3;

    private final ModelId model;
    private final List<Integer> ids;
    private final int tokens;
    private final Sampling sampling;
    private final boolean keepsLogits;
    private final List<Lane> lanes = new ArrayList<>();
    private final long[] applied;
    private boolean hasPrompt;

    /**
     * @param ids the prompt
     * @param rows what is done to each text
     * @param seeds of each text, in place of that of {@code sampling}
     * @param tokens how many are generated
     * @param keepsLogits whether the logits at the prompt's positions are wanted
     */
    Continuations(
            ModelId model,
            List<Integer> ids,
            List<Interventions> rows,
            List<Long> seeds,
            int tokens,
            Sampling sampling,
            boolean keepsLogits) {
        this.model = model;
        this.ids = ids;
        this.tokens = tokens;
        this.sampling = sampling;
        this.keepsLogits = keepsLogits;
        for (int row = 0; row < rows.size(); row++) {
            lanes.add(new Lane(rows.get(row), seeds.get(row)));
        }
        applied = new long[rows.size()];
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

        Generation.Text text() {
            return new Generation.Text(List.copyOf(ids), List.copyOf(logProbabilities), promptLogits);
        }
    }

    /**
     * Reads the prompt, or continues by a few tokens.
     *
     * @return whether tokens are left to generate
     */
    boolean step(Scope scope) {
        if (!hasPrompt) {
            readPrompt(scope);
            return tokens > 1;
        }
        int most = Math.min(scope.othersWait() ? TOKENS_PER_STEP : MOST_TOKENS_PER_STEP, tokens - generated());
        NDArray past = past(scope);
        long[] room = past.getShape().getShape().clone();
        room[TOKEN_AXIS] = most;
        InterventionHook hook = hook(scope);
        // with room for the tokens of this step, so that none of them has all before it copied
        NDArray joined = past.concat(scope.arrays().zeros(new Shape(room)), TOKEN_AXIS);
        joined.attach(scope.arrays());
        long[] before = applied.clone();
        long end = System.nanoTime() + STEP_NANOS;
        for (int i = 0; i < most && (i == 0 || System.nanoTime() < end); i++) {
            addToken(scope, hook, joined);
            count(before, hook);
        }
        keep(scope, joined.get(tokensOf(0, ids.size() + generated() - 1L)));
        return generated() < tokens;
    }

    /** The texts so far, in the order of the rows. */
    List<Generation.Text> texts() {
        return lanes.stream().map(Lane::text).toList();
    }

    /** At how many tokens of a row something was done so far, once for each place. */
    long applied(int row) {
        return applied[row];
    }

    /** Which share of the tokens is generated. */
    double fraction() {
        return tokens == 0 ? 0 : (double) generated() / tokens;
    }

    int generated() {
        return lanes.get(0).ids.size();
    }

    private void count(long[] before, InterventionHook hook) {
        for (int row = 0; row < applied.length; row++) {
            applied[row] = before[row] + hook.applied(row);
        }
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
        count(applied.clone(), hook);
        hasPrompt = true;
        keep(scope, KeyValues.joined(cache.added()));
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
                    KeyValueCache.empty().withOwn(KeyValues.apart(read), pass.zeros(new Shape(lanes.size(), position)));
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
            joined.set(tokensOf(position, position + 1), KeyValues.joined(cache.added()));
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
     * Keys and values of all tokens but the newest, as the last step has left them or computed again: (2 layers, B, K,
     * S, dHead), those of a layer one after the other.
     */
    private NDArray past(Scope scope) {
        return scope.kept(new Past(this, generated()), () -> {
            KeyValueCache cache = KeyValueCache.empty();
            InterventionHook hook = hook(scope);
            int[][] rows = rows(1);
            hook.next(rows, 0);
            scope.model(model).forward(scope.arrays(), Input.of(rows), hook, cache, Logits.NONE, scope.cancellation());
            return KeyValues.joined(cache.added());
        });
    }

    private void keep(Scope scope, NDArray past) {
        if (generated() < tokens) {
            scope.kept(new Past(this, generated()), () -> past);
        }
    }

    private static HostTensor host(NDArray rows) {
        Shape shape = rows.getShape();
        return new HostTensor(DeviceArrays.floats(rows), Math.toIntExact(shape.get(0)), Math.toIntExact(shape.get(1)));
    }

    /**
     * The key under which keys and values stay between steps.
     *
     * @param generated tokens chosen by then; the newest has not been read
     */
    private record Past(Continuations of, int generated) {}
}
