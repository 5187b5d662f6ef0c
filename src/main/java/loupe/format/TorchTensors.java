package loupe.format;

import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import loupe.format.PickleReader.Storage;
import loupe.format.PickleReader.Tensor;
import loupe.tensor.DType;
import loupe.tensor.StoredTensor;

/**
 * Locates the bytes of the tensors that a torch pickle describes, after checking that they lie inside their storages.
 */
final class TorchTensors {
    private static final int MAX_RANK = 8;
    /** An expanded tensor repeats few stored elements; this many are still harmless (4 GiB as float32). */
    private static final long MAX_EXPANDED_ELEMENTS = 1L << 30;

    private static final String UNTYPED = "UntypedStorage";
    private static final String REMEDY = "Download or export the file again";

    private TorchTensors() {}

    /**
     * Where the elements of a storage are.
     *
     * @param check run before the first read; throws if the bytes are not those that were stored
     */
    record Payload(long start, long bytes, ByteOrder order, Runnable check) {}

    /** @param payloads the payload of each storage, or null if the file has none for it */
    static Map<String, StoredTensor> locate(
            PositionalFile file, Map<String, Tensor> described, Function<String, Payload> payloads) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        described.forEach((name, tensor) -> tensors.put(name, locate(file, name, tensor, payloads)));
        return tensors;
    }

    private static StoredTensor locate(
            PositionalFile file, String name, Tensor tensor, Function<String, Payload> payloads) {
        Storage storage = tensor.storage();
        Payload payload = payloads.apply(storage.key());
        if (payload == null) {
            throw file.refuse(
                    "tensor " + name + " lies in storage " + storage.key() + ", which is not in the file",
                    "a complete file",
                    REMEDY);
        }
        if (storage.type().equals(UNTYPED) && tensor.dtype().isEmpty()) {
            throw file.refuse("tensor " + name + " has an untyped storage and no dtype", "a dtype", REMEDY);
        }
        int storageUnit = unitBytes(file, storage);
        DType dtype =
                tensor.dtype().isEmpty() ? ofStorage(file, name, storage.type()) : ofName(file, name, tensor.dtype());
        if (storage.numel() > payload.bytes() / storageUnit || storage.numel() * storageUnit != payload.bytes()) {
            throw file.refuse(
                    "tensor " + name + " needs " + bytes(storage.numel(), storageUnit) + " bytes, and storage "
                            + storage.key() + " has " + payload.bytes(),
                    "storages as large as they are said to be",
                    "Download the file again");
        }
        checkInside(file, name, tensor, dtype, payload.bytes());
        long start = payload.start() + (storage.viewOffset() + tensor.offset()) * dtype.bytes();
        long[] strides = tensor.strides().stream().mapToLong(Long::longValue).toArray();
        return new FileTensor(
                file,
                name,
                new FileTensor.Layout(dtype, tensor.shape(), strides, start, payload.order()),
                payload.check());
    }

    /** A product that may be too large for a long. */
    private static String bytes(long elements, int unit) {
        return java.math.BigInteger.valueOf(elements)
                .multiply(java.math.BigInteger.valueOf(unit))
                .toString();
    }

    /** Bytes of what the storage counts: elements, or single bytes if it has no type. */
    static int unitBytes(PositionalFile file, Storage storage) {
        return storage.type().equals(UNTYPED)
                ? 1
                : ofStorage(file, "of storage " + storage.key(), storage.type()).bytes();
    }

    private static void checkInside(PositionalFile file, String name, Tensor tensor, DType dtype, long storageBytes) {
        List<Long> shape = tensor.shape();
        boolean malformed = shape.size() != tensor.strides().size()
                || shape.size() > MAX_RANK
                || tensor.offset() < 0
                || shape.stream().anyMatch(axis -> axis < 0)
                || tensor.strides().stream().anyMatch(stride -> stride < 0);
        if (malformed) {
            throw file.refuse(
                    "tensor " + name + " has shape " + shape + ", strides " + tensor.strides() + " and offset "
                            + tensor.offset(),
                    "as many strides as axes, at most " + MAX_RANK + ", none negative",
                    REMEDY);
        }
        long bytes = DeclaredSizes.bytes(file, name, shape, dtype);
        long capacity = storageBytes / dtype.bytes();
        try {
            long last = Math.addExact(tensor.storage().viewOffset(), tensor.offset());
            for (int axis = 0; axis < shape.size(); axis++) {
                last = Math.addExact(
                        last,
                        Math.multiplyExact(
                                Math.max(0, shape.get(axis) - 1),
                                tensor.strides().get(axis)));
            }
            if ((bytes > 0 && last >= capacity) || last > capacity) {
                throw outside(file, name, tensor, capacity);
            }
        } catch (ArithmeticException e) {
            throw outside(file, name, tensor, capacity);
        }
        long elements = bytes / dtype.bytes();
        if (elements > capacity && elements > MAX_EXPANDED_ELEMENTS) {
            throw file.refuse(
                    "tensor " + name + " is too large: " + elements + " elements spread from a storage of " + capacity,
                    "at most " + MAX_EXPANDED_ELEMENTS + " for an expanded tensor",
                    "Save it with .contiguous() if it is meant to be that large");
        }
    }

    private static RuntimeException outside(PositionalFile file, String name, Tensor tensor, long capacity) {
        return file.refuse(
                "tensor " + name + " reaches outside its storage: shape " + tensor.shape() + ", strides "
                        + tensor.strides() + ", offset " + tensor.offset() + ", storage of " + capacity + " elements",
                "a tensor inside its storage",
                REMEDY);
    }

    private static DType ofStorage(PositionalFile file, String tensor, String type) {
        return switch (type) {
            case "FloatStorage" -> DType.F32;
            case "HalfStorage" -> DType.F16;
            case "BFloat16Storage" -> DType.BF16;
            case "DoubleStorage" -> DType.F64;
            case "LongStorage" -> DType.I64;
            case "IntStorage" -> DType.I32;
            case "ShortStorage" -> DType.I16;
            case "CharStorage" -> DType.I8;
            case "ByteStorage" -> DType.U8;
            case "BoolStorage" -> DType.BOOL;
            default -> throw unsupported(file, tensor, "a " + type);
        };
    }

    private static DType ofName(PositionalFile file, String tensor, String dtype) {
        return switch (dtype) {
            case "float32", "float" -> DType.F32;
            case "float16", "half" -> DType.F16;
            case "bfloat16" -> DType.BF16;
            case "float64", "double" -> DType.F64;
            case "int64", "long" -> DType.I64;
            case "int32", "int" -> DType.I32;
            case "int16", "short" -> DType.I16;
            case "int8" -> DType.I8;
            case "uint8" -> DType.U8;
            case "bool" -> DType.BOOL;
            default -> throw unsupported(file, tensor, "the dtype torch." + dtype);
        };
    }

    private static RuntimeException unsupported(PositionalFile file, String tensor, String what) {
        return file.refuse(
                "bad storage reference: tensor " + tensor + " has " + what + ", which is not supported",
                "one of " + List.of(DType.values()),
                "Convert it to float32 and save it again");
    }
}
