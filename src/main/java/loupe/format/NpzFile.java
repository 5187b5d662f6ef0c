package loupe.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.tensor.StoredTensor;

/**
 * Reads npz: a zip of npy arrays, stored ({@code numpy.savez}) or deflated ({@code numpy.savez_compressed}), in
 * row-major or column-major order.
 *
 * @see <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">numpy.lib.format</a>
 */
final class NpzFile {
    private static final String SUFFIX = ".npy";
    private static final int MAGIC_BYTES = 6;
    /** Weights hardly shrink when deflated. More than this, on something large, is a bomb or not weights. */
    private static final long MAX_RATIO = 200;

    private static final long HARMLESS_BYTES = 1L << 28;
    private static final String REMEDY = "Download the file again, or save it again with numpy.savez";

    private NpzFile() {}

    static boolean matches(Set<String> names) {
        return !names.isEmpty() && names.stream().allMatch(name -> name.endsWith(SUFFIX));
    }

    /** Whether a file that begins so is a single npy array. */
    static boolean isArray(ByteBuffer head) {
        return head.remaining() >= MAGIC_BYTES
                && (head.get(0) & 0xFF) == 0x93
                && StandardCharsets.ISO_8859_1
                        .decode(head.slice(1, MAGIC_BYTES - 1))
                        .toString()
                        .equals("NUMPY");
    }

    /**
     * Opens a single npy array under the name of the file, which the archive takes over and closes.
     *
     * @throws loupe.base.CheckpointException if it is not plain numbers
     */
    static FileArchive openArray(PositionalFile file) {
        String name = file.path().getFileName().toString();
        NpyHeader header = header(file, name, file.size(), file);
        return new FileArchive(
                file.path(),
                Container.NPY,
                Map.of(name, new FileTensor(file, name, layout(header, 0), () -> {})),
                Map.of(),
                List.of(),
                List.of(file));
    }

    /**
     * Takes over {@code file}: the archive closes it.
     *
     * @throws loupe.base.CheckpointException if an array is not plain numbers
     */
    static FileArchive open(PositionalFile file, Map<String, ZipDirectory.Entry> entries) {
        List<AutoCloseable> closeables = new ArrayList<>(List.of(file));
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (ZipDirectory.Entry entry : entries.values()) {
            String name = entry.name().substring(0, entry.name().length() - SUFFIX.length());
            if (entry.method() == ZipDirectory.STORED) {
                NpyHeader header = header(
                        file,
                        entry.name(),
                        entry.size(),
                        (position, bytes) -> file.read(entry.data() + position, bytes));
                tensors.put(
                        name, new FileTensor(file, name, layout(header, entry.data()), new ZipChecksum(file, entry)));
            } else {
                checkDeflated(file, entry);
                InflatedEntry bytes = new InflatedEntry(file, entry);
                closeables.add(bytes);
                tensors.put(
                        name,
                        new FileTensor(
                                bytes, name, layout(header(file, entry.name(), entry.size(), bytes), 0), () -> {}));
            }
        }
        return new FileArchive(file.path(), Container.NPZ, tensors, Map.of(), List.of(), closeables);
    }

    private static void checkDeflated(PositionalFile file, ZipDirectory.Entry entry) {
        if (entry.method() != ZipDirectory.DEFLATED) {
            throw file.refuse(
                    "zip entry " + entry.name() + " is packed by method " + entry.method(),
                    "stored or deflated",
                    REMEDY);
        }
        if (entry.size() > HARMLESS_BYTES && entry.size() / MAX_RATIO > entry.packed()) {
            throw file.refuse(
                    "zip entry " + entry.name() + " would unpack from " + entry.packed() + " to " + entry.size()
                            + " bytes, which exceeds the memory limit",
                    "at most " + MAX_RATIO + " times its packed size",
                    "If it is meant to be so, save it again uncompressed, with numpy.savez");
        }
    }

    private static FileTensor.Layout layout(NpyHeader header, long start) {
        long[] strides = FileTensor.Layout.rowMajor(header.shape());
        if (header.columnMajor()) {
            List<Long> reversed = new ArrayList<>(header.shape());
            java.util.Collections.reverse(reversed);
            long[] backwards = FileTensor.Layout.rowMajor(reversed);
            for (int axis = 0; axis < strides.length; axis++) {
                strides[axis] = backwards[strides.length - 1 - axis];
            }
        }
        return new FileTensor.Layout(
                header.dtype(), header.shape(), strides, start + header.dataStart(), header.order());
    }

    /**
     * Reads the header of an array.
     *
     * @param what the array is called in messages
     * @param size of header and elements, in bytes
     */
    private static NpyHeader header(PositionalFile file, String what, long size, ElementBytes bytes) {
        ByteBuffer head =
                ByteBuffer.allocate((int) Math.min(size, MAGIC_BYTES + 6)).order(ByteOrder.LITTLE_ENDIAN);
        bytes.read(0, head);
        if (head.capacity() < MAGIC_BYTES + 6 || !isArray(head.clear())) {
            throw file.refuse(what + " is not an npy array", "an npy array", REMEDY);
        }
        int version = head.get(MAGIC_BYTES);
        if (version < 1 || version > 3) {
            throw file.refuse(what + " has npy version " + version, "1, 2 or 3", REMEDY);
        }
        int prefix = version == 1 ? MAGIC_BYTES + 4 : MAGIC_BYTES + 6;
        long length =
                version == 1 ? head.getShort(MAGIC_BYTES + 2) & 0xFFFF : head.getInt(MAGIC_BYTES + 2) & 0xFFFFFFFFL;
        if (length > NpyHeader.MAX_BYTES || length > size - prefix) {
            throw file.refuse(
                    "malformed npy header of " + what + ": its length is " + length,
                    "at most " + NpyHeader.MAX_BYTES + " bytes, all there",
                    REMEDY);
        }
        ByteBuffer literal = ByteBuffer.allocate((int) length);
        bytes.read(prefix, literal);
        NpyHeader header = NpyHeader.parse(
                file,
                what,
                StandardCharsets.ISO_8859_1.decode(literal.flip()).toString().stripTrailing(),
                prefix + (int) length);
        long declared = DeclaredSizes.bytes(file, what, header.shape(), header.dtype());
        long there = size - header.dataStart();
        if (declared != there) {
            throw file.refuse(
                    "tensor " + what + ": " + there + " bytes of data, " + declared + " expected from " + header.dtype()
                            + " " + header.shape(),
                    "as many bytes as the shape says",
                    "Download the file again");
        }
        return header;
    }
}
