package loupe.analysis.dream;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import loupe.analysis.SmallestK;
import loupe.base.Refusal;
import loupe.inference.ModelId;
import loupe.inference.OpenModel;
import loupe.inference.Query;
import loupe.inference.Scope;
import org.jspecify.annotations.Nullable;

/**
 * Text that makes a feature as active as possible at its last token while it stays likely: evolutionary prompt
 * optimisation (EPO). Each slot keeps a text and has a penalty X. An iteration takes the gradient of every slot's loss,
 * X cross-entropy - target, with respect to which token stands where, makes children of each by putting, at a position
 * drawn at random, one of the most promising tokens, runs them all, and gives every slot the text of least loss among
 * all texts and children.
 *
 * <p>A text is run among so many others that every batch has the same size however long a step may take, so that equal
 * questions have equal answers to the last bit, stopped in between or not.
 *
 * @param before tokens in front of every text, of whatever the model expects there
 * @param iterations in all, with those of {@code from}
 * @param retokenised what refuses texts that the tokenizer would cut otherwise; empty to try any
 * @param banned tokens that are never put into a text
 * @param from where an earlier search of the same settings ended; empty to begin
 * @see <a href="https://arxiv.org/abs/2402.01702">Fluent dreaming for language models</a>
 */
public record Dream(
        ModelId model,
        DreamTarget target,
        List<Integer> before,
        DreamSettings settings,
        int iterations,
        Optional<Retokenised> retokenised,
        Set<Integer> banned,
        Optional<DreamState> from)
        implements Query.Stepped<DreamState> {
    /** Texts drawn at random before the first iteration. */
    public static final int RANDOM_TEXTS = 64;

    /** Tokens of a batch, in whole texts; on a GPU more. */
    static final int BATCH_TOKENS = 256;

    static final int GPU_BATCH_TOKENS = 4096;

    /** A token with so many failures, one after the other, is not drawn again. */
    private static final int MOST_FAILURES = 4;

    /** How often another token is drawn for a text that the tokenizer would cut otherwise. */
    private static final int TRIES = 16;

    /** The same of the tokens of a text that is drawn from nothing. */
    private static final int FIRST_TRIES = 1000;

    public Dream {
        before = List.copyOf(before);
        banned = Set.copyOf(banned);
        if (iterations < 0) {
            throw new IllegalArgumentException("iterations is " + iterations);
        }
        from.ifPresent(state -> {
            if (state.slots().size() != settings.slots()
                    || state.slots().stream().anyMatch(text -> text.ids().size() != settings.length())) {
                throw new IllegalArgumentException(
                        "the state has " + state.slots().size() + " texts for " + settings);
            }
        });
    }

    /** The same search, from where an earlier one of its settings ended. */
    public Dream resumed(DreamState state) {
        return new Dream(model, target, before, settings, iterations, retokenised, banned, Optional.of(state));
    }

    /** The tokens that stand for the beginning or the end of a text rather than for a part of it. */
    public static Set<Integer> bounds(OpenModel model) {
        Set<Integer> bounds = new HashSet<>(model.ends());
        model.tokenizer().ifPresent(tokenizer -> tokenizer.beginning().ifPresent(bounds::add));
        return bounds;
    }

    @Override
    public Search begin() {
        return new Search();
    }

    /** The texts drawn at random, then one iteration after the other, a batch in each step. */
    public final class Search implements Query.Sweep<DreamState> {
        private final double[] penalties = settings.penalties();
        private DreamState state =
                from.orElse(new DreamState(0, List.of(), List.of(), List.of(), Optional.empty(), 0, 0, Map.of()));
        /** What is tried in this iteration; null before it begins. */
        private @Nullable Generation generation;

        private Search() {}

        @Override
        public boolean step(Scope scope) {
            if (state.slots().isEmpty()) {
                Generation first = generation == null ? random(scope) : generation;
                if (first.run(scope)) {
                    state = began(first);
                    generation = null;
                } else {
                    generation = first;
                }
                return true;
            }
            if (state.iteration() >= iterations) {
                return false;
            }
            Generation next = generation == null ? children(scope) : generation;
            if (!next.run(scope)) {
                generation = next;
                return true;
            }
            state = selected(next);
            generation = null;
            return state.iteration() < iterations;
        }

        private DreamState began(Generation first) {
            Generation.Found found = first.found(state);
            return new DreamState(
                    0,
                    first.done.subList(0, settings.slots()),
                    found.front(),
                    List.copyOf(first.done),
                    found.silent(),
                    first.done.size(),
                    first.refused,
                    first.failures);
        }

        private DreamState selected(Generation next) {
            List<DreamText> candidates = new ArrayList<>(next.parents);
            candidates.addAll(next.done);
            List<DreamText> slots = new ArrayList<>();
            for (double penalty : penalties) {
                slots.add(best(candidates, penalty));
            }
            Generation.Found found = next.found(state);
            return new DreamState(
                    state.iteration() + 1,
                    slots,
                    found.front(),
                    state.random(),
                    found.silent(),
                    state.tried() + next.done.size(),
                    state.refused() + next.refused,
                    next.failures);
        }

        private Generation random(Scope scope) {
            Draws draws = new Draws(allowed(scope), -1, state.failures());
            List<List<Integer>> texts = new ArrayList<>();
            for (int i = 0; i < Math.max(RANDOM_TEXTS, settings.slots()); i++) {
                scope.cancellation().check();
                texts.add(draws.text());
            }
            return new Generation(List.of(), texts, draws);
        }

        private Generation children(Scope scope) {
            Draws draws = new Draws(allowed(scope), state.iteration(), state.failures());
            List<DreamText> parents = state.slots();
            if (settings.restartsAt(state.iteration())) {
                DreamText best = best(parents, settings.restartPenalty(draws.random.nextDouble()));
                parents = Collections.nCopies(settings.slots(), best);
            }
            List<float[]> gradients = gradients(scope, parents);
            List<List<Integer>> children = new ArrayList<>();
            for (int slot = 0; slot < parents.size(); slot++) {
                scope.cancellation().check();
                draws.children(parents.get(slot), gradients.get(slot), children);
            }
            return new Generation(parents, children, draws);
        }

        private List<float[]> gradients(Scope scope, List<DreamText> parents) {
            DreamPass pass = new DreamPass(scope, model, target, before.size());
            List<float[]> gradients = new ArrayList<>();
            int perBatch = perBatch(scope, parents.size());
            for (int first = 0; first < parents.size(); first += perBatch) {
                int end = Math.min(parents.size(), first + perBatch);
                gradients.addAll(pass.gradients(
                        rows(parents.subList(first, end).stream()
                                .map(DreamText::ids)
                                .toList()),
                        Arrays.copyOfRange(penalties, first, end)));
            }
            return gradients;
        }

        private boolean[] allowed(Scope scope) {
            boolean[] allowed = new boolean[scope.model(model).tokens()];
            Arrays.fill(allowed, true);
            banned.stream().filter(id -> id < allowed.length).forEach(id -> allowed[id] = false);
            state.failures().forEach((id, times) -> {
                if (times >= MOST_FAILURES && id < allowed.length) {
                    allowed[id] = false;
                }
            });
            return allowed;
        }

        @Override
        public DreamState result() {
            return state;
        }

        @Override
        public double fraction() {
            double within = generation == null || state.slots().isEmpty() ? 0 : generation.fraction();
            return iterations == 0 ? 0 : (state.iteration() + within) / iterations;
        }
    }

    private int[][] rows(List<List<Integer>> texts) {
        return texts.stream().map(text -> Ids.row(before, text)).toArray(int[][]::new);
    }

    /** How many of so many texts are run at once: as equal batches as there can be, each within the limit. */
    private int perBatch(Scope scope, int texts) {
        int most = Math.max(
                1,
                (scope.arrays().getDevice().isGpu() ? GPU_BATCH_TOKENS : BATCH_TOKENS)
                        / (before.size() + settings.length()));
        int batches = (texts + most - 1) / most;
        return (texts + batches - 1) / batches;
    }

    private static DreamText best(List<DreamText> texts, double penalty) {
        return texts.stream()
                .min(Comparator.comparingDouble(text -> text.loss(penalty)))
                .orElseThrow();
    }

    /** Texts that are run together, in batches, and those they are compared with. */
    private final class Generation {
        private final List<DreamText> parents;
        private final List<List<Integer>> texts;
        private final long refused;
        private final Map<Integer, Integer> failures;
        private final List<DreamText> done = new ArrayList<>();

        Generation(List<DreamText> parents, List<List<Integer>> texts, Draws draws) {
            this.parents = parents;
            this.texts = texts;
            this.refused = draws.refused;
            this.failures = Map.copyOf(draws.failures);
        }

        /** Runs the next batch; whether it was the last. */
        boolean run(Scope scope) {
            if (done.size() < texts.size()) {
                int end = Math.min(texts.size(), done.size() + perBatch(scope, texts.size()));
                done.addAll(new DreamPass(scope, model, target, before.size())
                        .texts(rows(texts.subList(done.size(), end))));
            }
            return done.size() == texts.size();
        }

        double fraction() {
            return texts.isEmpty() ? 1 : (double) done.size() / texts.size();
        }

        private record Found(List<DreamText> front, Optional<DreamText> silent) {}

        /** What these texts add to what was found before. */
        Found found(DreamState before) {
            List<DreamText> active = new ArrayList<>(before.front());
            done.stream().filter(text -> text.difference() > 0).forEach(active::add);
            Optional<DreamText> silent = Stream.concat(
                            before.strongestSilent().stream(), done.stream().filter(text -> text.difference() <= 0))
                    .max(Comparator.comparingDouble(DreamText::target));
            return new Found(DreamText.front(active), silent);
        }
    }

    /** What is drawn in one iteration, from numbers that depend on the seed and the iteration alone. */
    private final class Draws {
        private final boolean[] allowed;
        private final SplittableRandom random;
        private final Map<Integer, Integer> failures;
        private final SmallestK promising = new SmallestK();
        private long refused;

        Draws(boolean[] allowed, int iteration, Map<Integer, Integer> failures) {
            this.allowed = allowed;
            this.random = new SplittableRandom(new SplittableRandom(settings.seed()).nextLong() + iteration);
            this.failures = new HashMap<>(failures);
        }

        /** A text of tokens drawn among all, one after the other. */
        List<Integer> text() {
            List<Integer> ids = new ArrayList<>();
            for (int tries = 0; ids.size() < settings.length(); tries++) {
                if (tries == FIRST_TRIES) {
                    throw new Refusal(
                            "No text of " + settings.length() + " tokens was found that the tokenizer reads as it is",
                            "",
                            "Choose shorter texts, or texts of any tokens");
                }
                int id = random.nextInt(allowed.length);
                if (!allowed[id]) {
                    continue;
                }
                ids.add(id);
                if (!survives(ids, id)) {
                    ids.remove(ids.size() - 1);
                }
            }
            return List.copyOf(ids);
        }

        /** Adds the children of a text. */
        void children(DreamText parent, float[] gradient, List<List<Integer>> children) {
            int width = gradient.length / settings.length();
            int[][] best = new int[settings.length()][];
            for (int child = 0; child < settings.children(); child++) {
                for (int tries = 0; tries < TRIES; tries++) {
                    int position = random.nextInt(settings.length());
                    if (best[position] == null) {
                        best[position] = promising(
                                gradient, position * width, parent.ids().get(position));
                    }
                    if (best[position].length == 0) {
                        continue;
                    }
                    int id = best[position][random.nextInt(best[position].length)];
                    List<Integer> ids = new ArrayList<>(parent.ids());
                    ids.set(position, id);
                    if (survives(ids, id)) {
                        children.add(List.copyOf(ids));
                        break;
                    }
                }
            }
        }

        /** The tokens in place of which the loss falls most, to first order. */
        private int[] promising(float[] gradient, int from, int present) {
            promising.reset(settings.candidates());
            for (int id = 0; id < allowed.length; id++) {
                if (allowed[id] && id != present) {
                    promising.offer(gradient[from + id], id);
                }
            }
            int[] ids = new int[promising.finish()];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = promising.id(i);
            }
            return ids;
        }

        private boolean survives(List<Integer> ids, int added) {
            if (retokenised.isEmpty()) {
                return true;
            }
            if (retokenised.get().survives(ids)) {
                failures.remove(added);
                return true;
            }
            refused++;
            failures.merge(added, 1, Integer::sum);
            return false;
        }
    }

    @Override
    public long bytes(DreamState answer) {
        return 4096
                + 100L
                        * (settings.length() + 4)
                        * (answer.front().size() + answer.random().size());
    }
}
