package loupe.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import loupe.lm.Scalars;
import loupe.tensor.HostTensor;

/**
 * The parameters of a model in training: one flat float32 vector, so that the optimiser takes a handful of operations
 * however many tensors there are, and one view of it per tensor. Device thread only; lives as long as its manager.
 */
public final class FlatParameters {
    private final Map<String, Place> places;
    private final Map<String, NDArray> views = new LinkedHashMap<>();
    private final NDArray flat;

    private record Place(long offset, Shape shape) {}

    /**
     * All zero.
     *
     * @param shapes of the tensors, in the order they take in the flat vector
     */
    public FlatParameters(NDManager manager, Map<String, Shape> shapes) {
        places = new LinkedHashMap<>();
        long size = 0;
        for (Map.Entry<String, Shape> tensor : shapes.entrySet()) {
            places.put(tensor.getKey(), new Place(size, tensor.getValue()));
            size += tensor.getValue().size();
        }
        flat = manager.zeros(new Shape(size));
        places.forEach((name, place) -> views.put(
                name,
                flat.get(new NDIndex(place.offset + ":" + (place.offset + place.shape.size())))
                        .reshape(place.shape)));
    }

    /** Number of parameters. */
    public long size() {
        return flat.size();
    }

    /** The vector itself; writing to it writes to the tensors. */
    public NDArray flat() {
        return flat;
    }

    public NDArray get(String name) {
        return Objects.requireNonNull(views.get(name), name);
    }

    /** Lends all tensors to a step, so that what is made of them is closed with it. */
    public void lend(NDManager step) {
        step.tempAttachAll(views.values().toArray(NDArray[]::new));
    }

    /** Whether operations on the tensors are recorded for gradients. Off while they are only used. */
    public void setLearning(boolean learning) {
        views.values().forEach(view -> view.setRequiresGradient(learning));
    }

    /** The gradients of all tensors as one vector of the step's; they themselves are set back to zero. */
    public NDArray takeGradient(NDManager step) {
        NDList parts = new NDList();
        for (NDArray view : views.values()) {
            parts.add(view.getGradient().flatten());
        }
        NDArray gathered = NDArrays.concat(parts);
        gathered.attach(step);
        for (NDArray part : parts) {
            Scalars.muli(part, 0);
        }
        return gathered;
    }

    /** Overwrites all parameters. */
    public void set(float[] values) {
        FlatCopies.write(flat, values);
    }

    /** Overwrites one tensor, given row-major. */
    public void set(String name, float[] values) {
        FlatCopies.write(get(name).flatten(), values);
    }

    /** A copy of one tensor on the host. */
    public HostTensor host(String name) {
        int[] shape = Arrays.stream(get(name).getShape().getShape())
                .mapToInt(Math::toIntExact)
                .toArray();
        return new HostTensor(FlatCopies.read(get(name)), shape);
    }

    /** A draw from the standard normal distribution. */
    public static double gaussian(SplittableRandom random) {
        double radius = Math.sqrt(-2 * Math.log(1 - random.nextDouble()));
        return radius * Math.cos(2 * Math.PI * random.nextDouble());
    }
}
