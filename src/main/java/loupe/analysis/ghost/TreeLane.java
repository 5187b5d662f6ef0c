package loupe.analysis.ghost;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import loupe.analysis.DeviceArrays;
import loupe.base.HookPoint;
import loupe.inference.Scope;
import loupe.lm.Ghost;
import loupe.lm.Hook;
import loupe.lm.Input;
import loupe.lm.KeyValueCache;
import loupe.lm.KeyValues;
import loupe.lm.LanguageModel;
import loupe.lm.Logits;

/**
 * One ghost on its way through a tree: the keys and values of its prompt, once, and of each node that still has descendants
 * to come, 2 nLayers nKeyValueHeads dHead floats each. They lie on the host between steps, since a step's arrays end with it;
 * for a batch the ancestors' are gathered into (rows, heads, depth, dHead) and padded. On the CPU the gathered buffers become
 * arrays without another copy. Device thread only.
 */
final class TreeLane {
    private final int[] prompt;
    private final List<Ghost> ghosts;
    /** Added to the residual stream entering a layer, at positions of the prompt from {@code steeredFrom} on and in the tree. */
    private final float[] steering;
    private final int steeredLayer;
    private final int steeredFrom;
    /** Keys and values of the prompt by layer: keys, values, keys, ... each (heads, prompt, dHead). */
    private float[][] promptKeys;
    private final Map<Integer, float[]> nodeKeys = new HashMap<>();
    private ByteBuffer[] gathered = new ByteBuffer[0];

    /** @param steering null for none */
    TreeLane(int[] prompt, List<Ghost> ghosts, float[] steering, int steeredLayer, int steeredFrom) {
        this.prompt = prompt;
        this.ghosts = ghosts;
        this.steering = steering;
        this.steeredLayer = steeredLayer;
        this.steeredFrom = steeredFrom;
    }

    int promptLength() {
        return prompt.length;
    }

    boolean hasKeys(int node) {
        return nodeKeys.containsKey(node);
    }

    /** Forgets a node that has no descendants to come. */
    void drop(int node) {
        nodeKeys.remove(node);
    }

    /** Runs the prompt. @return logits after it, (1, V) */
    NDArray root(Scope scope, LanguageModel lm) {
        KeyValueCache cache = KeyValueCache.empty();
        NDArray logits = lm.forward(scope.arrays(), Input.of(prompt).with(ghosts), hook(scope.arrays(), steeredFrom), cache, Logits.LAST, scope.cancellation());
        float[][] keys = new float[2 * lm.config().nLayers()][];
        for (int layer = 0; layer < cache.added().size(); layer++) {
            keys[2 * layer] = DeviceArrays.floats(cache.added().get(layer).keys());
            keys[2 * layer + 1] = DeviceArrays.floats(cache.added().get(layer).values());
        }
        promptKeys = keys;
        return logits.reshape(1, -1);
    }

    /**
     * Runs nodes whose ancestors' keys are there. Changes nothing here; see {@link #keep}.
     *
     * @param ancestors for each row the nodes from the root's child down to the parent
     * @param keys filled with each row's own keys and values
     * @param which LAST, or NONE for the keys alone
     * @return logits (rows, V) if asked for
     */
    NDArray run(Scope scope, LanguageModel lm, int[] tokens, int[][] ancestors, float[][] keys, Logits which) {
        NDManager step = scope.arrays();
        int heads = lm.config().nKeyValueHeads();
        int dHead = lm.config().dHead();
        int rows = tokens.length;
        int[][] ids = new int[rows][];
        int[] positions = new int[rows];
        int depth = 0;
        for (int row = 0; row < rows; row++) {
            ids[row] = new int[] {tokens[row]};
            positions[row] = prompt.length + ancestors[row].length;
            depth = Math.max(depth, ancestors[row].length);
        }
        KeyValueCache cache = KeyValueCache.empty().withShared(promptKeys(step, lm));
        if (depth > 0) {
            cache = cache.withOwn(gather(step, lm, ancestors, depth), mask(step, ancestors, depth));
        }
        NDArray logits = lm.forward(step, Input.of(ids).startingAt(positions), hook(step, 0), cache, which, scope.cancellation());
        for (int row = 0; row < rows; row++) {
            keys[row] = new float[2 * lm.config().nLayers() * heads * dHead];
        }
        List<KeyValues> added = cache.added();
        for (int layer = 0; layer < added.size(); layer++) {
            scatter(DeviceArrays.floats(added.get(layer).keys()), keys, 2 * layer, heads * dHead);
            scatter(DeviceArrays.floats(added.get(layer).values()), keys, 2 * layer + 1, heads * dHead);
        }
        return which == Logits.NONE ? logits : logits.reshape(rows, -1);
    }

    /** Keeps a node's keys and values for its descendants. */
    void keep(int node, float[] keys) {
        nodeKeys.put(node, keys);
    }

    private static void scatter(float[] all, float[][] perRow, int part, int width) {
        for (int row = 0; row < perRow.length; row++) {
            System.arraycopy(all, row * width, perRow[row], part * width, width);
        }
    }

    private List<KeyValues> promptKeys(NDManager step, LanguageModel lm) {
        Shape shape = new Shape(1, lm.config().nKeyValueHeads(), prompt.length, lm.config().dHead());
        List<KeyValues> layers = new ArrayList<>();
        for (int layer = 0; layer < lm.config().nLayers(); layer++) {
            layers.add(new KeyValues(step.create(promptKeys[2 * layer], shape), step.create(promptKeys[2 * layer + 1], shape)));
        }
        return layers;
    }

    private List<KeyValues> gather(NDManager step, LanguageModel lm, int[][] ancestors, int depth) {
        int heads = lm.config().nKeyValueHeads();
        int dHead = lm.config().dHead();
        int nLayers = lm.config().nLayers();
        int bytes = Math.multiplyExact(4 * ancestors.length * depth, heads * dHead);
        if (gathered.length == 0 || gathered[0].capacity() < bytes) {
            gathered = new ByteBuffer[2 * nLayers];
            for (int i = 0; i < gathered.length; i++) {
                gathered[i] = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
            }
        }
        float[][][] keys = new float[ancestors.length][][];
        for (int row = 0; row < keys.length; row++) {
            keys[row] = new float[ancestors[row].length][];
            for (int a = 0; a < ancestors[row].length; a++) {
                keys[row][a] = nodeKeys.get(ancestors[row][a]);
            }
        }
        Shape shape = new Shape(ancestors.length, heads, depth, dHead);
        List<KeyValues> layers = new ArrayList<>();
        for (int layer = 0; layer < nLayers; layer++) {
            NDArray[] pair = new NDArray[2];
            for (int i = 0; i < 2; i++) {
                int part = 2 * layer + i;
                ByteBuffer buffer = gathered[part];
                fill(buffer.asFloatBuffer(), keys, part, heads, dHead, depth);
                pair[i] = step.create(buffer.slice(0, bytes).order(ByteOrder.nativeOrder()), shape, DataType.FLOAT32);
            }
            layers.add(new KeyValues(pair[0], pair[1]));
        }
        return layers;
    }

    /** Lays keys out as (rows, heads, depth, dHead). Padding keeps old numbers, which the mask hides; they are always finite. */
    private static void fill(java.nio.FloatBuffer target, float[][][] keys, int part, int heads, int dHead, int depth) {
        int width = heads * dHead;
        for (int row = 0; row < keys.length; row++) {
            for (int head = 0; head < heads; head++) {
                int to = (row * heads + head) * depth * dHead;
                for (float[] ancestor : keys[row]) {
                    target.put(to, ancestor, part * width + head * dHead, dHead);
                    to += dHead;
                }
            }
        }
    }

    private static NDArray mask(NDManager step, int[][] ancestors, int depth) {
        float[] mask = new float[ancestors.length * depth];
        for (int row = 0; row < ancestors.length; row++) {
            java.util.Arrays.fill(mask, row * depth + ancestors[row].length, (row + 1) * depth, Float.NEGATIVE_INFINITY);
        }
        return step.create(mask, new Shape(ancestors.length, depth));
    }

    /** Adds the steering vector at positions of this call from {@code first} on. */
    private Hook hook(NDManager step, int first) {
        if (steering == null) {
            return Hook.NONE;
        }
        HookPoint where = HookPoint.residPre(steeredLayer);
        return new Hook() {
            @Override
            public boolean wants(HookPoint point) {
                return point.equals(where);
            }

            @Override
            public NDArray at(HookPoint point, NDArray value) {
                int length = (int) value.getShape().get(1);
                float[] on = new float[length];
                java.util.Arrays.fill(on, Math.min(first, length), length, 1);
                return value.add(step.create(on, new Shape(1, length, 1)).mul(step.create(steering)));
            }
        };
    }
}
