package loupe.lm;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The positions of the tokens in one forward pass, with the attention masks and the rotation angles of queries and keys
 * that follow from them for all layers. Masks are additive, 0 or negative infinity. Everything is computed lazily,
 * once, and belongs to the step.
 *
 * <p>B rows, T tokens, S cached tokens; P is 1 if all rows begin at one position and have no borders between documents,
 * else B. Device thread only.
 */
final class PositionContext {
    private final NDManager step;
    private final int[][] positions;
    private final int[][] beginnings;
    private final Optional<KeyValueCache> cache;
    private final Map<OptionalInt, Optional<NDArray>> causal = new HashMap<>();
    private final Map<OptionalInt, Optional<NDArray>> shared = new HashMap<>();
    private final Map<OptionalInt, Optional<NDArray>> own = new HashMap<>();
    private final Map<Rotary, NDArray[]> turns = new HashMap<>();

    PositionContext(NDManager step, Input input, Optional<KeyValueCache> cache) {
        this.step = step;
        if (input.isCut() && cache.isPresent()) {
            throw new IllegalArgumentException("the input has borders between documents, and there is a cache");
        }
        this.positions = input.positions();
        this.beginnings = input.beginnings();
        this.cache = cache;
    }

    /**
     * The mask among the pass's own tokens, (T, T), or with borders between documents (B, 1, T, T); null if they see
     * everything.
     */
    @Nullable
    NDArray causalMask(OptionalInt window) {
        return once(causal, window, () -> positions[0].length == 1 ? null : makeCausal(positions[0].length, window));
    }

    /** The mask on the cache's shared tokens, which broadcasts to (B, H, T, S); null if they see everything. */
    @Nullable
    NDArray sharedMask(OptionalInt window) {
        return once(
                shared,
                window,
                () -> cached(
                        cache.flatMap(KeyValueCache::sharedMask), cache.map(KeyValueCache::sharedPositions), window));
    }

    /** The mask on the cache's own tokens, which broadcasts to (B, H, T, S); null if they see everything. */
    @Nullable
    NDArray ownMask(OptionalInt window) {
        return once(
                own,
                window,
                () -> cached(cache.flatMap(KeyValueCache::ownMask), cache.map(KeyValueCache::ownPositions), window));
    }

    private static @Nullable NDArray once(
            Map<OptionalInt, Optional<NDArray>> masks, OptionalInt window, Supplier<@Nullable NDArray> make) {
        return masks.computeIfAbsent(window, key -> Optional.ofNullable(make.get()))
                .orElse(null);
    }

    private NDArray makeCausal(int length, OptionalInt window) {
        int masks = Math.max(1, beginnings.length);
        float[] mask = new float[Math.multiplyExact(masks * length, length)];
        for (int i = 0; i < masks * length; i++) {
            int query = i % length;
            int document = beginnings.length == 0 ? 0 : beginnings[i / length][query];
            int first = Math.max(document, query + 1 - window.orElse(length));
            Arrays.fill(mask, i * length, i * length + first, Float.NEGATIVE_INFINITY);
            Arrays.fill(mask, i * length + query + 1, (i + 1) * length, Float.NEGATIVE_INFINITY);
        }
        return step.create(
                mask, beginnings.length == 0 ? new Shape(length, length) : new Shape(masks, 1, length, length));
    }

    private @Nullable NDArray cached(Optional<NDArray> given, Optional<int[]> keys, OptionalInt window) {
        NDArray perRow = given.map(mask -> mask.reshape(
                        mask.getShape().get(0), 1, 1, mask.getShape().get(1)))
                .orElse(null);
        if (perRow != null) {
            perRow.attach(step);
        }
        if (window.isEmpty() || keys.isEmpty()) {
            return perRow;
        }
        int[] at = keys.get();
        int length = positions[0].length;
        float[] mask = new float[positions.length * length * at.length];
        boolean hides = false;
        for (int i = 0; i < mask.length; i++) {
            int query = positions[i / at.length / length][i / at.length % length];
            if (at[i % at.length] <= query - window.getAsInt()) {
                mask[i] = Float.NEGATIVE_INFINITY;
                hides = true;
            }
        }
        if (!hides) {
            return perRow;
        }
        NDArray near = step.create(mask, new Shape(positions.length, 1, length, at.length));
        return perRow == null ? near : near.add(perRow);
    }

    /**
     * Turns queries or keys by their positions' angles.
     *
     * @param heads (B, T, heads, dHead)
     * @return the same shape, of the same manager
     */
    NDArray turn(Rotary rotary, NDArray heads) {
        NDArray[] cosAndSin = turns.computeIfAbsent(rotary, this::makeTurn);
        NDArray cos = cosAndSin[0];
        NDArray sin = cosAndSin[1];
        int turning = rotary.dimensions();
        long half = turning / 2;
        Shape shape = heads.getShape();
        boolean whole = shape.get(3) == turning;
        NDList parts;
        if (rotary.interleaved()) {
            NDArray pairs = (whole
                            ? heads
                            : heads.split(new long[] {turning}, 3).get(0))
                    .reshape(shape.get(0), shape.get(1), shape.get(2), half, 2);
            NDList sides = pairs.split(2, 4);
            NDArray even = sides.get(0).squeeze(4);
            NDArray odd = sides.get(1).squeeze(4);
            NDList turned = new NDList(
                    even.mul(cos).sub(odd.mul(sin)).expandDims(4),
                    odd.mul(cos).add(even.mul(sin)).expandDims(4));
            parts = new NDList(NDArrays.concat(turned, 4).reshape(shape.get(0), shape.get(1), shape.get(2), turning));
        } else {
            NDList sides = heads.split(whole ? new long[] {half} : new long[] {half, turning}, 3);
            NDArray first = sides.get(0);
            NDArray second = sides.get(1);
            parts = new NDList(
                    first.mul(cos).sub(second.mul(sin)), second.mul(cos).add(first.mul(sin)));
        }
        if (!whole) {
            parts.add(heads.split(new long[] {turning}, 3).get(1));
        }
        return parts.size() == 1 ? parts.get(0) : NDArrays.concat(parts, 3);
    }

    /**
     * Cosines and sines (P, T, 1, n) times the factor, from angles in double precision. A text is as long as its last
     * position says; keys that were cached when it was shorter stay as they are, as in transformers.
     */
    private NDArray[] makeTurn(Rotary rotary) {
        int pairs = rotary.frequencies().size();
        int length = positions[0].length;
        List<Double> frequencies = rotary.frequencies(1
                + Arrays.stream(positions)
                        .mapToInt(row -> row[length - 1])
                        .max()
                        .orElse(0));
        float[] cos = new float[positions.length * length * pairs];
        float[] sin = new float[cos.length];
        for (int i = 0; i < cos.length; i++) {
            double angle = positions[i / pairs / length][i / pairs % length] * frequencies.get(i % pairs);
            cos[i] = (float) (rotary.factor() * Math.cos(angle));
            sin[i] = (float) (rotary.factor() * Math.sin(angle));
        }
        Shape shape = new Shape(positions.length, length, 1, pairs);
        return new NDArray[] {step.create(cos, shape), step.create(sin, shape)};
    }
}
