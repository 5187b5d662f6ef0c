package loupe.analysis.ablation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import loupe.analysis.DeviceArrays;
import loupe.analysis.prompts.CorpusActivations;
import loupe.analysis.prompts.TrainedValues;
import loupe.base.HookPoint;
import loupe.inference.ModelId;
import loupe.inference.Scope;
import loupe.lm.Hook;
import loupe.lm.Input;
import loupe.lm.KeyValueCache;
import loupe.lm.KeyValues;
import loupe.lm.LanguageModel;
import loupe.lm.LayerAttention;
import loupe.lm.Logits;
import loupe.sae.SparseAutoencoder;

/**
 * Readings of one text with sets of its tokens ablated, in batches that compute only what a set changes: tokens before
 * its first one have the keys and values of the text as it is, and tokens between the two of a pair those of the text
 * without the first. Device thread only.
 */
final class AblationReadings {
    /** Tokens computed in one step. */
    private static final int STEP_TOKENS = 512;

    /** Tokens computed together whose keys and values are kept for pairs. */
    private static final int BLOCK_TOKENS = 1_024;

    /** So many unchanged tokens may be computed again for a larger batch. */
    private static final int MOST_AGAIN = 64;

    /** Or this part of the batch. */
    private static final int PART_AGAIN = 8;

    /** Logits that are unembedded at once. */
    private static final long CHUNK_LOGITS = 1L << 24;

    private final AblatedText question;
    private final int[] put;
    private final HookPoint at;
    private final float activation;
    /** Layers that attend before the place that is read. */
    private final int layers;

    private final Deque<Batch> plan = new ArrayDeque<>();

    /** Sets that are read in one pass. */
    private interface Batch {
        /** Tokens that are computed. */
        int tokens();

        /** @param without where the activations go */
        void read(Scope scope, float[] without);
    }

    private AblationReadings(AblatedText question, int[] put, HookPoint at, float activation, int layers) {
        this.question = question;
        this.put = put;
        this.at = at;
        this.activation = activation;
        this.layers = layers;
    }

    /**
     * Reads the text as it is.
     *
     * @param put filled in with the model's own next best tokens, if those replace others
     */
    static AblationReadings of(Scope scope, AblatedText question, int[] put, List<int[]> sets) {
        if (question.replacement() instanceof Replacement.NextBest) {
            putNextBest(scope, question, put);
        }
        HookPoint at = CorpusActivations.hookOf(scope.sae(question.sae()).config());
        int[][] text = {AblatedText.array(question.ids())};
        KeyValueCache cache = KeyValueCache.empty();
        CorpusActivations.Catch caught = new CorpusActivations.Catch(List.of(at));
        LanguageModel lm = scope.model(question.model());
        lm.forward(scope.arrays(), Input.of(text), caught, cache, Logits.NONE, scope.cancellation());
        AblationReadings begun = new AblationReadings(
                question,
                put,
                at,
                encoded(scope, question, at, caught.value(at), text[0].length)[0],
                cache.added().size());
        if (begun.layers > 0) {
            scope.kept(begun.whole(), () -> joined(cache.added()));
        }
        begun.plan(lm, sets);
        return begun;
    }

    /** The feature at the end of the text as it is. */
    float activation() {
        return activation;
    }

    /** Whether every set is read. */
    boolean isDone() {
        return plan.isEmpty();
    }

    /**
     * Reads some more.
     *
     * @param without filled in with the activation without each set that is read
     */
    void step(Scope scope, float[] without) {
        int tokens = 0;
        while (!plan.isEmpty() && (tokens == 0 || tokens + plan.getFirst().tokens() <= STEP_TOKENS)) {
            scope.cancellation().check();
            tokens += plan.getFirst().tokens();
            plan.getFirst().read(scope, without);
            plan.removeFirst();
        }
    }

    private static void putNextBest(Scope scope, AblatedText question, int[] put) {
        LanguageModel lm = scope.model(question.model());
        int[] ids = AblatedText.array(question.ids());
        int vocabulary = lm.config().vocabularySize();
        NDArray residual =
                lm.forward(scope.arrays(), Input.of(ids), Hook.NONE, null, Logits.NONE, scope.cancellation());
        int chunk = (int) Math.max(1, CHUNK_LOGITS / vocabulary);
        for (int from = question.first(); from < ids.length; from += chunk) {
            scope.cancellation().check();
            int to = Math.min(ids.length, from + chunk);
            try (NDArray before = residual.get(":, {}:{}", from - 1, to - 1);
                    NDArray logits = lm.logits(before)) {
                float[] all = DeviceArrays.floats(logits);
                for (int place = from; place < to; place++) {
                    put[place] = nextBest(all, (place - from) * vocabulary, lm.tokens(), ids[place]);
                }
            }
        }
    }

    /** The likeliest token but one; the lowest id of several. */
    private static int nextBest(float[] logits, int offset, int tokens, int but) {
        int best = -1;
        for (int id = 0; id < tokens; id++) {
            if (id != but && (best < 0 || logits[offset + id] > logits[offset + best])) {
                best = id;
            }
        }
        return best;
    }

    private void plan(LanguageModel lm, List<int[]> sets) {
        boolean shares = sharesPrefixes(lm);
        if (shares && question.sets() instanceof TokenSets.Pairs) {
            planPairs(sets);
            return;
        }
        List<Row> rows = new ArrayList<>();
        for (int set = 0; set < sets.size(); set++) {
            int[] tokens = sets.get(set);
            int left = question.ids().size() - (removes() ? tokens.length : 0);
            rows.add(new Row(set, tokens, shares ? tokens[0] : 0, left));
        }
        rows.sort(Comparator.<Row>comparingInt(row -> row.length).thenComparingInt(row -> row.changed));
        for (int from = 0; from < rows.size(); ) {
            Row first = rows.get(from);
            int each = first.length - first.changed;
            int again = 0;
            int to = from + 1;
            while (to < rows.size() && rows.get(to).length == first.length) {
                again += rows.get(to).changed - first.changed;
                int tokens = (to + 1 - from) * each;
                if (tokens > STEP_TOKENS || again > Math.max(MOST_AGAIN, tokens / PART_AGAIN)) {
                    break;
                }
                to++;
            }
            plan.add(new Rows(List.copyOf(rows.subList(from, to)), first.changed));
            from = to;
        }
    }

    /**
     * Whether a token's keys and values are the same in a longer text: not where long texts turn them by other
     * frequencies.
     */
    private boolean sharesPrefixes(LanguageModel lm) {
        return lm.config().attention().stream()
                .map(LayerAttention::rotary)
                .allMatch(rotary -> rotary.flatMap(turn -> turn.beyond())
                        .map(beyond -> question.ids().size() <= beyond.context())
                        .orElse(true));
    }

    private void planPairs(List<int[]> sets) {
        Map<List<Integer>, Integer> places = new HashMap<>();
        for (int set = 0; set < sets.size(); set++) {
            places.put(Arrays.stream(sets.get(set)).boxed().toList(), set);
        }
        int first = question.first();
        int end = Math.max(first, question.end());
        int gone = removes() ? 1 : 0;
        int length = question.ids().size() - gone;
        for (int from = first; from < end; ) {
            int to = Math.min(end, from + Math.max(1, BLOCK_TOKENS / (length - from)));
            Block block = new Block(from, to, places);
            plan.add(block);
            for (int other = from + 1; other < end; other++) {
                plan.add(new Others(block, other, other - gone, places));
            }
            from = to;
        }
    }

    /**
     * A text with a set ablated.
     *
     * @param set its index
     * @param changed index of the first token that is not as in the whole text, or has another position
     * @param length tokens that are left
     */
    private record Row(int set, int[] tokens, int changed, int length) {}

    /** Texts of one length that begin with the same tokens as the whole text, up to {@code start}. */
    private final class Rows implements Batch {
        private final List<Row> rows;
        private final int start;

        Rows(List<Row> rows, int start) {
            this.rows = rows;
            this.start = start;
        }

        @Override
        public int tokens() {
            return rows.size() * (rows.get(0).length - start);
        }

        @Override
        public void read(Scope scope, float[] without) {
            try (NDManager pass = scope.arrays().newSubManager()) {
                int[][] ids = rows.stream()
                        .map(row -> Arrays.copyOfRange(without(row.tokens), start, row.length))
                        .toArray(int[][]::new);
                float[] found = activations(scope, pass, ids, start, beginning(scope, pass, start));
                for (int row = 0; row < found.length; row++) {
                    without[rows.get(row).set] = found[row];
                }
            }
        }
    }

    /** The text without each of some neighbouring tokens, whose keys and values are kept. */
    private final class Block implements Batch {
        private final int from;
        private final int to;
        private final int[][] ids;
        private final int[] sets;

        Block(int from, int to, Map<List<Integer>, Integer> places) {
            this.from = from;
            this.to = to;
            ids = IntStream.range(from, to)
                    .mapToObj(place -> without(place))
                    .map(text -> Arrays.copyOfRange(text, from, text.length))
                    .toArray(int[][]::new);
            sets = IntStream.range(from, to)
                    .map(place -> Objects.requireNonNull(places.get(List.of(place))))
                    .toArray();
        }

        @Override
        public int tokens() {
            return ids.length * ids[0].length;
        }

        @Override
        public void read(Scope scope, float[] without) {
            try (NDManager pass = scope.arrays().newSubManager()) {
                KeyValueCache cache = beginning(scope, pass, from);
                float[] found = activations(scope, pass, ids, from, cache);
                for (int row = 0; row < found.length; row++) {
                    without[sets[row]] = found[row];
                }
                if (layers > 0) {
                    scope.kept(key(), () -> joined(cache.added()));
                }
            }
        }

        private Object key() {
            return new OfBlock(question.model(), AblationReadings.this, from);
        }

        /** The keys and values of the first rows and tokens; computed again if they had to make room. */
        List<KeyValues> part(Scope scope, NDManager pass, int rows, int tokens) {
            NDArray kept = scope.kept(key(), () -> {
                KeyValueCache cache = beginning(scope, scope.arrays(), from);
                scope.model(question.model())
                        .forward(
                                scope.arrays(),
                                Input.of(ids).startingAt(from),
                                new CorpusActivations.Catch(List.of(at)),
                                cache,
                                Logits.NONE,
                                scope.cancellation());
                return joined(cache.added());
            });
            return layers(
                    pass,
                    kept,
                    new NDIndex().addAllDim().addSliceDim(0, rows).addAllDim().addSliceDim(0, tokens));
        }
    }

    /** One token ablated in each text of a block in which an earlier one is. */
    private final class Others implements Batch {
        private final Block block;
        private final int start;
        private final int rows;
        private final int[] rest;
        private final int[] sets;

        /**
         * @param other the later token of each pair
         * @param start how many tokens of a text of the block come before it, or before what follows it if it is
         *     removed
         */
        Others(Block block, int other, int start, Map<List<Integer>, Integer> places) {
            this.block = block;
            this.start = start;
            rows = Math.min(block.to, other) - block.from;
            int[] changed = without(other);
            rest = Arrays.copyOfRange(changed, other, changed.length);
            sets = IntStream.range(block.from, block.from + rows)
                    .map(place -> Objects.requireNonNull(places.get(List.of(place, other))))
                    .toArray();
        }

        @Override
        public int tokens() {
            return rows * rest.length;
        }

        @Override
        public void read(Scope scope, float[] without) {
            try (NDManager pass = scope.arrays().newSubManager()) {
                int[][] ids = new int[rows][];
                Arrays.fill(ids, rest);
                KeyValueCache cache = beginning(scope, pass, block.from);
                int own = start - block.from;
                if (layers > 0 && own > 0) {
                    cache = cache.withOwn(block.part(scope, pass, rows, own), pass.zeros(new Shape(rows, own)));
                }
                float[] found = activations(scope, pass, ids, start, cache);
                for (int row = 0; row < rows; row++) {
                    without[sets[row]] = found[row];
                }
            }
        }
    }

    private boolean removes() {
        return question.replacement() instanceof Replacement.Removed;
    }

    private int[] without(int... set) {
        return AblatedText.array(AblatedText.without(question.ids(), set, put));
    }

    /** The feature at the end of each text, which continues a cache at a position. */
    private float[] activations(Scope scope, NDManager pass, int[][] ids, int start, KeyValueCache cache) {
        CorpusActivations.Catch caught = new CorpusActivations.Catch(List.of(at));
        scope.model(question.model())
                .forward(pass, Input.of(ids).startingAt(start), caught, cache, Logits.NONE, scope.cancellation());
        return encoded(scope, question, at, caught.value(at), ids[0].length);
    }

    private static float[] encoded(Scope scope, AblatedText question, HookPoint at, NDArray value, int length) {
        SparseAutoencoder read = scope.sae(question.sae());
        NDArray ends = value.get(":, {}", length - 1);
        return read.encode(TrainedValues.of(scope.model(question.model()), read.config(), at, ends))
                .get(":, {}", question.feature())
                .toFloatArray();
    }

    /** A cache with the first tokens of the text as it is. */
    private KeyValueCache beginning(Scope scope, NDManager pass, int tokens) {
        if (tokens == 0 || layers == 0) {
            return KeyValueCache.empty();
        }
        NDArray kept = scope.kept(whole(), () -> {
            KeyValueCache cache = KeyValueCache.empty();
            scope.model(question.model())
                    .forward(
                            scope.arrays(),
                            Input.of(AblatedText.array(question.ids())),
                            new CorpusActivations.Catch(List.of(at)),
                            cache,
                            Logits.NONE,
                            scope.cancellation());
            return joined(cache.added());
        });
        return KeyValueCache.empty()
                .withShared(layers(
                        pass,
                        kept,
                        new NDIndex().addAllDim().addAllDim().addAllDim().addSliceDim(0, tokens)));
    }

    private Object whole() {
        return new OfText(question.model(), question.ids(), at);
    }

    /** The key under which keys and values of a text stay between steps. */
    private record OfText(ModelId model, List<Integer> ids, HookPoint at) {}

    /** Likewise of a block. */
    private record OfBlock(ModelId model, AblationReadings of, int from) {}

    private static List<KeyValues> layers(NDManager pass, NDArray joined, NDIndex which) {
        NDArray part = joined.get(which);
        part.attach(pass);
        List<KeyValues> layers = new ArrayList<>();
        for (long layer = 0; layer < part.getShape().get(0); layer += 2) {
            layers.add(new KeyValues(part.get(layer), part.get(layer + 1)));
        }
        return layers;
    }

    private static NDArray joined(List<KeyValues> layers) {
        NDList all = new NDList();
        for (KeyValues layer : layers) {
            all.add(layer.keys());
            all.add(layer.values());
        }
        return NDArrays.stack(all);
    }
}
