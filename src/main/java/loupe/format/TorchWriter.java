package loupe.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import loupe.tensor.DType;
import loupe.tensor.HostTensor;
import loupe.tensor.StoredTensor;

/**
 * Writes a state dict as {@code torch.save} does since PyTorch 1.6, so that {@code torch.load} reads it: floating or
 * 64-bit integers, every tensor in a storage of its own, payloads aligned to 64 bytes. Equal tensors give equal files.
 * A failure leaves the file as it was. For one thread.
 */
public final class TorchWriter {
    private static final int ALIGNMENT_BYTES = 64;
    private static final int UTF8_FLAG = 0x800;
    private static final int LOCAL_BYTES = 30;
    private static final int CRC_AT = 14;
    /** 1 January 1980, the first day a zip can name: the time of writing is left out of the file. */
    private static final int DATE = 0x21;

    private final Map<String, TensorData> tensors = new LinkedHashMap<>();

    public TorchWriter add(String name, HostTensor tensor) {
        return add(name, TensorData.of(tensor));
    }

    /**
     * Adds a tensor of another file, as float32 whatever its type there. Its archive must be open until {@link #write}
     * returns.
     */
    public TorchWriter add(String name, StoredTensor tensor) {
        return add(name, TensorData.of(tensor));
    }

    /** Adds a float32 tensor whose elements are read while writing, in order. */
    public TorchWriter add(String name, List<Long> shape, FloatSource elements) {
        return add(name, TensorData.floats(shape, elements));
    }

    /**
     * Adds a tensor in another floating type, each element rounded to the nearest.
     *
     * @throws IllegalArgumentException unless {@code dtype} is F32, F16 or BF16
     */
    public TorchWriter add(String name, DType dtype, List<Long> shape, FloatSource elements) {
        return add(name, TensorData.floats(dtype, shape, elements));
    }

    /**
     * Adds a tensor of 64-bit integers; no shape makes a scalar.
     *
     * @throws IllegalArgumentException if the shape does not fit the values
     */
    public TorchWriter add(String name, long[] values, long... shape) {
        return add(name, TensorData.integers(values, shape));
    }

    private TorchWriter add(String name, TensorData tensor) {
        if (tensors.putIfAbsent(name, tensor) != null) {
            throw new IllegalArgumentException("name is " + name + ", which is taken");
        }
        return this;
    }

    /**
     * Writes the file.
     *
     * @throws loupe.base.CheckpointException if it cannot be written, or a stored tensor not be read
     * @throws IllegalArgumentException if it would need ZIP64, that is 4 GiB or more: write safetensors instead
     */
    public void write(Path path) {
        long bytes = tensors.values().stream()
                .mapToLong(tensor -> tensor.bytes() + 256)
                .sum();
        if (bytes >= 0xFFFF0000L || tensors.size() > 60_000) {
            throw new IllegalArgumentException("the tensors have " + bytes + " bytes and this writer stops at 4 GiB");
        }
        String fileName = path.getFileName().toString();
        int dot = fileName.lastIndexOf('.');
        try (OutputFile file = OutputFile.create(path)) {
            Zip zip = new Zip(file, dot > 0 ? fileName.substring(0, dot) : fileName);
            zip.entry("data.pkl", sink -> sink.accept(ByteBuffer.wrap(StateDictPickle.of(tensors))));
            int key = 0;
            for (TensorData tensor : tensors.values()) {
                zip.entry("data/" + key++, tensor::write);
            }
            zip.entry("version", sink -> sink.accept(ByteBuffer.wrap("3\n".getBytes(StandardCharsets.US_ASCII))));
            zip.finish();
            file.commit();
        }
    }

    /** Stored entries, each with its checksum filled in after its payload has gone by. */
    private static final class Zip {
        private final OutputFile file;
        private final String folder;
        private final List<byte[]> directory = new ArrayList<>();

        Zip(OutputFile file, String folder) {
            this.file = file;
            this.folder = folder;
        }

        void entry(String name, Consumer<Consumer<ByteBuffer>> payload) {
            byte[] fullName = (folder + "/" + name).getBytes(StandardCharsets.UTF_8);
            long header = file.position();
            int unpadded = (int) ((header + LOCAL_BYTES + fullName.length + 4) % ALIGNMENT_BYTES);
            int padding = (ALIGNMENT_BYTES - unpadded) % ALIGNMENT_BYTES;
            ByteBuffer local = little(LOCAL_BYTES + fullName.length + 4 + padding);
            local.putInt(0x04034B50).putShort((short) 0);
            sizesAndNames(local, 0, 0, fullName.length, 4 + padding);
            local.put(fullName).put((byte) 'F').put((byte) 'B').putShort((short) padding);
            while (local.hasRemaining()) {
                local.put((byte) 'Z');
            }
            file.write(local.flip());
            CRC32 crc = new CRC32();
            long start = file.position();
            payload.accept(bytes -> {
                crc.update(bytes.duplicate());
                file.write(bytes);
            });
            long size = file.position() - start;
            file.write(
                    header + CRC_AT,
                    little(12)
                            .putInt((int) crc.getValue())
                            .putInt((int) size)
                            .putInt((int) size)
                            .flip());
            byte[] entry = new byte[46 + fullName.length];
            ByteBuffer central = ByteBuffer.wrap(entry)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(0x02014B50)
                    .putShort((short) 0)
                    .putShort((short) 0);
            sizesAndNames(central, (int) crc.getValue(), (int) size, fullName.length, 0);
            central.putShort((short) 0)
                    .putShort((short) 0)
                    .putShort((short) 0)
                    .putInt(0)
                    .putInt((int) header)
                    .put(fullName);
            directory.add(entry);
        }

        /** The fields that local and central headers have in common, from the flags on. */
        private static void sizesAndNames(ByteBuffer header, int crc, int size, int nameBytes, int extraBytes) {
            header.putShort((short) UTF8_FLAG)
                    .putShort((short) ZipDirectory.STORED)
                    .putShort((short) 0)
                    .putShort((short) DATE);
            header.putInt(crc)
                    .putInt(size)
                    .putInt(size)
                    .putShort((short) nameBytes)
                    .putShort((short) extraBytes);
        }

        void finish() {
            long start = file.position();
            directory.forEach(entry -> file.write(ByteBuffer.wrap(entry)));
            int bytes = (int) (file.position() - start);
            short count = (short) directory.size();
            file.write(little(22)
                    .putInt(0x06054B50)
                    .putInt(0)
                    .putShort(count)
                    .putShort(count)
                    .putInt(bytes)
                    .putInt((int) start)
                    .putShort((short) 0)
                    .flip());
        }

        private static ByteBuffer little(int bytes) {
            return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        }
    }
}
