package loupe.analysis.ghost;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import loupe.analysis.DeviceArrays;
import loupe.analysis.effects.InterventionHook;
import loupe.base.Refusal;
import loupe.inference.Scope;
import loupe.lm.Ghost;
import loupe.lm.Hook;
import loupe.lm.Input;
import loupe.lm.KeyValueCache;
import loupe.lm.KeyValues;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;
import org.jspecify.annotations.Nullable;

/**
 * Batched forward passes over the prompts or tree nodes of any number of {@link GhostLane}s: a node is one token, which
 * attends to the prompt of its lane and to its ancestors. The keys and values that the rows of a pass attend to are
 * concatenated, each prompt and each ancestor once, and a mask selects what each row attends to: siblings share all of
 * it, so this takes a fraction of the memory of a copy per row, and attention becomes one matrix product per head. Only
 * where rows have little in common are ancestors gathered per row, and where there are many lanes, prompts too. On the
 * CPU the gathered memory backs arrays without another copy, so it is overwritten or enlarged only by a pass of a later
 * step. Device thread only.
 */
final class BatchedPasses {
    /**
     * Up to this many different ancestors are concatenated. Beyond it a row's masked-out part costs more than a copy.
     */
    private static final int MOST_SHARED = 512;

    /** Up to this many tokens of different prompts are concatenated. */
    private static final int MOST_OF_PROMPTS = 512;

    private final int mostShared;
    private final int mostOfPrompts;
    private final Memory sharedMemory = new Memory();
    private final Memory ownMemory = new Memory();

    BatchedPasses() {
        this(MOST_SHARED, MOST_OF_PROMPTS);
    }

    /**
     * @param mostShared the most ancestors to concatenate
     * @param mostOfPrompts the most tokens of different lanes' prompts to concatenate
     */
    BatchedPasses(int mostShared, int mostOfPrompts) {
        this.mostShared = mostShared;
        this.mostOfPrompts = mostOfPrompts;
    }

    /**
     * A token to run.
     *
     * @param ancestors keys and values of its ancestors, from the root's child down to the parent
     */
    record Row(GhostLane lane, int token, float[][] ancestors) {}

    /** The keys and values of rows that have been run, on the device until the step ends. */
    record Ran(KeyValueCache cache) {
        /** Some rows' keys and values as a lane keeps them. */
        float[][] keyValues(List<Integer> rows) {
            if (rows.isEmpty()) {
                return new float[0][];
            }
            float[][] parts =
                    parts(cache, rows.stream().mapToInt(Integer::intValue).toArray());
            float[][] keyValues = new float[rows.size()][];
            Arrays.setAll(keyValues, row -> tokenKeyValues(parts, row, keyValues.length));
            return keyValues;
        }
    }

    /**
     * Runs the prompts of lanes.
     *
     * @param consumer takes the residual streams that leave the last block after each prompt, (lanes, dModel), in their
     *     order
     * @return for each lane what {@link GhostLane#keepPrompt} takes
     */
    float[][][] prompts(Scope scope, LanguageModel lm, List<GhostLane> lanes, Consumer<NDArray> consumer) {
        Map<Integer, List<Integer>> byLength = new TreeMap<>();
        for (int i = 0; i < lanes.size(); i++) {
            byLength.computeIfAbsent(lanes.get(i).prompt().length, length -> new ArrayList<>())
                    .add(i);
        }
        NDArray[] last = new NDArray[lanes.size()];
        float[][][] keyValues = new float[lanes.size()][][];
        byLength.forEach((length, group) -> {
            List<GhostLane> alike = group.stream().map(lanes::get).toList();
            List<Ghost> ghosts = new ArrayList<>();
            for (int row = 0; row < alike.size(); row++) {
                for (Ghost ghost : alike.get(row).ghosts()) {
                    ghosts.add(new Ghost(row, ghost.position(), ghost.vector()));
                }
            }
            KeyValueCache cache = KeyValueCache.empty();
            int[][] tokens = alike.stream().map(GhostLane::prompt).toArray(int[][]::new);
            NDArray out = lm.forward(
                    scope.arrays(),
                    Input.of(tokens).with(ghosts),
                    hook(scope, alike, tokens, new int[tokens.length]),
                    cache,
                    Logits.NONE,
                    scope.cancellation());
            float[][] parts = parts(cache);
            for (int row = 0; row < alike.size(); row++) {
                float[][] own = new float[length][];
                for (int token = 0; token < length; token++) {
                    own[token] = tokenKeyValues(parts, row * length + token, alike.size() * length);
                }
                last[group.get(row)] = out.get("{}, {}", row, length - 1).reshape(1, -1);
                keyValues[group.get(row)] = own;
            }
        });
        consumer.accept(NDArrays.concat(new NDList(last), 0));
        return keyValues;
    }

    /**
     * Runs nodes.
     *
     * @param consumer takes the residual streams that leave the last block, (rows, dModel)
     */
    Ran nodes(Scope scope, LanguageModel lm, List<Row> rows, Consumer<NDArray> consumer) {
        NDManager step = scope.arrays();
        int[][] ids = new int[rows.size()][];
        int[] positions = new int[rows.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = new int[] {rows.get(i).token()};
            positions[i] = rows.get(i).lane().prompt().length + rows.get(i).ancestors().length;
        }
        KeyValueCache cache = cache(step, lm, rows);
        consumer.accept(lm.forward(
                        step,
                        Input.of(ids).startingAt(positions),
                        hook(scope, rows.stream().map(Row::lane).toList(), ids, positions),
                        cache,
                        Logits.NONE,
                        scope.cancellation())
                .reshape(rows.size(), -1));
        return new Ran(cache);
    }

    private KeyValueCache cache(NDManager step, LanguageModel lm, List<Row> rows) {
        List<GhostLane> lanes = rows.stream().map(Row::lane).distinct().toList();
        if (lanes.size() > 1
                && lanes.stream().mapToInt(lane -> lane.prompt().length).sum() > mostOfPrompts) {
            return withOwn(
                    KeyValueCache.empty(),
                    0,
                    step,
                    lm,
                    rows.stream()
                            .map(row -> together(row.lane().promptKeyValues(), row.ancestors()))
                            .toList());
        }
        IdentityHashMap<float[], Integer> ancestors = new IdentityHashMap<>();
        rows.forEach(row -> Arrays.stream(row.ancestors())
                .forEach(keyValues -> ancestors.putIfAbsent(keyValues, ancestors.size())));
        boolean share = ancestors.size() <= mostShared
                || rows.stream()
                                .mapToInt(row -> row.lane().prompt().length)
                                .distinct()
                                .count()
                        > 1;
        IdentityHashMap<GhostLane, Integer> start = new IdentityHashMap<>();
        List<float[]> side = new ArrayList<>();
        for (Row row : rows) {
            if (start.putIfAbsent(row.lane(), side.size()) == null) {
                side.addAll(List.of(row.lane().promptKeyValues()));
            }
        }
        int prompts = side.size();
        if (share) {
            float[][] inOrder = new float[ancestors.size()][];
            ancestors.forEach((keyValues, index) -> inOrder[index] = keyValues);
            side.addAll(List.of(inOrder));
        }
        List<KeyValues> shared = sharedMemory.lay(step, lm, 1, side.size(), (row, token) -> side.get(token));
        KeyValueCache cache = KeyValueCache.empty();
        if (start.size() == 1 && side.size() == prompts) {
            cache = cache.withShared(shared);
        } else {
            float[] mask = hidden(rows.size(), side.size());
            for (int i = 0; i < rows.size(); i++) {
                Row row = rows.get(i);
                int from = i * side.size() + Objects.requireNonNull(start.get(row.lane()));
                Arrays.fill(mask, from, from + row.lane().prompt().length, 0);
                if (share) {
                    for (float[] keyValues : row.ancestors()) {
                        mask[i * side.size() + prompts + Objects.requireNonNull(ancestors.get(keyValues))] = 0;
                    }
                }
            }
            cache = cache.withShared(
                    shared,
                    positions(rows, start, ancestors, side.size(), prompts),
                    step.create(mask, new Shape(rows.size(), side.size())));
        }
        return share
                ? cache
                : withOwn(
                        cache,
                        rows.get(0).lane().prompt().length,
                        step,
                        lm,
                        rows.stream().map(Row::ancestors).toList());
    }

    /** Positions of the concatenated tokens, each in its own text. */
    private static int[] positions(
            List<Row> rows, Map<GhostLane, Integer> start, Map<float[], Integer> ancestors, int size, int prompts) {
        int[] positions = new int[size];
        start.forEach((lane, from) -> {
            for (int token = 0; token < lane.prompt().length; token++) {
                positions[from + token] = token;
            }
        });
        if (size > prompts) {
            for (Row row : rows) {
                for (int i = 0; i < row.ancestors().length; i++) {
                    positions[prompts + Objects.requireNonNull(ancestors.get(row.ancestors()[i]))] =
                            row.lane().prompt().length + i;
                }
            }
        }
        return positions;
    }

    private static float[][] together(float[][] first, float[][] then) {
        float[][] all = Arrays.copyOf(first, first.length + then.length);
        System.arraycopy(then, 0, all, first.length, then.length);
        return all;
    }

    /**
     * @param firstPosition of each row's own tokens
     * @param cached for each row the keys and values of its own cached tokens, in order
     */
    private KeyValueCache withOwn(
            KeyValueCache cache, int firstPosition, NDManager step, LanguageModel lm, List<float[][]> cached) {
        int depth =
                cached.stream().mapToInt(keyValues -> keyValues.length).max().orElseThrow();
        float[] mask = hidden(cached.size(), depth);
        for (int i = 0; i < cached.size(); i++) {
            Arrays.fill(mask, i * depth, i * depth + cached.get(i).length, 0);
        }
        List<KeyValues> own = ownMemory.lay(
                step,
                lm,
                cached.size(),
                depth,
                (row, token) -> token < cached.get(row).length ? cached.get(row)[token] : null);
        return cache.withOwn(own, firstPosition, step.create(mask, new Shape(cached.size(), depth)));
    }

    private static float[] hidden(int rows, int width) {
        float[] mask = new float[Math.multiplyExact(rows, width)];
        Arrays.fill(mask, Float.NEGATIVE_INFINITY);
        return mask;
    }

    /** Keys, values, keys, ... by layer, each (rows, tokens, heads, dHead) row-major. */
    private static float[][] parts(KeyValueCache cache) {
        float[][] parts = new float[2 * cache.added().size()][];
        for (int layer = 0; layer < cache.added().size(); layer++) {
            KeyValues added = cache.added().get(layer);
            parts[2 * layer] = DeviceArrays.floats(added.keys().transpose(0, 2, 1, 3));
            parts[2 * layer + 1] = DeviceArrays.floats(added.values().transpose(0, 2, 1, 3));
        }
        return parts;
    }

    /** The keys and values of some rows of a pass over single tokens, by row. */
    private static float[][] parts(KeyValueCache cache, int[] rows) {
        float[][] parts = new float[2 * cache.added().size()][];
        for (int layer = 0; layer < cache.added().size(); layer++) {
            KeyValues added = cache.added().get(layer);
            parts[2 * layer] = rows(added.keys(), rows);
            parts[2 * layer + 1] = rows(added.values(), rows);
        }
        return parts;
    }

    private static float[] rows(NDArray all, int[] which) {
        try (NDArray flat = all.reshape(all.getShape().get(0), -1);
                NDArray index = flat.getManager().create(which);
                NDArray some = flat.get(index)) {
            return DeviceArrays.floats(some);
        }
    }

    /** All layers' keys and values of one token. */
    private static float[] tokenKeyValues(float[][] parts, int token, int tokens) {
        int width = parts.length == 0 ? 0 : parts[0].length / tokens;
        float[] keyValues = new float[parts.length * width];
        for (int part = 0; part < parts.length; part++) {
            System.arraycopy(parts[part], token * width, keyValues, part * width, width);
        }
        return keyValues;
    }

    /**
     * Carries out what is done to each row's lane.
     *
     * @param tokens of each row
     * @param first for each row the position of its first token
     */
    private static Hook hook(Scope scope, List<GhostLane> rows, int[][] tokens, int[] first) {
        if (rows.stream().allMatch(lane -> lane.done().isEmpty())) {
            return Hook.NONE;
        }
        InterventionHook hook = new InterventionHook(
                scope,
                rows.get(0).model(),
                rows.stream().map(GhostLane::done).toList(),
                rows.stream().mapToInt(lane -> lane.prompt().length).toArray());
        if (hook.ending() != Logits.NONE) {
            throw new Refusal(
                    "Something is to be done behind the last block, where trees have no values",
                    "a place in the blocks",
                    "Choose another place");
        }
        int[][] positions = new int[tokens.length][];
        Arrays.setAll(
                positions,
                row -> IntStream.range(first[row], first[row] + tokens[row].length)
                        .toArray());
        hook.next(tokens, positions);
        return hook;
    }

    /** Supplies the keys and values for each slot of the arrays to be filled. */
    private interface Source {
        /** The keys and values of a slot; null for padding, which the mask hides. */
        float @Nullable [] at(int row, int token);
    }

    /** Memory outside the heap for one layout, one buffer per layer for keys and for values. */
    private static final class Memory {
        private ByteBuffer[] buffers = new ByteBuffer[0];

        /**
         * Fills arrays (rows, heads, tokens, dHead) for each layer. Slots without a source keep their old values, which
         * are always finite.
         */
        List<KeyValues> lay(NDManager step, LanguageModel lm, int rows, int tokens, Source source) {
            int heads = lm.config().nKeyValueHeads();
            int dHead = lm.config().dHead();
            int width = heads * dHead;
            int bytes = Math.multiplyExact(Math.multiplyExact(4 * rows, tokens), width);
            reserve(2 * lm.config().nLayers(), bytes);
            Shape shape = new Shape(rows, tokens, heads, dHead);
            List<KeyValues> layers = new ArrayList<>();
            for (int layer = 0; layer < lm.config().nLayers(); layer++) {
                NDArray[] pair = new NDArray[2];
                for (int i = 0; i < 2; i++) {
                    ByteBuffer buffer = buffers[2 * layer + i];
                    var floats = buffer.asFloatBuffer();
                    for (int row = 0; row < rows; row++) {
                        for (int token = 0; token < tokens; token++) {
                            float[] keyValues = source.at(row, token);
                            if (keyValues != null) {
                                floats.put((row * tokens + token) * width, keyValues, (2 * layer + i) * width, width);
                            }
                        }
                    }
                    pair[i] = step.create(
                                    buffer.slice(0, bytes).order(ByteOrder.nativeOrder()), shape, DataType.FLOAT32)
                            .transpose(0, 2, 1, 3);
                }
                layers.add(new KeyValues(pair[0], pair[1]));
            }
            return layers;
        }

        private void reserve(int count, int bytes) {
            if (buffers.length != count || buffers[0].capacity() < bytes) {
                // half as much again, for a tree's batches grow step by step
                int room = (int) Math.min(Integer.MAX_VALUE, bytes + bytes / 2L);
                buffers = new ByteBuffer[count];
                Arrays.setAll(buffers, i -> ByteBuffer.allocateDirect(room).order(ByteOrder.nativeOrder()));
            }
        }
    }
}
