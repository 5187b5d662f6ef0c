package loupe.inference;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import loupe.base.MemoryBudget;
import loupe.base.OutOfDeviceMemoryException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What stays on the device between steps, within a budget: the weights of models and checkpoints, and arrays that
 * several questions share. When something needs room, shared arrays go first and then the checkpoints not used for
 * longest, since both can be made again; models stay. Device thread only, except {@link #usedBytes}.
 */
final class DeviceMemory {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceMemory.class);
    private static final double SHARE_FOR_KEPT_ARRAYS = 0.1;

    private final NDManager root;
    private final String device;
    private final long budget;
    /** Residents on the device, the least recently used first. */
    private final Set<Resident<?>> onDevice = new LinkedHashSet<>();

    private final Map<Object, Kept> kept = new LinkedHashMap<>(16, 0.75f, true);
    private volatile long usedBytes;

    /**
     * @param device its name, for messages
     * @param budget bytes that may stay on the device between steps
     */
    DeviceMemory(NDManager root, String device, long budget) {
        this.root = root;
        this.device = device;
        this.budget = budget;
    }

    /** Bytes held between steps. Any thread. */
    long usedBytes() {
        return usedBytes;
    }

    NDManager newStep() {
        NDManager step = root.newSubManager();
        step.setName("step");
        return step;
    }

    /**
     * Loads {@code resident} onto the device unless it is there, evicting others if needed.
     *
     * @param inUse not to be evicted, because the running step has borrowed them
     * @throws OutOfDeviceMemoryException if there is not enough room even so
     */
    void require(Resident<?> resident, Collection<Resident<?>> inUse) {
        if (!resident.isOnDevice()) {
            makeRoom(resident, inUse);
            LOG.debug("Uploading {} ({}) to {}", resident.name(), MemoryBudget.size(resident.bytes()), device);
            resident.upload(root);
        }
        onDevice.remove(resident);
        onDevice.add(resident);
        count();
    }

    /**
     * Refuses what a GPU has no room for, before it is read.
     *
     * @param keepsAll whether everything on the device has to stay; else only models have to
     * @throws OutOfDeviceMemoryException if there is not enough
     */
    void requireRoom(Path what, long bytes, boolean keepsAll) {
        long staying = onDevice.stream()
                .filter(resident -> keepsAll || !resident.isEvictable())
                .mapToLong(Resident::bytes)
                .sum();
        if (staying + bytes > budget) {
            throw new OutOfDeviceMemoryException(
                    what + " needs " + MemoryBudget.size(bytes) + " as float32 on the device (" + device
                            + "), where there is room for " + MemoryBudget.size(budget - staying)
                            + ". Compute on the CPU, which takes longer",
                    null);
        }
    }

    /** Frees the memory of a closed resident and of everything that may have been computed from it. */
    void release(Resident<?> resident) {
        resident.evict();
        onDevice.remove(resident);
        dropKept();
        count();
    }

    /** The array under {@code key}, computed if absent, lent to {@code step}. */
    NDArray keep(Object key, Supplier<NDArray> make, NDManager step) {
        Kept entry = kept.get(key);
        if (entry == null) {
            NDArray array = make.get();
            if (onDevice.stream().anyMatch(resident -> resident.owns(array))) {
                throw new IllegalArgumentException("the array under " + key + " is a weight, which is kept already");
            }
            // a copy, because a view of weights would outlive their memory when they are evicted
            NDManager owner = root.newSubManager();
            NDArray own = array.duplicate();
            own.attach(owner);
            owner.cap();
            entry = new Kept(owner, own, array.size() * array.getDataType().getNumOfBytes());
            kept.put(key, entry);
            trimKept(entry);
            count();
        }
        if (entry.array.getManager() == entry.owner) { // else this step has it, or one around it
            entry.array.tempAttach(step);
        }
        return entry.array;
    }

    /**
     * Frees everything that can be made again, apart from what is in use.
     *
     * @return bytes freed
     */
    long freeAllBut(Collection<Resident<?>> inUse) {
        long before = usedBytes;
        dropKept();
        for (Resident<?> resident : List.copyOf(onDevice)) {
            if (resident.isEvictable() && !inUse.contains(resident)) {
                evict(resident);
            }
        }
        count();
        return before - usedBytes;
    }

    /** The failure to report when the engine had too little memory even after {@link #freeAllBut}. */
    OutOfDeviceMemoryException tooLittle(Throwable cause) {
        return new OutOfDeviceMemoryException(
                "The device (" + device + ") has too little memory for this; it holds " + held()
                        + ". Close a model or a checkpoint, or ask for less at once. The engine said: "
                        + firstLine(cause),
                cause);
    }

    /** Whether {@code failure} is the engine's, or Java's, way of saying that memory for arrays is exhausted. */
    static boolean isOutOfMemory(Throwable failure) {
        String message = String.valueOf(failure.getMessage()).toLowerCase(Locale.ROOT);
        if (failure instanceof OutOfMemoryError) {
            return message.contains("direct buffer") || message.contains("map failed");
        }
        return failure instanceof EngineException
                && (message.contains("out of memory")
                        || message.contains("allocate memory")
                        || message.contains("not enough memory")
                        || message.contains("bad_alloc"));
    }

    private void makeRoom(Resident<?> resident, Collection<Resident<?>> inUse) {
        if (usedBytes + resident.bytes() > budget) {
            dropKept();
            count();
        }
        for (Iterator<Resident<?>> oldest = List.copyOf(onDevice).iterator();
                oldest.hasNext() && usedBytes + resident.bytes() > budget; ) {
            Resident<?> candidate = oldest.next();
            if (candidate.isEvictable() && !inUse.contains(candidate)) {
                evict(candidate);
                count();
            }
        }
        if (usedBytes + resident.bytes() > budget) {
            throw new OutOfDeviceMemoryException(
                    resident.name() + " needs " + MemoryBudget.size(resident.bytes()) + " on the device (" + device
                            + "), which has room for " + MemoryBudget.size(budget) + " and holds " + held()
                            + ". Close a model or a checkpoint and try again",
                    null);
        }
    }

    private void evict(Resident<?> resident) {
        LOG.debug("Throwing {} ({}) off {} to make room", resident.name(), MemoryBudget.size(resident.bytes()), device);
        resident.evict();
        onDevice.remove(resident);
    }

    @SuppressWarnings("ReferenceEquality") // this very one
    private void trimKept(Kept newest) {
        long bytes = kept.values().stream().mapToLong(Kept::bytes).sum();
        for (Iterator<Kept> oldest = kept.values().iterator();
                bytes > SHARE_FOR_KEPT_ARRAYS * budget && oldest.hasNext(); ) {
            Kept candidate = oldest.next();
            if (candidate != newest) {
                bytes -= candidate.bytes;
                candidate.owner.close();
                oldest.remove();
            }
        }
    }

    private void dropKept() {
        kept.values().forEach(entry -> entry.owner.close());
        kept.clear();
    }

    private void count() {
        usedBytes = onDevice.stream().mapToLong(Resident::bytes).sum()
                + kept.values().stream().mapToLong(Kept::bytes).sum();
    }

    private String held() {
        List<String> parts = new ArrayList<>();
        onDevice.forEach(resident -> parts.add(resident.name() + " " + MemoryBudget.size(resident.bytes())));
        return parts.isEmpty() ? "nothing else" : parts.stream().collect(Collectors.joining(", "));
    }

    private static String firstLine(Throwable failure) {
        return String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
    }

    private record Kept(NDManager owner, NDArray array, long bytes) {}
}
