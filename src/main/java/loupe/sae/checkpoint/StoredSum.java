package loupe.sae.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import loupe.tensor.DType;
import loupe.tensor.StoredTensor;

/**
 * Stored tensors of one shape, added element by element in float32 as they are read, so that no more memory is needed
 * than for one of them. Thread-safe, as long as their archives are open.
 */
final class StoredSum implements StoredTensor {
    private final List<StoredTensor> summands;

    private StoredSum(List<StoredTensor> summands) {
        this.summands = List.copyOf(summands);
    }

    /** @throws IllegalArgumentException if there is none, or they have different shapes */
    static StoredSum of(List<StoredTensor> summands) {
        if (summands.stream().map(StoredTensor::shape).distinct().count() != 1) {
            throw new IllegalArgumentException("summands have the shapes "
                    + summands.stream().map(StoredTensor::shape).toList() + ", one is needed");
        }
        return new StoredSum(summands);
    }

    @Override
    public String name() {
        return summands.get(0).name();
    }

    @Override
    public DType dtype() {
        return summands.get(0).dtype();
    }

    @Override
    public List<Long> shape() {
        return summands.get(0).shape();
    }

    @Override
    public void readFloats(long firstElement, ByteBuffer destination) {
        ByteBuffer kept = destination.slice().order(ByteOrder.nativeOrder());
        summands.get(0).readFloats(firstElement, destination);
        FloatBuffer sum = kept.asFloatBuffer();
        ByteBuffer addend = ByteBuffer.allocate(kept.capacity()).order(ByteOrder.nativeOrder());
        for (StoredTensor next : summands.subList(1, summands.size())) {
            addend.clear();
            next.readFloats(firstElement, addend);
            FloatBuffer values = addend.flip().asFloatBuffer();
            for (int i = 0; i < sum.capacity(); i++) {
                sum.put(i, sum.get(i) + values.get(i));
            }
        }
    }

    /** @throws IllegalArgumentException always: a sum is of floating types */
    @Override
    public long[] readIntegers(long firstElement, int count) {
        throw new IllegalArgumentException(name() + " is a sum, which has no whole numbers");
    }

    @Override
    public void verify() {
        summands.forEach(StoredTensor::verify);
    }
}
