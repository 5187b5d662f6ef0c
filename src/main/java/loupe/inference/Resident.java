package loupe.inference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;

/**
 * Weights that are, or can be brought, on the device. They belong to a manager of their own, capped once they are
 * loaded, so that nothing a question computes can stay attached to it; closing that manager gives all of them back.
 * Device thread only.
 *
 * @param <T> what holds the weights
 */
final class Resident<T> {
    private final String name;
    private final boolean evictable;
    private final Upload<T> upload;
    private long bytes;
    private NDManager owner;
    private T value;
    private NDArray[] weights;

    /**
     * @param bytes expected size on the device; measured when uploaded
     * @param evictable whether it may be thrown off the device when others need room, to be uploaded again later
     */
    Resident(String name, long bytes, boolean evictable, Upload<T> upload) {
        this.name = name;
        this.bytes = bytes;
        this.evictable = evictable;
        this.upload = upload;
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
            weights = fresh.getManagedArrays().toArray(NDArray[]::new);
            bytes = bytes(weights);
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

    /** Lends the weights to a step: what is computed from them belongs to the step, and they come back when it ends. */
    T lend(NDManager step) {
        step.tempAttachAll(weights);
        return value;
    }

    /** Gives the weights' memory back. Does nothing if they are not on the device. */
    void evict() {
        if (owner != null) {
            owner.close();
            owner = null;
            value = null;
            weights = null;
        }
    }

    static long bytes(NDArray... arrays) {
        long sum = 0;
        for (NDArray array : arrays) {
            sum += array.size() * array.getDataType().getNumOfBytes();
        }
        return sum;
    }
}
