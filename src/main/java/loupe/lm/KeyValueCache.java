package loupe.lm;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values of tokens of earlier passes, to which the tokens of a forward pass attend besides each other.
 *
 * <p>The cached tokens come in two parts. <em>Shared</em> ones exist once for all rows, (1, K, P, dHead), without a
 * copy per row: a prompt, or all nodes of a tree. <em>Own</em> ones exist per row, (B, K, A, dHead): a node's
 * ancestors, padded to one length. An additive mask, (B, P) or (B, A), selects those that a row attends to: 0 where it
 * does and negative infinity where not. After the pass {@link #added} holds the keys and values of its own tokens, for
 * the caller to keep.
 *
 * <p>The positions of the pass's own tokens are not deduced from the cache; the {@link Input} gives them. Those of the
 * cached tokens matter only to layers that see a window of tokens: shared ones stand at 0, 1, ... and own ones right
 * after them, unless their positions are given. Device thread only. The arrays stay their owners'; those added belong
 * to the step.
 */
public final class KeyValueCache {
    private final List<KeyValues> shared;
    private final @Nullable NDArray sharedMask;
    private final List<KeyValues> own;
    private final @Nullable NDArray ownMask;
    /** Positions of the shared tokens; empty for 0, 1, ... */
    private final int[] sharedPositions;
    /** Position of the first own token; negative for right after the shared ones. */
    private final int firstOwnPosition;

    private final List<KeyValues> added = new ArrayList<>();

    private KeyValueCache(
            List<KeyValues> shared,
            @Nullable NDArray sharedMask,
            int[] sharedPositions,
            List<KeyValues> own,
            int firstOwnPosition,
            @Nullable NDArray ownMask) {
        this.shared = shared;
        this.sharedMask = sharedMask;
        this.own = own;
        this.firstOwnPosition = firstOwnPosition;
        this.ownMask = ownMask;
        this.sharedPositions = sharedPositions;
    }

    /** An empty cache, to collect the keys and values of a first pass. */
    public static KeyValueCache empty() {
        return new KeyValueCache(List.of(), null, new int[0], List.of(), -1, null);
    }

    /**
     * A cache that also holds tokens to which every row attends.
     *
     * @param layers one entry per layer, of batch size 1
     */
    public KeyValueCache withShared(List<KeyValues> layers) {
        return new KeyValueCache(List.copyOf(layers), null, new int[0], own, firstOwnPosition, ownMask);
    }

    /** A cache that also holds tokens shared by all rows, at the given positions. */
    public KeyValueCache withShared(List<KeyValues> layers, int[] positions, NDArray mask) {
        if (!layers.isEmpty() && layers.get(0).tokens() != positions.length) {
            throw new IllegalArgumentException("positions has " + positions.length + " entries for "
                    + layers.get(0).tokens() + " tokens");
        }
        return new KeyValueCache(List.copyOf(layers), mask, positions.clone(), own, firstOwnPosition, ownMask);
    }

    /**
     * A cache that also holds tokens of each row, one after another, to which it attends as the mask (B, A) allows.
     *
     * @param layers one entry per layer, of batch size B
     */
    public KeyValueCache withOwn(List<KeyValues> layers, NDArray mask) {
        return withOwn(layers, -1, mask);
    }

    /**
     * A cache that also holds tokens of each row, the first of them at a given position; needed after shared tokens of
     * several texts, which it does not follow directly.
     */
    public KeyValueCache withOwn(List<KeyValues> layers, int firstPosition, NDArray mask) {
        return new KeyValueCache(shared, sharedMask, sharedPositions, List.copyOf(layers), firstPosition, mask);
    }

    /** Keys and values of the tokens of the pass this cache was used for, one entry per layer it came through. */
    public List<KeyValues> added() {
        return List.copyOf(added);
    }

    Optional<KeyValues> shared(int layer) {
        return shared.isEmpty() ? Optional.empty() : Optional.of(shared.get(layer));
    }

    Optional<NDArray> sharedMask() {
        return Optional.ofNullable(sharedMask);
    }

    /** Position of every shared token. */
    int[] sharedPositions() {
        return sharedPositions.length > 0 || shared.isEmpty()
                ? sharedPositions
                : from(0, shared.get(0).tokens());
    }

    /** Position of every own token, padding included. */
    int[] ownPositions() {
        return own.isEmpty()
                ? new int[0]
                : from(
                        firstOwnPosition >= 0
                                ? firstOwnPosition
                                : shared.isEmpty() ? 0 : (int) shared.get(0).tokens(),
                        own.get(0).tokens());
    }

    private static int[] from(int first, long count) {
        return IntStream.range(first, first + (int) count).toArray();
    }

    Optional<KeyValues> own(int layer) {
        return own.isEmpty() ? Optional.empty() : Optional.of(own.get(layer));
    }

    Optional<NDArray> ownMask() {
        return Optional.ofNullable(ownMask);
    }

    void add(KeyValues layer) {
        added.add(layer);
    }
}
