package loupe.format;

import java.util.List;
import loupe.tensor.DType;

/** Overflow-checked sizes of tensors as untrusted files declare them. */
final class DeclaredSizes {
    private DeclaredSizes() {}

    /**
     * Bytes of a tensor.
     *
     * @throws loupe.base.CheckpointException if they do not fit 63 bits, whatever axes of length 0 there are
     */
    static long bytes(PositionalFile file, String tensor, List<Long> shape, DType dtype) {
        long bytes = dtype.bytes();
        boolean empty = false;
        try {
            for (long axis : shape) {
                empty |= axis == 0;
                bytes = Math.multiplyExact(bytes, Math.max(1, axis));
            }
        } catch (ArithmeticException e) {
            throw file.refuse(
                    "size overflow of tensor " + tensor + ": " + dtype + " " + shape,
                    "a size below 2^63 bytes",
                    "Download or export the file again");
        }
        return empty ? 0 : bytes;
    }
}
