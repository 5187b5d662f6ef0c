package loupe.inference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.Collection;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Weights that are on the device or can be uploaded to it. They belong to a manager of their own, capped once they are
 * loaded, so that nothing a question computes can stay attached to it; closing that manager gives all of them back.
 * Device thread only.
 *
 * @param <T> what holds the weights
 */
final class Resident<T extends AutoCloseable> {
    private final String name;
    private final boolean evictable;
    private final Upload<T> upload;
    private final Function<T, Collection<NDArray>> weightsOf;
    private final Runnable evicted;
    private final long bytes;
    private @Nullable NDManager owner;
    private @Nullable T value;
    private NDArray @Nullable [] weights;

    /**
     * @param bytes size on the device
     * @param evictable whether it may be evicted when others need room, to be uploaded again later
     * @param weightsOf every array of an uploaded value
     * @param evicted called after the arrays of an uploaded value have been closed
     */
    Resident(
            String name,
            long bytes,
            boolean evictable,
            Upload<T> upload,
            Function<T, Collection<NDArray>> weightsOf,
            Runnable evicted) {
        this.name = name;
        this.bytes = bytes;
        this.evictable = evictable;
        this.upload = upload;
        this.weightsOf = weightsOf;
        this.evicted = evicted;
    }

    String name() {
        return name;
    }

    long bytes() {
        return bytes;
    }

    boolean isEvictable() {
        return evictable;
    }

    boolean isOnDevice() {
        return owner != null;
    }

    /** Loads the weights under {@code root}. Leaves nothing behind if that fails. */
    void upload(NDManager root) {
        NDManager fresh = root.newSubManager();
        fresh.setName(name);
        try {
            value = upload.to(fresh);
            weights = weightsOf.apply(value).toArray(NDArray[]::new);
            fresh.cap();
            owner = fresh;
        } finally {
            if (owner == null) {
                fresh.close();
                value = null;
                weights = null;
            }
        }
    }

    boolean owns(NDArray array) {
        return weights != null && Arrays.stream(weights).anyMatch(weight -> weight == array);
    }

    /**
     * Lends the weights to a step: what is computed from them belongs to the step, and they come back when it ends. A
     * step that had borrowed them before no longer has them.
     */
    T lend(NDManager step) {
        NDManager home = Objects.requireNonNull(owner);
        for (NDArray weight : Objects.requireNonNull(weights)) {
            if (weight.getManager() != home) {
                weight.returnResource(home); // the engine forgets where a weight belongs that is lent twice
            }
            weight.tempAttach(step);
        }
        return Objects.requireNonNull(value);
    }

    /** What holds the weights, which must be on the device. */
    T value() {
        return Objects.requireNonNull(value);
    }

    /** Frees the weights' memory. Does nothing if they are not on the device. */
    void evict() {
        if (owner != null) {
            try {
                Objects.requireNonNull(value).close();
            } catch (Exception e) {
                throw new IllegalStateException(name + " could not be closed", e);
            } finally {
                owner.close();
                owner = null;
                value = null;
                weights = null;
                evicted.run();
            }
        }
    }
}
